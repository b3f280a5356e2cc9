"""Small valid inputs of every reader, and the commands that read them."""
import base64, gzip, os, random, shutil, struct, zipfile, zlib

import mutations
from harness import npy, run
from mutations import png_chunk, zip_of

SAMPLES = 30  # of the synthetic training set, whose labels the label files are for
SMALL = ["--dataset", f"synthetic:train={SAMPLES},test=10"]
STEP = ["--model", "cnn4", "--epochs", "1", "--batch-size", "10", "--augment", "none", "--threads", "1", "--out", "run",
        "--overwrite"]
# 20 by 18 pixels, by stb_image_write.
JPEG = base64.b64decode("""
/9j/4AAQSkZJRgABAQAAAQABAAD/2wCEAGRFS1hLP2RYUVhxamR3lvqjloqKlv/b57X6////////////////////////////////////////////////
//8BanFxloOW/6Oj///////////////////////////////////////////////////////////////////////////AABEIABIAFAMBIgACEQEDEQH/
xAGiAAABBQEBAQEBAQAAAAAAAAAAAQIDBAUGBwgJCgsQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJ
ChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrC
w8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+gEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoLEQACAQIEBAMEBwUEBAABAncAAQID
EQQFITEGEkFRB2FxEyIygQgUQpGhscEJIzNS8BVictEKFiQ04SXxFxgZGiYnKCkqNTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqC
g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2dri4+Tl5ufo6ery8/T19vf4+fr/2gAMAwEAAhEDEQA/AK9L
RRVEiUZ+n50tH40AJ3NKelJ3NKfu0AIKWkFFAH//2Q==""")


def png(width, height, kind=2, depth=8, palette=b""):
    """An image of kind 0 (grey), 2 (colours), 3 (palette) or 6 (colours and transparency)."""
    bits = {0: 1, 2: 3, 3: 1, 6: 4}[kind] * depth * width
    rows = b"".join(bytes([y % 5]) + bytes((x * 37 + y * 11) % (256 if kind != 3 else 3) for x in range((bits + 7) // 8))
                    for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)) +
            (png_chunk(b"PLTE", palette) if palette else b"") + png_chunk(b"IDAT", zlib.compress(rows)) +
            png_chunk(b"IEND", b""))


def idx(shape, values):
    return bytes([0, 0, 8, len(shape)]) + b"".join(struct.pack(">I", n) for n in shape) + bytes(values)


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def make_mnist(folder, is_packed):
    for prefix, count in (("train", 20), ("t10k", 10)):
        for name, data in ((f"{prefix}-images-idx3-ubyte", idx((count, 28, 28), ((i * 7) % 251 for i in range(count * 784)))),
                           (f"{prefix}-labels-idx1-ubyte", idx((count,), (i % 10 for i in range(count))))):
            write(folder / "data" / (name + ".gz" * is_packed), gzip.compress(data, mtime=0) if is_packed else data)


def make_list(folder):
    data = folder / "data"
    images = {"a.png": png(24, 20), "b.jpg": JPEG, "c d.png": png(20, 20, 3, palette=bytes(range(9))),
              "e.png": png(30, 16, 6), "grey.png": png(17, 19, 0), "deep.png": png(18, 18, 2, 16)}
    for name, image in images.items():
        write(data / "images" / name, image)
    names = list(images)
    write(data / "train.txt", "".join(f"images/{names[i % 6]} {i % 3}\n" for i in range(18)))
    write(data / "val.txt", "".join(f"images/{names[i % 6]} {i % 3}\r\n" for i in range(6)))
    write(data / "test.txt", "".join(f"images/{names[i % 6]} {i % 3}\n" for i in range(6)))
    write(data / "classes.txt", "red\ngreen thing\nblau ä\n")
    write(data / "map.txt", "0 2\n1 0\n2 1\n")


def make_cifar(folder, classes):
    """Black images, all of class 0, in files with holes."""
    sizes = {f"data_batch_{i}.bin": 10000 for i in range(1, 6)} | {"test_batch.bin": 10000} if classes == 10 else \
        {"train.bin": 50000, "test.bin": 10000}
    (folder / "data").mkdir(parents=True)
    for name, records in sizes.items():
        with open(folder / "data" / name, "wb") as file:
            file.truncate(records * (3073 if classes == 10 else 3074))
    if classes == 10:
        write(folder / "data" / "batches.meta.txt", "".join(f"class {i}\n" for i in range(10)))


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def integer(value):
    return b"J" + struct.pack("<i", value)


