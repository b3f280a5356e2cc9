#!/usr/bin/env python3
"""Ends noisegate in the middle of what it does, in every way that the world knows, and looks at what is left.

A training must go on, by --resume, to the very bytes of a run that nothing befell; an output file is the old one, the
new one or not there; an error of the disk is told of. Families of cases:

  operations  killed before, after or within an operation on a file, and in half of the cases again while it resumes
  moments     killed at random moments, up to three times while it resumes
  power       the power fails at an operation or just after the end: what was not synced is lost
  errors      an operation fails: no space left, input/output error, for once or from then on, or after half a write
  overwrite   killed while train --overwrite begins: what is left is the old run or the new one
  outputs     all of this in noise, eval, suspects, loss and report
  sweep       all of this in a sweep

Exit code: 0, 1 where something was found, 77 where it cannot be done here."""
import argparse, errno, itertools, os, random, re, shutil, sys

import kill_outputs
from harness import Findings, Preloaded, WorkFolder, is_sanitized, run, run_all, skip
from run_files import contents, differences, litter

SCHEMES = {
    "ce": [],
    "ogc": ["--scheme", "ogc:time-frame=2,queue=32"],
    "sln-mo-lc": ["--scheme", "sln:sigma=0.5,mo=0.9,lc=1"],
    "truncated-gce": ["--loss", "gce", "--scheme", "truncated:from=1,every=1,k=0.1", "--validation", "0.2"],
    "co-teaching": ["--scheme", "co-teaching:forget=0.4,ramp=2"],
    "label-confidence": ["--scheme", "label-confidence"],
    "ema-clip": ["--scheme", "ema-clip", "--ema", "0.9", "--predictions"],
    "linear-clip": ["--scheme", "linear-clip"],
}
FAMILIES = ["operations", "moments", "power", "errors", "overwrite", "outputs", "sweep"]
# A checkpoint is written after every step.
TRAIN = ["train", "--dataset", "synthetic:train=48,test=16", "--model", "cnn4", "--batch-size", "16", "--noise",
         "symmetric:0.4", "--lr", "0.01", "--threads", "1", "--epochs", "2", "--checkpoint", "0.000001", "--out", "run"]
ACTS = ["before", "after", "torn"]
POWER = ["drop", "half", "zero"]
ERRORS = [("error", errno.ENOSPC), ("error", errno.EIO), ("sticky", errno.ENOSPC), ("short", errno.ENOSPC)]


def same_for_all(sentence):
    """Without numbers, so that the same fault is told of in the same words."""
    return re.sub(r"\d+(\.\d+)?", "N", sentence)


def holds_run(folder):
    """Whether a run is there, be it one that was stopped while it began."""
    return any((folder / "run" / name).exists() for name in ("config.toml", "new_run.toml"))


class Reference:
    """A training that nothing befell."""

    def __init__(self, campaign, words):
        self.words = words
        folder = campaign.new_folder()
        log = folder.with_name(folder.name + ".log")
        outcome = run([campaign.executable] + words, folder, campaign.preloaded.environment(folder, log=log))
        if outcome.code != 0:
            sys.exit(f"{' '.join(words)} ends with {outcome.code}: {outcome.last_words()}")
        self.contents, self.seconds = contents(folder / "run"), outcome.seconds
        self.operations = [tuple(line.split("\t")[1:]) for line in log.read_text().splitlines()]
        if not self.operations:
            sys.exit("no operation was seen: is the program linked statically?")
        campaign.remove(folder)


