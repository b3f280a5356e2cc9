"""The families of kill.py that are about output files: those of single commands, and sweeps."""
import errno, os, shutil, struct

from harness import npy, run
from run_files import contents, differences

ACTS = ["before", "after", "torn"]
POWER = ["", "drop", "half", "zero"]
ERRORS = [("error", errno.ENOSPC), ("error", errno.EIO), ("sticky", errno.ENOSPC), ("short", errno.ENOSPC)]
SMALL = ["--dataset", "synthetic:train=48,test=16"]

# (name, words, words that leave other files there before, files)
COMMANDS = [
    ("noise", ["noise"] + SMALL + ["--noise", "symmetric:0.4", "--out", "y.npy", "--json", "n.json", "--plot", "n.svg",
                                   "--show", "n.png"], ["--seed", "7"], ["y.npy", "n.json", "n.svg", "n.png"]),
    ("noise csv", ["noise"] + SMALL + ["--noise", "symmetric:0.4", "--out", "y.csv"], ["--seed", "7"], ["y.csv"]),
    ("eval", ["eval", "--run", "r", "--threads", "1", "--json", "e.json", "--predictions", "p.npy", "--logits", "l.npy"],
     ["--momentum"], ["e.json", "p.npy", "l.npy"]),
    ("eval csv", ["eval", "--run", "r", "--threads", "1", "--split", "train", "--predictions", "p.csv"], ["--momentum"],
     ["p.csv"]),
    ("suspects", ["suspects", "r", "--threads", "1", "--out", "s.csv", "--show", "s.png"], ["--momentum"],
     ["s.csv", "s.png"]),
    ("loss", ["loss", "--logits", "logits.npy", "--labels", "labels.npy", "--loss", "gce", "--json", "l.json"],
     ["--loss", "mae"], ["l.json"]),
    ("loss plot", ["loss", "--plot", "l.svg", "--loss", "gce ce"], ["--loss", "mae"], ["l.svg"]),
    ("report", ["report", "r", "--threads", "1", "--out", "r.html"], ["--title", "Old"], ["r.html"]),
]


def changed_options(words, other):
    """The words with other values for these options."""
    if other[0] in words:
        at = words.index(other[0])
        return words[:at] + other + words[at + 2:]
    return words + other


def read_all(folder, files):
    return {name: (folder / name).read_bytes() if (folder / name).exists() else None for name in files}


def make_inputs(campaign):
    base = campaign.new_folder()
    outcome = run([campaign.executable, "train"] + SMALL +
                  ["--model", "cnn4", "--batch-size", "16", "--noise", "symmetric:0.4", "--threads", "1", "--epochs", "1",
                   "--ema", "0.9", "--out", "r"], base)
    if outcome.code != 0:
        raise SystemExit(f"cannot train: {outcome.last_words()}")
    (base / "logits.npy").write_bytes(npy("<f4", (8, 4), struct.pack("<32f", *(i % 7 - 3 for i in range(32)))))
    (base / "labels.npy").write_bytes(npy("<i8", (8,), struct.pack("<8q", *(i % 4 for i in range(8)))))
    return base