def numpy_array(values):
    """The pickle of a NumPy array, of protocol 2."""
    data = struct.pack(f"<{len(values)}q", *values).decode("latin1")
    latin = lambda t: b"c_codecs\nencode\n" + b"X" + struct.pack("<I", len(t.encode())) + t.encode() + text("latin1") + b"\x86R"
    kind = (b"cnumpy\ndtype\n" + text("i8") + b"\x89\x88\x87R(K\x03" + text("<") + b"NNN" + integer(-1) + integer(-1) +
            integer(0) + b"tb")
    return (b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" + integer(0) + b"\x85" + latin("b") +
            b"\x87R(K\x01" + integer(len(values)) + b"\x85" + kind + b"\x89" + latin(data) + b"tb")


def torch_tensor(key, count):
    """The pickle of a tensor in the storage of this key."""
    return (b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\nLongStorage\n" + text(key) + text("cpu") +
            integer(count) + b"tQ" + integer(0) + integer(count) + b"\x85K\x01\x85\x89)tR")


def dictionary(entries):
    return b"\x80\x02}(" + b"".join(text(key) + piece for key, piece in entries) + b"u."


class Inputs:
    """Folders of inputs: one for each group of targets, made once, of which workers take copies."""

    def __init__(self, executable, base):
        self.executable, self.base = executable, base
        self.train(["--predictions", "--ema", "0.9", "--noise", "symmetric:0.3"], "r")
        self.train(["--epochs", "2", "--stop-after", "1", "--scheme", "ogc:queue=20"], "part")
        labels = base / "y.csv"
        self.call(["noise", "--noise", "symmetric:0.4", "--out", str(labels)] + SMALL)
        rows = labels.read_text().split("\n")
        column = rows[0].split(",").index("label")
        self.truth = [int(row.split(",")[column]) for row in rows[1:] if row]

    def call(self, words):
        outcome = run([self.executable] + words, self.base, {"ASAN_OPTIONS": "detect_leaks=0"})
        if outcome.code != 0:
            raise SystemExit(f"noisegate {' '.join(words)} ends with {outcome.code}: {outcome.last_words()}")

    def train(self, more, out):
        self.call(["train"] + SMALL + ["--model", "cnn4", "--batch-size", "10", "--threads", "1", "--lr", "0.01", "--out", out] +
                  (more if "--epochs" in more else more + ["--epochs", "1"]))

    def make(self, name, folder):
        """The inputs of this name in a new folder."""
        folder.mkdir(parents=True)
        getattr(self, "make_" + name)(folder)

    def make_mnist(self, folder):
        make_mnist(folder, False)

    def make_packed_mnist(self, folder):
        make_mnist(folder, True)

    def make_list(self, folder):
        make_list(folder)

    def make_cifar10(self, folder):
        make_cifar(folder, 10)

    def make_cifar100(self, folder):
        make_cifar(folder, 100)

    def make_run(self, folder):
        shutil.copytree(self.base / "r", folder / "r", ignore=shutil.ignore_patterns("checkpoint"))

    def make_part(self, folder):
        shutil.copytree(self.base / "part", folder / "part")

    def make_labels(self, folder):
        given = [(label + (i % 4 == 0)) % 10 for i, label in enumerate(self.truth)]
        count = len(given)
        write(folder / "y.npy", npy("<i8", (count,), struct.pack(f"<{count}q", *given)))
        write(folder / "y.csv", "label,label_noisy\n" + "".join(f"{a},{b}\n" for a, b in zip(self.truth, given)))
        entries = {"clean_label": self.truth, "worse_label": given}
        pickle = dictionary([(key, numpy_array(values)) for key, values in entries.items()])
        write(folder / "y.pt", zip_of([("archive/data.pkl", pickle), ("archive/version", b"3\n")]))
        tensors = dictionary([(key, torch_tensor(key, count)) for key in entries])
        write(folder / "tensors.pt", zip_of([("archive/data.pkl", tensors), ("archive/version", b"3\n")] +
                                            [(f"archive/data/{key}", struct.pack(f"<{count}q", *values))
                                             for key, values in entries.items()]))
        header = "{'descr': '|O', 'fortran_order': False, 'shape': (), }\n"
        write(folder / "object.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + pickle)
        order = list(range(count))
        write(folder / "order.npy", npy("<i8", (count,), struct.pack(f"<{count}q", *order)))
        matrix = [0.7 if a == b else 0.3 / 9 for a in range(10) for b in range(10)]
        write(folder / "T.csv", "\n".join(",".join("0.7" if a == b else "0.0333333333333333" for b in range(10)) for a in range(10)))
        write(folder / "T.npy", npy("<f8", (10, 10), struct.pack("<100d", *matrix)))
        numbers = random.Random(1)
        rows = [[numbers.random() for _ in range(10)] for _ in range(count)]
        write(folder / "p.npy", npy("<f4", (count, 10), struct.pack(f"<{10 * count}f", *(p / sum(r) for r in rows for p in r))))
        logits = struct.pack("<96f", *(numbers.gauss(0, 2) for _ in range(96)))
        write(folder / "logits.npy", npy("<f4", (24, 4), logits))
        write(folder / "labels.npy", npy("<i8", (24,), struct.pack("<24q", *(i % 4 for i in range(24)))))
        write(folder / "steps.npy", npy("<f4", (3, 8, 4), logits))
        write(folder / "step-labels.npy", npy("<i4", (3, 8), struct.pack("<24i", *(i % 4 for i in range(24)))))
        write(folder / "lr.npy", npy("<f8", (3,), struct.pack("<3d", 0.1, 0.05, 0.01)))
        shutil.copy(self.base / "r" / "model.safetensors", folder / "w.safetensors")

    def make_toml(self, folder):
        write(folder / "c.toml", '# a run\nloss = "gce:q=0.6"\nscheme = "none"\nnoise = "symmetric:0.4"\nlr = 0.01\n'
              'schedule = "step:30,factor=0.1"\nmomentum = 0.9\nnesterov = true\nweight-decay = 5e-4\nclip-norm = 5\nema = 0.9\n'
              'seed = 3\nvalidation = 0.2\npredictions = false\nprecision = "fp32"\ncheckpoint = 10.0\naugment = "crop:4+flip"\n')
        write(folder / "grid.toml", f'dataset = "{SMALL[1]}"\nmodel = "cnn4"\nbatch-size = 10\nthreads = 1\nepochs = 1\n'
              'out = "grid"\nloss = "ce"\nnoise = ["symmetric:0.4"]\nlr = [0.01]\n[[also]]\nseed = [2]\n'.replace("[[also]]\n", ""))

    def make_nothing(self, folder):
        self.make_labels(folder)


class Target:
    """A file, or a word of the command line, that is changed, and the commands that then read it."""

    def __init__(self, name, inputs, file, mutate, commands, weight=10, is_sparse=False, is_changed=False, words=()):
        self.name, self.inputs, self.file, self.mutate = name, inputs, file, mutate
        self.commands, self.weight = commands, weight
        self.is_sparse = is_sparse    # a large file with holes, in which some bytes are changed
        self.is_changed = is_changed  # the commands change their inputs
        self.words = words            # instead of a file: words of which one takes the place of "WORD"


def noise_of(spec, *more):
    return ["noise", *SMALL, "--noise", spec, "--out", "out.csv", "--json", "out.json", *more]


def targets():
    m = mutations
    mnist = [["noise", "--dataset", "mnist", "--data", "data", "--noise", "symmetric:0.4", "--out", "out.npy", "--json", "out.json",
              "--plot", "out.svg", "--show", "out.png"]] * 3 + [["train", "--dataset", "mnist", "--data", "data"] + STEP]
    lists = [["noise", "--dataset", "list:size=16,resize=16", "--data", "data", "--noise", "symmetric:0.4", "--out", "out.csv",
              "--json", "out.json", "--plot", "out.svg", "--show", "out.png"]]
    images = lists + [["train", "--dataset", "list:size=32,resize=32", "--data", "data"] + STEP,
                      ["train", "--dataset", "list:size=32,resize=32,skip-bad=1", "--data", "data"] + STEP]
    runs = [["report", "r", "--curves-only", "--out", "out.html"], ["report", "r", "--threads", "1", "--out", "out.html"],
            ["eval", "--run", "r", "--threads", "1", "--json", "out.json", "--predictions", "out.csv", "--logits", "out.npy"],
            ["suspects", "r", "--threads", "1", "--out", "out.csv", "--show", "out.png"]]
    for split, prefix in (("train", "train"), ("test", "t10k")):
        for what, kind in (("images", "images-idx3"), ("labels", "labels-idx1")):
            yield Target(f"idx {split} {what}", "mnist", f"data/{prefix}-{kind}-ubyte", m.mutate_bytes, mnist)
            yield Target(f"idx.gz {split} {what}", "packed_mnist", f"data/{prefix}-{kind}-ubyte.gz", m.mutate_gzip, mnist, 5)
    for file in ("train.txt", "val.txt", "test.txt", "classes.txt"):
        yield Target(f"list {file}", "list", f"data/{file}", m.mutate_text, lists, 15)
    yield Target("list map", "list", "data/map.txt", m.mutate_text, [[w.replace("list:", "list:map=map.txt,") for w in lists[0]]])
    for file in ("a.png", "c d.png", "e.png", "grey.png", "deep.png"):
        yield Target("png", "list", f"data/images/{file}", m.mutate_png, images, 12)
    yield Target("jpeg", "list", "data/images/b.jpg", m.mutate_bytes, images, 40)
    cifar = [["noise", "--data", "data", "--noise", "asymmetric:0.4", "--limit", "50", "--out", "out.npy", "--json", "out.json"]]
    for classes, files in ((10, ("data_batch_1.bin", "test_batch.bin")), (100, ("train.bin", "test.bin"))):
        for file in files:
            yield Target(f"cifar{classes} {file}", f"cifar{classes}", f"data/{file}", m.mutate_bytes,
                         [c + ["--dataset", f"cifar{classes}"] for c in cifar], 2, is_sparse=True)
    yield Target("cifar10 names", "cifar10", "data/batches.meta.txt", m.mutate_text,
                 [c + ["--dataset", "cifar10", "--show", "out.png", "--plot", "out.svg"] for c in cifar], 2)
    yield Target("safetensors --init", "labels", "w.safetensors", m.mutate_safetensors,
                 [["train", *SMALL, "--init", "w.safetensors"] + STEP], 30)
    yield Target("safetensors model", "run", "r/model.safetensors", m.mutate_safetensors, runs, 60)
    yield Target("safetensors momentum model", "run", "r/model_ema.safetensors", m.mutate_safetensors,
                 [["eval", "--run", "r", "--momentum", "--threads", "1", "--logits", "out.npy"], runs[3]], 10)
    yield Target("npy labels", "labels", "y.npy", m.mutate_npy, [noise_of("file:y.npy")], 40)
    yield Target("csv labels", "labels", "y.csv", m.mutate_text, [noise_of("file:y.csv")], 40)
    yield Target("npy transition", "labels", "T.npy", m.mutate_npy, [noise_of("transition:file=T.npy")], 20)
    yield Target("csv transition", "labels", "T.csv", m.mutate_text, [noise_of("transition:file=T.csv")], 20)
    yield Target("csv transition of a loss", "labels", "T.csv", m.mutate_text,
                 [["train", *SMALL, "--loss", "forward:T=T.csv"] + STEP, ["train", *SMALL, "--loss", "backward:T=T.csv"] + STEP], 8)
    yield Target("npy predictions", "labels", "p.npy", m.mutate_npy, [noise_of("prediction:0.3,file=p.npy")], 20)
    yield Target("pt arrays", "labels", "y.pt", m.mutate_zip, [noise_of("human:worst,file=y.pt")], 60)
    yield Target("pt tensors", "labels", "tensors.pt", m.mutate_zip, [noise_of("human:worst,file=tensors.pt")], 60)
    yield Target("npy of a dictionary", "labels", "object.npy", m.mutate_npy, [noise_of("human:worst,file=object.npy")], 30)
    yield Target("npy order", "labels", "order.npy", m.mutate_npy, [noise_of("human:worst,file=object.npy,order=order.npy")], 10)
    loss = ["loss", "--logits", "logits.npy", "--labels", "labels.npy", "--json", "out.json", "--loss"]
    replay = ["loss", "--logits", "steps.npy", "--labels", "step-labels.npy", "--lr", "lr.npy", "--json", "out.json",
              "--scheme", "ogc:queue=8,time-frame=1"]
    losses = [loss + [name] for name in ("ce", "gce", "nce+rce", "lc-ce", "cr", "js")]
    for file, weight in (("logits.npy", 40), ("labels.npy", 20)):
        yield Target(f"npy of loss, {file}", "labels", file, m.mutate_npy, losses, weight)
    for file in ("steps.npy", "step-labels.npy", "lr.npy"):
        yield Target(f"npy of replay, {file}", "labels", file, m.mutate_npy, [replay], 10)
    yield Target("toml --config", "toml", "c.toml", m.mutate_text, [["train", "--config", "c.toml", *SMALL] + STEP], 60)
    yield Target("toml sweep", "toml", "grid.toml", m.mutate_text, [["sweep", "grid.toml"]], 40, is_changed=True)
    yield Target("run config.toml", "run", "r/config.toml", m.mutate_text, runs + [noise_of("prediction:0.3,run=r")], 60)
    yield Target("run metrics.jsonl", "run", "r/metrics.jsonl", m.mutate_text, runs[:1] * 3 + runs[1:2], 60)
    yield Target("run margins.npy", "run", "r/margins.npy", m.mutate_npy, runs[:2], 20)
    yield Target("run predictions.npy", "run", "r/predictions.npy", m.mutate_npy, [noise_of("prediction:0.3,run=r")], 20)
    resume = [["train", "--resume", "part"]]
    for file, mutate, weight in (("config.toml", m.mutate_text, 40), ("metrics.jsonl", m.mutate_text, 15),
                                 ("margins.npy", m.mutate_npy, 10), ("events.out.tfevents.noisegate", m.mutate_bytes, 10),
                                 ("checkpoint/last.safetensors", m.mutate_checkpoint, 60)):
        yield Target(f"resume {file}", "part", f"part/{file}", mutate, resume, weight, is_changed=True)
    yield from word_targets(loss, replay)


def word_targets(loss, replay):
    """SPECs and numbers on the command line."""
    losses = ["ce", "gce:0.7", "gce:q=0.5,shift=1", "fl:gamma=2,detach=1", "phuber-ce:tau=10", "taylor-ce:3", "agce:a=6,q=1.5",
              "js:pi=0.3", "nce+agce:alpha=1,beta=4", "nce+nnce:l1=5e-5", "ls:alpha=0.2", "bs:0.8", "cr:lambda=1", "peer:1", "lc-ce:tau=1.5",
              "forward:T=T.npy", "gce:tau=2,unit-weight=1"]
    schemes = ["ogc:epsilon=20,time-frame=1,queue=8", "fixed-clip:tau=10", "linear-clip:beta=10", "ema-clip:alpha=0.999,loss=gce",
               "sln:sigma=1,lc=1", "co-teaching:forget=0.4", "label-confidence:m=0"]
    noises = ["symmetric:0.4", "symmetric:rate=0.4,inclusive=0", "asymmetric:0.3,map=circular", "instance:0.4", "transition:file=T.csv",
              "prediction:0.3,file=p.npy", "file:y.npy", "human:worst,file=y.pt", "openset:0.2,dataset=synthetic"]
    training = ["train", *SMALL]

    def target(name, words, commands, weight):
        return Target(name, "labels", None, mutations.mutate_spec, commands, weight, words=words)

    yield target("word --loss", losses, [loss + ["WORD"], ["loss", "--plot", "out.svg", "--loss", "WORD"]], 50)
    yield target("word --noise", noises, [noise_of("WORD")], 40)
    yield target("word --scheme of loss", schemes[:4], [[*replay[:-1], "WORD"]], 30)
    yield target("word --scheme", schemes, [training + ["--scheme", "WORD"] + STEP], 20)
    yield target("word --schedule", ["constant:warmup=1", "step:30,factor=0.1", "multistep:at=50/100", "cosine"],
                 [training + ["--schedule", "WORD"] + STEP], 15)
    augment = [w for w in STEP if w not in ("--augment", "none")]
    yield target("word --augment", ["crop:4+flip", "rotation:5", "none", "flip+crop:2"], [training + ["--augment", "WORD"] + augment], 10)
    yield target("word --dataset", ["synthetic:seed=1,train=30,test=10", "mnist:a", "list:size=16", "cifar100:labels=fine"],
                 [["noise", "--dataset", "WORD", "--noise", "symmetric:0.4", "--json", "out.json"]], 8)
    for option, values in (("lr", ["0.1", "1e-3"]), ("momentum", ["0.9"]), ("weight-decay", ["0.0005"]), ("clip-norm", ["5.5"]),
                           ("ema", ["0.9"]), ("validation", ["0.2"]), ("seed", ["1", "12345"]), ("checkpoint", ["0.5"]),
                           ("limit", ["20"]), ("loss", losses[:6])):
        yield target(f"word --{option}", values, [training + STEP + [f"--{option}", "WORD"]], 3)
    for option, values in (("seed", ["7"]), ("threads", ["1"]), ("limit", ["20"])):
        yield target(f"word --{option} of noise", values, [noise_of("symmetric:0.4") + [f"--{option}", "WORD"]], 3)
    yield target("word --recipe", ["ogc-ce-cifar10"], [["train", "--recipe", "WORD", *SMALL] + STEP], 3)
    yield target("word of a command", ["train", "noise", "eval", "list", "--version"], [["WORD", "--help"], ["list", "WORD"]], 5)