class Campaign:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.executable = os.path.realpath(options.executable)
        self.findings, self.preloaded = Findings(), Preloaded(work)
        self.numbers, self.references = itertools.count(1), {}

    def new_folder(self):
        folder = self.work / f"case{next(self.numbers)}"
        folder.mkdir()
        return folder

    def remove(self, folder):
        if not self.options.keep:
            shutil.rmtree(folder, ignore_errors=True)

    def reference(self, words):
        key = tuple(words)
        if key not in self.references:
            self.references[key] = Reference(self, words)
        return self.references[key]

    def random(self, *what):
        return random.Random(f"{self.options.seed} {what}")

    def numbers_of(self, operations, count, random_numbers):
        """Numbers of operations: one of every kind and file, then others; all of them where count is 0."""
        every = list(range(1, len(operations) + 1))
        if count == 0 or count >= len(every):
            return every
        groups = {}
        for number in every:
            groups.setdefault(operations[number - 1], []).append(number)
        first = [random_numbers.choice(group) for group in groups.values()]
        random_numbers.shuffle(first)
        rest = [number for number in every if number not in first]
        random_numbers.shuffle(rest)
        return (first + rest)[:count]

    def go_on(self, folder, words, wrong):
        """What a person does who finds the run in this folder ended: what is left, or None where it failed."""
        has_begun = holds_run(folder)
        resumed = run([self.executable] + (["train", "--resume", "run"] if has_begun else words), folder)
        if resumed.is_hung:
            wrong.append("--resume hangs" if has_begun else "the same command hangs")
        elif resumed.code != 0:
            what = "--resume" if has_begun else "the same command"
            wrong.append(same_for_all(f"{what} ends with {resumed.code}: {resumed.last_words()}"))
        else:
            return contents(folder / "run")
        return None

    def compare(self, folder, reference, wrong):
        """Goes on and compares with what the run must come to."""
        got = self.go_on(folder, reference.words, wrong)
        if got is not None:
            wrong += differences(reference.contents, got)
        return [f"leaves {name}" for name in map(same_for_all, litter(folder / "run"))]

    def case(self, family, name, words, befall):
        """A case: befall(folder, wrong) does it, adds to `wrong`, and returns how to do it again and notes."""
        def do():
            folder, wrong = self.new_folder(), []
            how, notes = befall(folder, wrong)
            self.findings.add_case(f"{family} {name}", wrong, f"{how} noisegate {' '.join(words)}", notes)
            self.remove(folder)
        return do

    def kill_at(self, folder, words, number, act, power=""):
        environment = self.preloaded.environment(folder, at=number, act=act, power=power)
        # A training that goes on has fewer operations and may come to its end; a sweep may survive its runs.
        is_sure = number and "--resume" not in words and words[0] != "sweep"
        if run([self.executable] + words, folder, environment).code != -9 and is_sure:
            self.findings.add_note("not killed: the process had no operation of this number")

    def operation_cases(self, name, reference, count):
        random_numbers = self.random("operations", name)
        for i, number in enumerate(self.numbers_of(reference.operations, count, random_numbers)):
            act, more = ACTS[i % 3], random_numbers.choice([0, 0, 1, 2])
            again = [random_numbers.randint(1, len(reference.operations) // 2) for _ in range(more)]

            def befall(folder, wrong, number=number, act=act, again=again):
                self.kill_at(folder, reference.words, number, act)
                for next_number in again:
                    self.kill_at(folder, ["train", "--resume", "run"], next_number, act)
                how = f"[{act} operation {number}, {' '.join(reference.operations[number - 1])}"
                return how + (f"; resumed, {act} {again}]" if again else "]"), self.compare(folder, reference, wrong)
            yield self.case("operations", name, reference.words, befall)

    def moment_cases(self, name, reference, count):
        random_numbers = self.random("moments", name)
        for _ in range(count or 100):
            delays = [random_numbers.uniform(0, 1.05 * reference.seconds)
                      for _ in range(random_numbers.randint(1, 4))]

            def befall(folder, wrong, delays=delays):
                run([self.executable] + reference.words, folder, kill_after=delays[0])
                for delay in delays[1:]:
                    run([self.executable, "train", "--resume", "run"], folder, kill_after=delay)
                return f"[killed after {['%.3f s' % d for d in delays]}]", self.compare(folder, reference, wrong)
            yield self.case("moments", name, reference.words, befall)

    def power_cases(self, name, reference, count):
        random_numbers = self.random("power", name)
        numbers = [0] * len(POWER) + self.numbers_of(reference.operations, max(count - len(POWER), 1), random_numbers)
        for i, number in enumerate(numbers[:count] if count else numbers):
            act, power = ACTS[i // 3 % 3], POWER[i % 3]

            def befall(folder, wrong, number=number, act=act, power=power):
                self.kill_at(folder, reference.words, number, act, power)
                where = " ".join(reference.operations[number - 1]) if number else "end"
                return (f"[power fails ({power}) {act if number else 'at'} operation {number}, {where}]",
                        self.compare(folder, reference, wrong))
            yield self.case("power", name, reference.words, befall)

    def error_cases(self, name, reference, count):
        random_numbers = self.random("errors", name)
        for i, number in enumerate(self.numbers_of(reference.operations, count, random_numbers)):
            act, code = ERRORS[i % len(ERRORS)]

            def befall(folder, wrong, number=number, act=act, code=code):
                environment = self.preloaded.environment(folder, at=number, act=act, error=code)
                outcome = run([self.executable] + reference.words, folder, environment)
                self.check_refusal(outcome, wrong)
                if outcome.code == 0:
                    wrong += ["exit code 0, but " + d for d in differences(reference.contents, contents(folder / "run"))]
                how = f"[{act} {errno.errorcode[code]} at operation {number}, {' '.join(reference.operations[number - 1])}]"
                return how, self.compare(folder, reference, wrong)
            yield self.case("errors", name, reference.words, befall)

    @staticmethod
    def check_refusal(outcome, wrong):
        """An error of the disk ends in exit code 1 and one sentence, or did no harm."""
        if outcome.is_hung:
            wrong.append("hangs after an error")
        elif outcome.code not in (0, 1):
            wrong.append(same_for_all(f"exit code {outcome.code} after an error: {outcome.last_words()}"))
        elif outcome.code == 1 and len(outcome.errors.splitlines()) != 1:
            wrong.append(f"{len(outcome.errors.splitlines())} lines on the standard error")

    def overwrite_cases(self, count):
        old_words = TRAIN + ["--loss", "mae", "--ema", "0.9", "--predictions", "--scheme", "co-teaching:forget=0.4,ramp=2"]
        new_words = TRAIN + ["--loss", "gce", "--seed", "2"]
        old, new = self.reference(old_words), self.reference(new_words)
        random_numbers = self.random("overwrite")
        for is_finished in (True, False):
            folder = self.new_folder()
            stop = [] if is_finished else ["--stop-after", "1"]
            run([self.executable] + old_words + stop, folder)
            log = folder.with_name(folder.name + ".log")
            overwrite = new_words + ["--overwrite"]
            before = folder / "before"
            shutil.copytree(folder / "run", before)
            run([self.executable] + overwrite, folder, self.preloaded.environment(folder, log=log))
            operations = [tuple(line.split("\t")[1:]) for line in log.read_text().splitlines()]
            # What matters is the start: until the first checkpoint there is nothing of the new run to keep.
            start = next((i for i, (_, file) in enumerate(operations) if "checkpoint" in file and "next" in file),
                         len(operations)) + 20
            numbers = self.numbers_of(operations[:start], count and count // 2, random_numbers)
            for i, number in enumerate(numbers):
                act, power = ACTS[i % 3], (POWER + [""] * 3)[i % 6]

                def befall(folder, wrong, number=number, act=act, power=power, before=before, operations=operations):
                    shutil.copytree(before, folder / "run")
                    self.kill_at(folder, overwrite, number, act, power)
                    how = f"[{act} operation {number}, {' '.join(operations[number - 1])}{', power ' * bool(power)}{power}]"
                    if not holds_run(folder):
                        wrong.append("neither the old run nor the new one is left: no config.toml")
                    got = self.go_on(folder, overwrite, wrong)
                    if got is not None and differences(new.contents, got) and differences(old.contents, got):
                        is_old = got.get("config.toml") == old.contents["config.toml"]
                        said = differences((old if is_old else new).contents, got)
                        wrong.append(f"config.toml is the {'old' if is_old else 'new'} run's, but " + "; ".join(said))
                    return how, []
                yield self.case("overwrite", "of a finished run" if is_finished else "of an unfinished run", overwrite,
                                befall)

    def cases(self):
        options = self.options
        makers = {"operations": self.operation_cases, "moments": self.moment_cases, "power": self.power_cases,
                  "errors": self.error_cases}
        share = -(-options.count // len(options.schemes))
        for family in options.families:
            if family in makers:
                for scheme in options.schemes:
                    yield from makers[family](scheme, self.reference(TRAIN + SCHEMES[scheme]), share)
        if "overwrite" in options.families:
            yield from self.overwrite_cases(options.count)
        if "outputs" in options.families:
            yield from kill_outputs.output_cases(self, options.count)
        if "sweep" in options.families:
            yield from kill_outputs.sweep_cases(self, options.count)

    def smoke_cases(self):
        """One of each kind, and where faults were: when all steps of an epoch are done, and its end is not."""
        for scheme in ("label-confidence", "ema-clip", "sln-mo-lc"):
            reference = self.reference(TRAIN + SCHEMES[scheme])
            ends = [i for i, (kind, file) in enumerate(reference.operations, 1)
                    if kind == "open" and file.startswith("run/model.safetensors")]
            for number, act in ((ends[-1], "before"), (ends[0] + 1, "torn")):
                def befall(folder, wrong, number=number, act=act, reference=reference):
                    self.kill_at(folder, reference.words, number, act)
                    return f"[{act} operation {number}]", self.compare(folder, reference, wrong)
                yield self.case("operations", scheme, reference.words, befall)
        yield from self.power_cases("ce", self.reference(TRAIN), 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--executable", required=True, help="noisegate")
    parser.add_argument("--count", type=int, default=100, help="cases a family; 0: every operation [100]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="cases at a time [1]")
    parser.add_argument("--families", type=lambda w: w.split(","), default=FAMILIES, help=",".join(FAMILIES))
    parser.add_argument("--schemes", type=lambda w: w.split(","), default=list(SCHEMES), help=",".join(SCHEMES))
    parser.add_argument("--smoke", action="store_true", help="a few kills, within seconds")
    parser.add_argument("--keep", action="store_true", help="keep the folders of the cases")
    options = parser.parse_args()
    for word in set(options.families) - set(FAMILIES) | set(options.schemes) - set(SCHEMES):
        parser.error(f"there is no {word}")
    if is_sanitized(options.executable):
        skip("a library that is preloaded does not go with AddressSanitizer")
    with WorkFolder(options.keep) as work:
        campaign = Campaign(options, work)
        run_all(campaign.smoke_cases() if options.smoke else campaign.cases(), options.jobs)
        return campaign.findings.print_summary(f"kill.py, seed {options.seed}")


if __name__ == "__main__":
    sys.exit(main())
