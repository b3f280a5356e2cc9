"""Small valid inputs of every reader."""
import base64, gzip, random, shutil, struct, zlib

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
