#!/usr/bin/env bash
# tools/gpu_check.sh on a machine without a GPU, and on one that is acted: an nvidia-smi, a noisegate and test programs
# that are scripts here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
check_gpu=$here/../tools/gpu_check.sh
for program in python3 timeout; do
  command -v $program >/dev/null || {
    echo "skipped: $program is missing"
    exit 77
  }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
. "$here/checks.sh"
run() { # run ARGUMENTS...: the exit code in $code, what it said in said
  code=0
  "$check_gpu" "$@" >said 2>&1 || code=$?
}
said() { grep -q -- "$1" said; }
script() { # script FILE: from standard input
  { echo '#!/usr/bin/env bash' && cat; } >"$1"
  chmod +x "$1"
}

if ! nvidia-smi -L >/dev/null 2>&1 && [ ! -e /dev/nvidia0 ] && [ ! -e /dev/dxg ]; then
  run --build "$work"
  check 'without a GPU it is skipped' [ $code = 77 ]
  check 'in one sentence' [ "$(cat said)" = 'gpu_check: skipped: this machine has no NVIDIA GPU' ]
fi
run --speed
check 'an unknown option is refused' [ $code = 2 ]
check 'by name' said "'--speed'"
run --minutes soon
check 'a wrong value is refused' said "'soon'"

# A machine with a GPU, whose noisegate writes what the real one would, and one of whose tests fails.
mkdir -p bin build/tests data
export PATH=$work/bin:$PATH
script bin/nvidia-smi <<'END'
[ "$1" = -L ] || echo 'Acted GPU, 1.0, 80 MiB'
END
script bin/compute-sanitizer <<'END'
while [ "$1" != train ]; do shift; done
exit 0
END
script build/noisegate <<'END'
words=$*
while [ $# -gt 0 ]; do
  case $1 in
  --json) json=$2 ;;
  --out) run=$2 ;;
  --model) model=$2 ;;
  --precision) precision=$2 ;;
  --batch-size) batch=$2 ;;
  --conv) conv=$2 ;;
  --epochs) epochs=$2 ;;
  esac
  shift
done
case $words in
*--version) echo 'noisegate 0.1.0' ;;
*'bench conv'*--ladder*)
  echo '{"ladder": {"image": [128, 32, 32, 32], "kernel": [32, 3, 3, 32], "rungs": [{"rung": "definition",
    "idea": "a thread an element", "milliseconds": 2.0, "gflops": 1000, "share_of_limit": 0.01}]}}' >"$json"
  ;;
*'bench conv'*)
  echo '{"model": "'"$model"'", "batch_size": 128, "precision": "'"$precision"'", "totals": [{"product": "forward",
    "native_milliseconds": 1.5, "gflops": 2000, "share_of_limit": 0.25, "cudnn_milliseconds": 1.2,
    "speed_of_cudnn": 0.8}]}' >"$json"
  ;;
*'bench step --help') echo '--conv NAME  auto, cudnn' ;;
*'bench step'*)
  [ "$precision" != fp32 ] || { echo 'noisegate: out of memory' >&2 && exit 1; }
  echo '{"model": "'"$model"'", "batch_size": '"$batch"', "precision": "'"$precision"'", "conv": "'"${conv:-auto}"'",
    "median_ms": 2.5, "images_per_second": 51200, "tensor_peak_bytes": 104857600}' >"$json"
  ;;
train*)
  mkdir -p "$run"
  echo weights >"$run/model.safetensors"
  for epoch in $(seq "$epochs"); do
    echo '{"epoch":'"$epoch"',"train_loss":2.5,"seconds":1.25,"images_per_second":40000,"test_acc":0.5}'
  done >"$run/metrics.jsonl"
  ;;
esac
END
script build/tests/gpu_test_good <<<'exit 0'
script build/tests/gpu_test_bad <<<'echo wrong; exit 3'
script build/tests/gpu_test_absent <<<'echo "skipped: not here"; exit 77'
script bin/python3 <<END
case \$1 in
-c) exit 0 ;; # torch is there
*pytorch_peer.py)
  echo '[{"model": "wrn-28-2", "batch_size": 128, "precision": "bf16", "compiled": "", "setting": "eager slow",
    "milliseconds": 20, "images_per_second": 6400, "peak_bytes": 209715200},
   {"model": "wrn-28-2", "batch_size": 128, "precision": "bf16", "compiled": "", "setting": "eager",
    "milliseconds": 10, "images_per_second": 12800, "peak_bytes": 209715200},
   {"model": "wrn-28-2", "batch_size": 128, "precision": "bf16", "compiled": "max-autotune", "setting": "compile",
    "milliseconds": 5, "images_per_second": 25600, "peak_bytes": 209715200}]' >pytorch.json ;;
*) exec $(command -v python3) "\$@" ;;
esac
END
unset NOISEGATE_DATA
run --build build --out checked
result() { # result PART: its result in parts.tsv
  awk -F '\t' -v part="$1" '$1 == part { print $2 }' checked/parts.tsv
}
check 'a part that fails makes the whole fail' [ $code = 1 ]
check 'a test that passes' [ "$(result gpu_test_good)" = passed ]
check 'a test that fails' [ "$(result gpu_test_bad)" = failed ]
check 'says how' said 'code 3: wrong'
check 'a test that is skipped' [ "$(result gpu_test_absent)" = skipped ]
check 'the sanitizers' [ "$(result 'compute-sanitizer racecheck bf16')" = passed ]
check 'two runs with one seed' [ "$(result 'same seed, same bits, bf16')" = passed ]
check 'steps beside the CPU' [ "$(result 'fifty steps follow the CPU')" = passed ]
check 'a step that fails' [ "$(result 'step resnet34 512 fp32')" = failed ]
check 'a step by cuDNN' [ "$(result 'step wrn-28-2 128 bf16 --conv cudnn')" = passed ]
check 'no data, no epoch' [ "$(result 'epoch of CIFAR-10')" = skipped ]
check 'the machine is named' said 'Acted GPU'
check 'convolutions stand beside cuDNN' grep -Eq 'wrn-28-2 128 bf16 +forward +1.500 +2000 +25% +1.200 +0.80' said
check 'the ladder has its rungs' grep -Eq 'definition +2.0000 +1000 +1.0%' said
check 'steps stand beside the best of PyTorch' \
  grep -Eq 'wrn-28-2 128 bf16 +51200 +2.500 +100 +12800 +4.00 +200 +25600 +2.00 +200' said
check 'steps without a peer stand alone' grep -Eq 'resnet34 512 tf32 +51200 +2.500 +100 +- +- +-' said
check 'the table is JSON too' python3 - checked/gpu_check.json <<'END'
import json, sys
result = json.load(open(sys.argv[1]))
best = [step for step in result["steps"] if step.get("times_compiled")]
assert [step["times_compiled"] for step in best] == [2.0, 2.0], best
assert sorted(step["conv"] for step in best) == ["auto", "cudnn"]
assert len(result["steps"]) == 8 + 2, len(result["steps"])
END

run --build build --out checked --data data --parts 'epoch tests'
check 'an epoch where there is data' [ "$(result 'epoch of CIFAR-10')" = passed ]
check 'is shown' said '1.2 s, 40000 images/s, 50.00% on the test set'
check 'and nothing that was not asked for' [ -z "$(result PyTorch)" ]
run --build build --out checked --minutes 0
check 'what has no time left is skipped' [ "$(result gpu_test_good)$(result 'conv ladder')" = skippedskipped ]
run --build nowhere
check 'a folder without a noisegate is refused' [ $code = 2 ]

[ $failures = 0 ]