def output_cases(campaign, count):
    base = make_inputs(campaign)
    share = -(-count // (2 * len(COMMANDS))) if count else 0
    for name, words, other, files in COMMANDS:
        yield from Command(campaign, base, name, words, changed_options(words, other), files).cases(share)


class Command:
    """A command that writes files, and what it and another of other options make of the same inputs."""

    def __init__(self, campaign, base, name, words, old_words, files):
        self.campaign, self.base, self.name, self.words, self.files = campaign, base, name, words, files
        folder = campaign.new_folder()
        self.link_inputs(folder)
        run([campaign.executable] + old_words, folder)
        self.old = read_all(folder, files)
        log = folder.with_name(folder.name + ".log")
        outcome = run([campaign.executable] + words, folder, campaign.preloaded.environment(folder, log=log))
        self.new = read_all(folder, files)
        if outcome.code != 0 or None in self.old.values() or None in self.new.values():
            raise SystemExit(f"{' '.join(words)} ends with {outcome.code}: {outcome.last_words()}")
        self.operations = [tuple(line.split("\t")[1:]) for line in log.read_text().splitlines()]

    def link_inputs(self, folder):
        for name in ("r", "logits.npy", "labels.npy"):
            os.symlink(self.base / name, folder / name)

    def cases(self, share):
        random_numbers = self.campaign.random("outputs", self.name)
        for is_there in (False, True):
            for i, number in enumerate(self.campaign.numbers_of(self.operations, share, random_numbers)):
                yield self.case(self.kill(number, is_there, ACTS[i % 3], POWER[i // 3 % 4]))
                yield self.case(self.fail(number, is_there, *ERRORS[i % 4]))
        yield self.case(self.fail_power_at_end)

    def case(self, befall):
        return self.campaign.case("outputs", self.name, self.words, befall)

    def begin(self, folder, is_there):
        self.link_inputs(folder)
        for file in self.files if is_there else []:
            (folder / file).write_bytes(self.old[file])

    def where(self, number):
        return f"operation {number}, {' '.join(self.operations[number - 1])}"

    def kill(self, number, is_there, act, power):
        def befall(folder, wrong):
            self.begin(folder, is_there)
            self.campaign.kill_at(folder, self.words, number, act, power)
            return f"[{act} {self.where(number)}{', power ' * bool(power)}{power}]", self.check(folder, is_there, wrong)
        return befall

    def fail(self, number, is_there, failure, code):
        def befall(folder, wrong):
            self.begin(folder, is_there)
            environment = self.campaign.preloaded.environment(folder, at=number, act=failure, error=code)
            outcome = run([self.campaign.executable] + self.words, folder, environment)
            self.campaign.check_refusal(outcome, wrong)
            if outcome.code == 0 and read_all(folder, self.files) != self.new:
                wrong.append("exit code 0, but the files are not the new ones")
            return f"[{failure} {errno.errorcode[code]} at {self.where(number)}]", self.check(folder, is_there, wrong)
        return befall

    def fail_power_at_end(self, folder, wrong):
        self.begin(folder, False)
        self.campaign.kill_at(folder, self.words, 0, "before", "drop")
        if read_all(folder, self.files) != self.new:
            wrong.append("ended, and a power failure takes its files")
        return "[power fails (drop) at the end]", []

    def check(self, folder, is_there, wrong):
        """Each file is the old one, the new one or, if it was not there, not there; then the command goes again."""
        for file, data in read_all(folder, self.files).items():
            if data not in (self.old[file] if is_there else None, self.new[file]):
                wrong.append(f"{file} is neither the old file nor the new one" if data is not None else f"{file} is gone")
        notes = ["leaves " + f.name for f in folder.iterdir() if ".partial" in f.name]
        if run([self.campaign.executable] + self.words, folder).code != 0 or read_all(folder, self.files) != self.new:
            wrong.append("the same command does not make the files anew")
        return notes


def sweep_cases(campaign, count):
    words = ["sweep", "grid.toml"]
    grid = ('dataset = "synthetic:train=48,test=16"\nmodel = "cnn4"\nbatch-size = 16\nthreads = 1\nepochs = 2\n'
            'checkpoint = 0.000001\nnoise = "symmetric:0.4"\nloss = ["ce", "gce"]\n')

    def left(folder):
        runs = folder / "runs" / "grid"
        tables = {name: (runs / name).read_bytes() for name in ("table.md", "table.tex") if (runs / name).exists()}
        return {"tables": tables} | {f.name: contents(f) for f in sorted(runs.iterdir()) if f.is_dir()}

    folder = campaign.new_folder()
    (folder / "grid.toml").write_text(grid)
    log = folder.with_name(folder.name + ".log")
    outcome = run([campaign.executable] + words, folder, campaign.preloaded.environment(folder, log=log))
    if outcome.code != 0:
        raise SystemExit(f"sweep ends with {outcome.code}: {outcome.last_words()}")
    wanted = left(folder)
    operations = [tuple(line.split("\t")[1:]) for line in log.read_text().splitlines()]
    shutil.rmtree(folder)
    random_numbers = campaign.random("sweep")
    for i, number in enumerate(campaign.numbers_of(operations, count, random_numbers)):
        act, power, (failure, code) = ACTS[i % 3], POWER[i // 3 % 4], ERRORS[i // 4 % 4]

        def befall(folder, wrong, number=number, is_killed=i % 4 < 3, act=act, power=power, failure=failure, code=code):
            (folder / "grid.toml").write_text(grid)
            where = f"operation {number}, {' '.join(operations[number - 1])}"
            if is_killed:
                how = f"[{act} {where}{', power ' * bool(power)}{power}]"
                campaign.kill_at(folder, words, number, act, power)
            else:
                how = f"[{failure} {errno.errorcode[code]} at {where}]"
                environment = campaign.preloaded.environment(folder, at=number, act=failure, error=code)
                outcome = run([campaign.executable] + words, folder, environment)
                if outcome.is_hung or outcome.code not in (0, 1):
                    wrong.append(f"exit code {outcome.code} after an error: {outcome.last_words()}")
                if outcome.code == 0 and left(folder) != wanted:
                    wrong.append("exit code 0, but the runs are not whole")
            outcome = run([campaign.executable] + words, folder)
            if outcome.code != 0:
                wrong.append(f"the same command ends with {outcome.code}: {outcome.last_words()}")
            else:
                got = left(folder)
                if got.keys() != wanted.keys():
                    wrong.append(f"leaves {sorted(got)}, not {sorted(wanted)}")
                for name in wanted.keys() & got.keys():
                    wrong += [f"{name}: {d}" for d in differences(wanted[name], got[name])] if name != "tables" else \
                        ["tables differ"] * (wanted[name] != got[name])
            return how, []
        yield campaign.case("sweep", "of two runs", words, befall)
