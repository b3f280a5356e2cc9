"""What is changed, how, and the commands that then read it."""
import mutations
from inputs import SMALL, STEP


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
