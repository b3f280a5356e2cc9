#!/usr/bin/env python3
"""What PyTorch makes of the same training step on the same machine: the yardstick of `noisegate bench step`.

Times a whole step (forward, cross entropy, backward, SGD with momentum 0.9 and weight decay 5e-4) on one batch that
already lies on the device, for every setting that PyTorch offers for these networks. Each setting runs in a process
of its own, so that its peak memory is its own; data loading and augmentation are outside the clock. On a GPU ten
steps go by between two looks at the clock, so that the host runs ahead as it does in training; the optimiser is
the fused one, and torch.compile gets model and loss together, in its two modes that replay CUDA graphs.

    tools/bench/pytorch_peer.py --threads 2
    tools/bench/pytorch_peer.py --case wrn-28-2:128 --device cuda --json peer.json
    tools/bench/pytorch_peer.py --case wrn-28-2:128 --case resnet34:512 --device cuda --budget 240
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "pytorch"))

# name: (memory format, torch.compile mode or None, precision)
CPU_SETTINGS = {
    "eager NCHW": ("contiguous", None, "fp32"),
    "eager channels_last": ("channels_last", None, "fp32"),
    "eager channels_last, heap kept": ("channels_last", None, "fp32"),
    "compile channels_last, heap kept": ("channels_last", "default", "fp32"),
    "compile autotuned, heap kept": ("channels_last", "max-autotune", "fp32"),
}
# By default glibc gives every large tensor back to the system when it is freed, and the next step pays for fresh
# pages; kept, the same step is some 1.4 times as fast. PyTorch users get that from these settings or another malloc.
HEAP_KEPT = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=8589934592:glibc.malloc.trim_threshold=17179869184:"
                               "glibc.malloc.top_pad=268435456:glibc.malloc.hugetlb=1"}
CUDA_SETTINGS = {
    "eager channels_last bf16": ("channels_last", None, "bf16"),
    "eager channels_last TF32": ("channels_last", None, "tf32"),
    "compile autotuned bf16": ("channels_last", "max-autotune", "bf16"),
    "compile autotuned TF32": ("channels_last", "max-autotune", "tf32"),
    "compile reduced overhead bf16": ("channels_last", "reduce-overhead", "bf16"),
    "compile reduced overhead TF32": ("channels_last", "reduce-overhead", "tf32"),
    "eager channels_last": ("channels_last", None, "fp32"),
    "eager NCHW": ("contiguous", None, "fp32"),
}
CUDA_STEPS_A_SAMPLE = 10


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", metavar="MODEL:BATCH",
                        help="may be given again (default: wrn-28-2:128 and resnet34:64)")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: one a core")
    parser.add_argument("--steps", type=int, default=20, help="samples; their median counts")
    parser.add_argument("--warmup", type=int, default=5, help="steps before the clock starts")
    parser.add_argument("--no-compile", action="store_true", help="leave out torch.compile (slow to start)")
    parser.add_argument("--budget", type=float, default=0, metavar="SECONDS",
                        help="start no setting after that, and end the one that runs; 0: no limit")
    parser.add_argument("--only", metavar="TEXT", help="only settings whose name holds this text")
    parser.add_argument("--json", metavar="OUT.json", help="write the table there too")
    parser.add_argument("--child", nargs=3, metavar=("MODEL", "BATCH", "SETTING"), help=argparse.SUPPRESS)
    return parser.parse_args()


def settings_of(device):
    return CPU_SETTINGS if device == "cpu" else CUDA_SETTINGS


def peak_cpu_bytes():
    """This process's largest resident set, libraries included."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status has no VmHWM line")


