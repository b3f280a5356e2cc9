#!/usr/bin/env python3
"""Gives noisegate inputs that are wrong in every way: files of each format that it reads, and words of its command
line, changed at random. It must take them or refuse them in one sentence. What is wrong:

  a signal, a sanitizer's report, a hang, an exit code other than 0, 1 and 2
  more or less than one line on the standard error for a refusal, or a line that does not begin with "noisegate: "
  control characters, bytes that are no UTF-8, or lines of more than 1,000 characters on the terminal
  messages of a library or the language: json.exception, filesystem error, std::, ...
  JSON that is none, SVG that is none; nan, inf or null in an output that has none for the valid input
  temporary files that are left behind

A command that trains when its time is over is told to stop, and must. Exit code: 0, or 1 where something was found."""
import argparse, collections, os, pathlib, queue, random, re, resource, shlex, shutil, sys, time

from harness import Findings, WorkFolder, is_sanitized, run, run_all
from inputs import Inputs
from targets import targets
from verdict import ECHOED, NO_MEMORY, STOPPED, TEXTS, check_said, check_terminal, odd_words, shown

MEMORY = 4 << 30  # bytes, for a build without sanitizers


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


class Worker:
    """Folders with the valid inputs, one a group, in which one file at a time is changed."""

    def __init__(self, campaign, number):
        self.campaign, self.folder = campaign, campaign.work / f"worker{number}"
        self.folders = {}

    def prepare(self, target):
        folder = self.folder / target.inputs
        if target.inputs not in self.folders:
            if target.inputs.startswith("cifar"):
                self.campaign.inputs.make(target.inputs, folder)
            else:
                shutil.copytree(self.campaign.base_of(target.inputs), folder)
            self.folders[target.inputs] = {str(f.relative_to(folder)) for f in folder.rglob("*")}
        return folder

    def clean(self, target, folder, kept):
        """Everything as it was; `kept`: the bytes that were in the target's file."""
        if target.is_changed:
            shutil.rmtree(folder)
            del self.folders[target.inputs]
            return
        for path in sorted(folder.rglob("*"), reverse=True):
            if str(path.relative_to(folder)) not in self.folders[target.inputs]:
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        if kept is not None:
            (folder / target.file).write_bytes(kept)


