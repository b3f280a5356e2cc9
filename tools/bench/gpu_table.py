#!/usr/bin/env python3
"""The table of tools/gpu_check.sh, made of what its parts left in a folder: parts.tsv, machine.txt and JSON files.

    tools/bench/gpu_table.py FOLDER     prints the table and writes FOLDER/gpu_check.json
"""

import json
import sys
from pathlib import Path


def read_json(path):
    """What is in the file, or nothing where there is none or it was broken off."""
    try:
        return json.loads(path.read_text())
    except (OSError, json.JSONDecodeError):
        return None


def read_parts(folder):
    path = folder / "parts.tsv"
    lines = path.read_text().splitlines() if path.exists() else []
    return [dict(zip(("part", "result", "detail"), line.split("\t", 2))) for line in lines]


def all_of(folder, pattern):
    found = [read_json(path) for path in sorted(folder.glob(pattern))]
    return [each for each in found if each is not None]


def fastest(rows):
    return max(rows, key=lambda row: row["images_per_second"], default=None)


def beside_pytorch(step, peers):
    """The step with PyTorch's best eager and compiled settings of the same model, batch and precision."""
    alike = [peer for peer in peers if all(peer[key] == step[key] for key in ("model", "batch_size", "precision"))]
    row = {key: step.get(key) for key in
           ("model", "batch_size", "precision", "conv", "median_ms", "images_per_second", "tensor_peak_bytes")}
    for kind, compiled in (("eager", False), ("compiled", True)):
        peer = fastest([peer for peer in alike if bool(peer["compiled"]) == compiled])
        if peer:
            row[kind] = {key: peer[key] for key in ("setting", "milliseconds", "images_per_second", "peak_bytes")}
            row[f"times_{kind}"] = step["images_per_second"] / peer["images_per_second"]
    return row


def collect(folder):
    machine = folder / "machine.txt"
    metrics = folder / "epoch" / "metrics.jsonl"
    peers = read_json(folder / "pytorch.json") or []
    result = {
        "machine": machine.read_text().splitlines() if machine.exists() else [],
        "parts": read_parts(folder),
        "convolutions": [{key: bench[key] for key in ("model", "batch_size", "precision", "totals")}
                         for bench in all_of(folder, "conv-*.json")],
        "ladder": (read_json(folder / "ladder.json") or {}).get("ladder"),
        "steps": [beside_pytorch(step, peers) for step in all_of(folder, "step-*.json")],
        "pytorch": peers,
        "epoch": json.loads(metrics.read_text().splitlines()[-1]) if metrics.exists() else None,
    }
    return result


def number(value, form):
    return format(value, form) if value is not None else "-"


def mebibytes(value):
    return value / 2**20 if value is not None else None


def print_parts(parts):
    print(f"{'part':<36} {'result':<8} detail")
    for part in parts:
        print(f"{part['part']:<36} {part['result']:<8} {part['detail']}")


def print_convolutions(benches):
    print(f"\n{'convolutions':<26} {'product':<16} {'ms':>9} {'GFLOP/s':>9} {'limit':>6} {'cuDNN ms':>9} {'speed':>6}")
    for bench in benches:
        name = f"{bench['model']} {bench['batch_size']} {bench['precision']}"
        for row in bench["totals"]:
            print(f"{name:<26} {row['product']:<16} {row['native_milliseconds']:>9.3f} {row['gflops']:>9.0f} "
                  f"{row['share_of_limit']:>6.0%} {number(row.get('cudnn_milliseconds'), '.3f'):>9} "
                  f"{number(row.get('speed_of_cudnn'), '.2f'):>6}")


def print_ladder(ladder):
    shape = f"images {ladder['image']}, filters {ladder['kernel']}, forward"
    print(f"\nladder: {shape}\n{'rung':<20} {'ms':>9} {'GFLOP/s':>9} {'limit':>7}  idea")
    for rung in ladder["rungs"]:
        print(f"{rung['rung']:<20} {rung['milliseconds']:>9.4f} {rung['gflops']:>9.0f} {rung['share_of_limit']:>7.1%}"
              f"  {rung['idea']}")


def print_steps(steps):
    print(f"\n{'training step':<32} {'images/s':>10} {'ms':>8} {'MiB':>7} {'eager':>9} {'times':>6} {'MiB':>7}"
          f" {'compiled':>9} {'times':>6} {'MiB':>7}")
    for step in steps:
        name = f"{step['model']} {step['batch_size']} {step['precision']}"
        if step["conv"] not in (None, "auto", "native"):
            name += f" {step['conv']}"
        line = (f"{name:<32} {step['images_per_second']:>10.0f} {step['median_ms']:>8.3f} "
                f"{number(mebibytes(step['tensor_peak_bytes']), '.0f'):>7}")
        for kind in ("eager", "compiled"):
            peer = step.get(kind) or {}
            line += (f" {number(peer.get('images_per_second'), '.0f'):>9} {number(step.get(f'times_{kind}'), '.2f'):>6}"
                     f" {number(mebibytes(peer.get('peak_bytes')), '.0f'):>7}")
        print(line)


def print_epoch(epoch):
    print(f"\none epoch of CIFAR-10: {epoch['seconds']:.1f} s, {epoch['images_per_second']:.0f} images/s, "
          f"{epoch['test_acc']:.2%} on the test set")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip().splitlines()[-1].strip())
    folder = Path(sys.argv[1])
    result = collect(folder)
    for line in result["machine"]:
        print(line)
    print_parts(result["parts"])
    for key, show in (("convolutions", print_convolutions), ("ladder", print_ladder), ("steps", print_steps),
                      ("epoch", print_epoch)):
        if result[key]:
            show(result[key])
    (folder / "gpu_check.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
