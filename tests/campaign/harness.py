"""What the campaigns share: running the program, the library that is preloaded, findings and their table."""
import collections, concurrent.futures, os, pathlib, shutil, signal, struct, subprocess, sys, tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent


class Outcome:
    """What a program left: its exit code (-N: ended by signal N), and what it said."""

    def __init__(self, code, output, errors, seconds, is_hung):
        self.code, self.output, self.errors = code, output, errors
        self.seconds, self.is_hung = seconds, is_hung

    def last_words(self):
        lines = self.errors.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else ""


def environment():
    words = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH") if key in os.environ}
    return words | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive", "LC_ALL": "C.UTF-8"}


def end_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def stops(process):
    """Whether it ends within five seconds as a training does that is told to stop."""
    process.terminate()
    try:
        return process.wait(5) == 128 + signal.SIGTERM
    except subprocess.TimeoutExpired:
        return False


def run(words, folder, extra={}, timeout=120, kill_after=None, prepare=None):
    """Runs the words in a folder, in a session of their own. After `timeout` seconds they are told to stop: they are
    hung unless they do, as a training would. kill_after: seconds until SIGKILL ends all of it."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([str(w) for w in words], cwd=folder, env=environment() | extra, stdout=output,
                                   stderr=errors, stdin=subprocess.DEVNULL, start_new_session=True,
                                   preexec_fn=prepare)
        is_hung = False
        try:
            process.wait(timeout if kill_after is None else kill_after)
        except subprocess.TimeoutExpired:
            is_hung = kill_after is None and not stops(process)
            end_group(process)
        finally:
            if process.poll() is None:
                end_group(process)
        output.seek(0), errors.seek(0)
        return Outcome(process.returncode, output.read(1 << 24), errors.read(1 << 24), time.monotonic() - start,
                       is_hung)


def is_sanitized(executable):
    return b"__asan_init" in pathlib.Path(executable).read_bytes()


def npy(kind, shape, data):
    """A NumPy file."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


class Preloaded:
    """The library of file_operations.c, compiled, and the environment that steers it."""

    def __init__(self, folder):
        self.library = folder / "file_operations.so"
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", self.library, HERE / "file_operations.c", "-ldl",
                        "-lpthread"], check=True)

    def environment(self, folder, *, at=0, act="before", error=0, power="", log=None):
        """To count below this folder. What is counted stands beside the folder, so it is not counted itself."""
        if not self.library.exists():  # without it nothing would befall the program, and nothing be found
            raise FileNotFoundError(f"{self.library} is gone")
        counter = folder.with_name(folder.name + ".counter")
        counter.write_bytes(bytes(8))
        words = {"LD_PRELOAD": self.library, "OPERATIONS_FOLDER": folder, "OPERATIONS_COUNTER": counter,
                 "OPERATIONS_AT": at, "OPERATIONS_ACT": act, "OPERATIONS_ERROR": error}
        if power:
            words["OPERATIONS_POWER"] = power
        if log:
            words["OPERATIONS_LOG"] = log
        return {key: str(value) for key, value in words.items()}

    @staticmethod
    def counted(folder):
        return struct.unpack("<q", folder.with_name(folder.name + ".counter").read_bytes())[0]


class Findings:
    """What went wrong, by (campaign, what was run, what was wrong), and how many cases there were of each."""

    def __init__(self):
        self.lock = threading.Lock()
        self.cases, self.bad_cases = collections.Counter(), collections.Counter()
        self.examples, self.counts, self.notes = {}, collections.Counter(), collections.Counter()

    def add_case(self, group, wrong, example, notes=()):
        """`wrong` and `notes`: sentences, the same for the same fault. Notes are told of and count for nothing."""
        with self.lock:
            self.cases[group] += 1
            self.bad_cases[group] += bool(wrong)
            for sentence in wrong:
                self.counts[group, sentence] += 1
                if (group, sentence) not in self.examples:
                    self.examples[group, sentence] = example
                    print(f"FINDING {group}: {sentence}\n    {example}", flush=True)
            self.notes.update(notes)

    def add_note(self, sentence):
        with self.lock:
            self.notes[sentence] += 1

    def print_summary(self, title):
        print(f"\n{title}\n{'cases':>7} {'bad':>5}  of")
        for group in sorted(self.cases):
            print(f"{self.cases[group]:7} {self.bad_cases[group]:5}  {group}")
        print(f"{sum(self.cases.values()):7} {sum(self.bad_cases.values()):5}  all")
        if self.counts:
            print("\nfindings:")
        for (group, sentence), count in sorted(self.counts.items()):
            print(f"{count:7}x {group}: {sentence}\n{'':9}first: {self.examples[group, sentence]}")
        if self.notes:
            print("\nnotes, which count for nothing:")
        for sentence, count in sorted(self.notes.items()):
            print(f"{count:7}x {sentence}")
        return 1 if self.counts else 0


def run_all(cases, jobs):
    """Calls each of the cases, `jobs` at a time."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(case) for case in cases]
        try:
            for future in concurrent.futures.as_completed(waiting):
                future.result()
        except BaseException:
            for future in waiting:
                future.cancel()
            raise


class WorkFolder:
    """A folder that goes away at the end, unless it is to be kept."""

    def __init__(self, keep):
        self.keep, self.path = keep, None

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="noisegate-campaign-")).resolve()
        return self.path

    def __exit__(self, *_):
        if self.keep:
            print(f"kept: {self.path}")
        else:
            shutil.rmtree(self.path, ignore_errors=True)


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)