class Campaign:
    def __init__(self, options, work):
        self.options, self.work, self.findings = options, work, Findings()
        self.executable = os.path.realpath(options.executable)
        self.is_sanitized = is_sanitized(self.executable)
        self.inputs = Inputs(self.executable, self.new_folder("made"))
        self.targets = [t for t in targets() if re.search(options.only, t.name)]
        self.bases, self.usual_words = {}, collections.defaultdict(set)
        self.outcomes, self.seconds = collections.Counter(), collections.Counter()
        self.workers = queue.Queue()
        for number in range(options.jobs):
            self.workers.put(Worker(self, number))

    def new_folder(self, name):
        (self.work / name).mkdir()
        return self.work / name

    def base_of(self, inputs):
        return self.bases[inputs]

    def make_bases(self):
        """The valid inputs, and what the commands make of them: they must take them."""
        for inputs in sorted({t.inputs for t in self.targets}):
            self.bases[inputs] = self.work / "bases" / inputs
            self.inputs.make(inputs, self.bases[inputs])
        worker = self.workers.get()
        done = set()
        for target in self.targets:
            for words in target.commands:
                words = [target.words[0] if w == "WORD" else w for w in words]
                if (target.inputs, tuple(words)) in done or target.name == "word of a command":
                    continue
                done.add((target.inputs, tuple(words)))
                folder = worker.prepare(target)
                outcome = self.call(words, folder)
                wrong = check_said(outcome)
                if outcome.code != 0 or wrong:
                    self.findings.add_case(f"valid {target.name}", wrong or ["the valid input is refused"],
                                           f"noisegate {shlex.join(words)}: {outcome.last_words()}")
                for name in TEXTS:
                    if (folder / name).exists():
                        self.usual_words[words[0], name] |= odd_words(folder / name)
                worker.clean(target, folder, None)
        self.workers.put(worker)

    def call(self, words, folder, executable=None):
        options = {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=4096:"
                   "hard_rss_limit_mb=6144:handle_abort=1:symbolize=1", "UBSAN_OPTIONS": "print_stacktrace=1"}
        is_plain = executable is not None or not self.is_sanitized
        return run([executable or self.executable] + words, folder, {} if is_plain else options, self.options.timeout,
                   prepare=limit_memory if is_plain else None)

    def change(self, target, rng, folder):
        """Changes the target's file; returns the bytes that were there and a copy to show, or the word."""
        path = folder / target.file
        if target.is_sparse:
            size = path.stat().st_size
            record = 3073 if "10 " in target.name else 3074
            for _ in range(rng.choice([1, 1, 3])):
                at = rng.choice([0, rng.randrange(size), size - 1, record * rng.randrange(size // record)])
                with open(path, "r+b") as file:
                    file.seek(at)
                    file.write(rng.randbytes(rng.choice([1, 1, 1, 4000])))
            if rng.random() < 0.4:
                os.truncate(path, rng.choice([0, 1, record, size - 1, size + 1, size - record, size + record]))
            return None, None
        data = path.read_bytes()
        changed = target.mutate(rng, data)
        path.write_bytes(changed)
        return data, changed

    def case(self, number, target):
        worker = self.workers.get()
        try:
            self.do_case(number, target, worker)
        finally:
            self.workers.put(worker)

    def do_case(self, number, target, worker):
        rng = random.Random(f"{self.options.seed} {number} {target.name}")
        start = time.monotonic()
        folder = worker.prepare(target)
        words, kept, changed = rng.choice(target.commands), None, None
        if target.file:
            kept, changed = self.change(target, rng, folder)
        else:
            changed = target.mutate(rng, rng.choice(target.words))
            words = [changed if w == "WORD" else w for w in words]
        words = [w if isinstance(w, bytes) else w.encode() for w in words]
        if sum(map(len, words)) > 100000:
            words = [w[:50000] for w in words]
        outcome = self.call([os.fsdecode(w) for w in words], folder)
        wrong, notes = check_said(outcome, words[0] == b"sweep"), []
        needs_plain = NO_MEMORY.search(outcome.errors) is not None or outcome.is_hung
        if self.is_sanitized and needs_plain:
            if self.options.plain:
                outcome = self.call([os.fsdecode(w) for w in words], folder, os.path.realpath(self.options.plain))
                wrong, notes = check_said(outcome, words[0] == b"sweep"), []
            elif not outcome.is_hung:
                wrong, notes = [], ["more memory than a sanitizer's build gives"]
        if outcome.code == 1 and b"out of memory" in outcome.errors:
            notes.append("out of memory")
        if outcome.code == 0:
            for name in TEXTS:
                if (folder / name).exists():
                    odd = odd_words(folder / name) - self.usual_words[os.fsdecode(words[0]), name]
                    wrong += [f"{word} in {name}" for word in sorted(odd)]
        elif not outcome.is_hung and outcome.code > 0:
            wrong += [f"leaves {p.name}" for p in folder.rglob("*.partial*")]
        kind = "stopped" if outcome.code in STOPPED else {0: "taken", 1: "failed", 2: "refused"}.get(outcome.code, "else")
        self.outcomes[target.name, kind] += 1
        self.seconds[target.name] += time.monotonic() - start
        if not target.file and check_terminal("command line", changed.replace(b"\n", b"\x0b")):
            # The words of a person at the terminal, who may see them again as they are.
            notes += ["repeats the command line's odd words as they are"] * any(w.endswith(ECHOED) for w in wrong)
            wrong = [w for w in wrong if not w.endswith(ECHOED)]
        example = f"case {number}: noisegate " + " ".join(shown(w) for w in words)
        if wrong:
            example += f"  -> {outcome.code}: {shown(outcome.last_words().encode())}"
            if changed is not None and target.file and self.options.save:
                self.save(number, target, folder, worker, changed, words)
        worker.clean(target, folder, kept)
        if target.is_sparse:
            shutil.rmtree(folder)
            del worker.folders[target.inputs]
        self.findings.add_case(target.name, wrong, example, notes)

    def save(self, number, target, folder, worker, changed, words):
        """The inputs of a case, as they were when the command began, and the command."""
        saved = pathlib.Path(self.options.save) / f"case{number}"
        if target.is_changed:
            shutil.copytree(self.base_of(target.inputs), saved, dirs_exist_ok=True)
            (saved / target.file).write_bytes(changed)
        else:
            shutil.copytree(folder, saved, dirs_exist_ok=True)
        (saved / "command.txt").write_bytes(b" ".join(shlex.quote(w.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape") for w in words) + b"\n")

    def cases(self):
        chosen = random.Random(self.options.seed)
        weights = [t.weight for t in self.targets]
        numbers = range(1, self.options.count + 1)
        # Each target at least once where there is room.
        picks = chosen.choices(self.targets, weights, k=self.options.count)
        picks[:len(self.targets)] = self.targets[:self.options.count]
        for number, target in zip(numbers, picks):
            if not self.options.case or number in self.options.case:
                yield lambda number=number, target=target: self.case(number, target)

    def print_targets(self):
        print(f"\n{'taken':>7} {'refused':>7} {'failed':>7} {'stopped':>7} {'else':>5} {'s/case':>7}  inputs")
        for name in sorted(self.findings.cases):
            counts = [self.outcomes[name, kind] for kind in ("taken", "refused", "failed", "stopped", "else")]
            print("%7d %7d %7d %7d %5d" % tuple(counts), f"{self.seconds[name] / max(sum(counts), 1):7.2f}  {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--executable", required=True, help="noisegate, built with sanitizers or without")
    parser.add_argument("--plain", help="noisegate without sanitizers, for inputs that ask for much memory or time")
    parser.add_argument("--count", type=int, default=5000, help="changed inputs [5000]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="cases at a time [1]")
    parser.add_argument("--timeout", type=float, default=20, help="seconds a case [20]")
    parser.add_argument("--only", default="", help="a regular expression: inputs whose name has it")
    parser.add_argument("--case", type=int, action="append", help="only the case of this number, with the same --count and --only")
    parser.add_argument("--save", help="a folder for the inputs of cases where something was found")
    parser.add_argument("--keep", action="store_true", help="keep the folders of the workers")
    options = parser.parse_args()
    with WorkFolder(options.keep) as work:
        campaign = Campaign(options, work)
        campaign.make_bases()
        start = time.monotonic()
        run_all(campaign.cases(), options.jobs)
        campaign.print_targets()
        code = campaign.findings.print_summary(f"mutate.py, seed {options.seed}, {time.monotonic() - start:.0f} s")
        return code


if __name__ == "__main__":
    sys.exit(main())