def measure(model_name, batch_size, setting, arguments):
    """One setting, in this process: its median seconds a step and its peak memory."""
    import torch
    from reference_models import make_model

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)
    memory_format, compile_mode, precision = settings_of(arguments.device)[setting]
    layout = torch.channels_last if memory_format == "channels_last" else torch.contiguous_format
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.benchmark = True

    baseline = peak_cpu_bytes()
    model = make_model(model_name).to(device=device, memory_format=layout)
    fused = {"fused": True} if device.type == "cuda" else {}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, **fused)
    images = torch.randn(batch_size, 3, 32, 32, device=device).to(memory_format=layout)
    labels = torch.randint(10, (batch_size,), device=device)

    def loss_of(images, labels):
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            return torch.nn.functional.cross_entropy(model(images), labels)

    forward = torch.compile(loss_of, mode=compile_mode) if compile_mode else loss_of

    def step():
        optimizer.zero_grad(set_to_none=True)
        forward(images, labels).backward()
        optimizer.step()

    def synchronize():
        if device.type == "cuda":
            torch.cuda.synchronize()

    for _ in range(arguments.warmup):
        step()
    # What a replayed graph works in was allocated when it was recorded: there the peak since the start counts.
    if device.type == "cuda" and not compile_mode:
        torch.cuda.reset_peak_memory_stats()
    at_once = CUDA_STEPS_A_SAMPLE if device.type == "cuda" else 1
    seconds = []
    for _ in range(arguments.steps):
        synchronize()
        start = time.perf_counter()
        for _ in range(at_once):
            step()
        synchronize()
        seconds.append((time.perf_counter() - start) / at_once)

    peak = torch.cuda.max_memory_allocated() if device.type == "cuda" else peak_cpu_bytes()
    median = statistics.median(seconds)
    return {
        "model": model_name, "batch_size": batch_size, "device": arguments.device, "setting": setting,
        "precision": precision, "compiled": compile_mode or "",
        "threads": torch.get_num_threads(), "torch": torch.__version__,
        "milliseconds": 1e3 * median, "fastest_milliseconds": 1e3 * min(seconds),
        "images_per_second": batch_size / median,
        "reserved_bytes": torch.cuda.max_memory_reserved() if device.type == "cuda" else 0,
        "peak_bytes": peak, "libraries_bytes": 0 if device.type == "cuda" else baseline,
    }


def measure_in_child(model_name, batch_size, setting, arguments, seconds_left):
    """The setting's row, or nothing where it failed or ran out of time."""
    command = [sys.executable, __file__, "--child", model_name, str(batch_size), setting]
    for option in ("device", "threads", "steps", "warmup"):
        command += [f"--{option}", str(getattr(arguments, option))]
    environment = os.environ | (HEAP_KEPT if setting.endswith("heap kept") else {})
    try:
        child = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, timeout=seconds_left)
    except subprocess.TimeoutExpired:
        return None
    if child.returncode != 0:
        return None
    return json.loads(child.stdout.splitlines()[-1])


def save(rows, path):
    if path:
        Path(path).write_text(json.dumps(rows, indent=2) + "\n")


def main():
    arguments = parse_arguments()
    if arguments.child:
        model_name, batch_size, setting = arguments.child
        print(json.dumps(measure(model_name, int(batch_size), setting, arguments)))
        return

    rows = []
    deadline = time.monotonic() + arguments.budget if arguments.budget else None
    cases = [case.rsplit(":", 1) for case in arguments.case or ["wrn-28-2:128", "resnet34:64"]]
    print(f"{'model':<16} {'batch':>5}  {'setting':<32} {'ms/step':>9} {'images/s':>9} {'peak MiB':>9}", flush=True)
    # Setting by setting: where the time runs out, each case has the first ones.
    for setting, (_, compile_mode, _) in settings_of(arguments.device).items():
        if (compile_mode and arguments.no_compile) or (arguments.only and arguments.only not in setting):
            continue
        for model_name, batch_size in cases:
            left = deadline - time.monotonic() if deadline else None
            row = None
            if left is None or left > 0:
                row = measure_in_child(model_name, int(batch_size), setting, arguments, left)
            if row is None:
                reason = "no time left" if deadline and time.monotonic() >= deadline else "failed"
                print(f"{model_name:<16} {batch_size:>5}  {setting:<32} {reason}", flush=True)
                continue
            rows.append(row)
            print(f"{model_name:<16} {batch_size:>5}  {setting:<32} {row['milliseconds']:>9.2f} "
                  f"{row['images_per_second']:>9.1f} {row['peak_bytes'] / 2**20:>9.0f}", flush=True)
            save(rows, arguments.json)
    if rows:
        print(f"PyTorch {rows[0]['torch']}, {rows[0]['threads']} threads, {platform.processor() or platform.machine()}")
    save(rows, arguments.json)


if __name__ == "__main__":
    main()
