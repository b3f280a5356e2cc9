"""The families of kill.py that are about output files: those of single commands, and sweeps."""
import errno, os, shutil, struct

from harness import run
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


def npy(kind, shape, data):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


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

    def new_folder_with_inputs(folder):
        for name in ("r", "logits.npy", "labels.npy"):
            os.symlink(base / name, folder / name)

    share = -(-count // (2 * len(COMMANDS))) if count else 0
    for name, words, other, files in COMMANDS:
        folder = campaign.new_folder()
        new_folder_with_inputs(folder)
        old_words = changed_options(words, other)
        run([campaign.executable] + old_words, folder)
        old = read_all(folder, files)
        log = folder.with_name(folder.name + ".log")
        outcome = run([campaign.executable] + words, folder, campaign.preloaded.environment(folder, log=log))
        new = read_all(folder, files)
        if outcome.code != 0 or None in old.values() or None in new.values():
            raise SystemExit(f"{' '.join(words)} ends with {outcome.code}: {outcome.last_words()}")
        operations = [tuple(line.split("\t")[1:]) for line in log.read_text().splitlines()]
        random_numbers = campaign.random("outputs", name)

        def check(folder, before, wrong, where=""):
            for file, data in read_all(folder, files).items():
                if data not in (before[file], new[file]):
                    wrong.append(f"{file} is neither the old file nor the new one" if data is not None
                                 else f"{file}, which was there, is gone" + where)

        for is_there in (False, True):
            for i, number in enumerate(campaign.numbers_of(operations, share, random_numbers)):
                for is_killed in (True, False):
                    act, power, (failure, code) = ACTS[i % 3], POWER[i // 3 % 4], ERRORS[i % 4]

                    def befall(folder, wrong, words=words, number=number, is_there=is_there, is_killed=is_killed, act=act,
                               power=power, failure=failure, code=code, old=old, new=new, files=files, check=check,
                               operations=operations):
                        new_folder_with_inputs(folder)
                        before = old if is_there else dict.fromkeys(files)
                        for file in files if is_there else []:
                            (folder / file).write_bytes(old[file])
                        where = f"operation {number}, {' '.join(operations[number - 1])}"
                        if is_killed:
                            how = f"[{act} {where}{', power ' * bool(power)}{power}]"
                            campaign.kill_at(folder, words, number, act, power)
                        else:
                            how = f"[{failure} {errno.errorcode[code]} at {where}]"
                            environment = campaign.preloaded.environment(folder, at=number, act=failure, error=code)
                            outcome = run([campaign.executable] + words, folder, environment)
                            campaign.check_refusal(outcome, wrong)
                            if outcome.code == 0 and read_all(folder, files) != new:
                                wrong.append("exit code 0, but the files are not the new ones")
                        check(folder, before, wrong)
                        notes = ["leaves " + f.name for f in folder.iterdir() if ".partial" in f.name]
                        if run([campaign.executable] + words, folder).code != 0 or read_all(folder, files) != new:
                            wrong.append("the same command does not make the files anew")
                        return how, notes
                    yield campaign.case("outputs", name, words, befall)

        def fail_at_end(folder, wrong, words=words, new=new, files=files):
            new_folder_with_inputs(folder)
            campaign.kill_at(folder, words, 0, "before", "drop")
            if read_all(folder, files) != new:
                wrong.append("ended, and a power failure takes its files")
            return "[power fails (drop) at the end]", []
        yield campaign.case("outputs", name, words, fail_at_end)


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
