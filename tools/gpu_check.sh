#!/usr/bin/env bash
# What an NVIDIA GPU makes of Noisegate, in one command and in under ten minutes, the build not counted:
#   tools/gpu_check.sh [--build DIR] [--data DIR] [--out DIR] [--minutes N] [--parts 'NAME…']
# tests against the CPU's references, compute-sanitizer on a few training steps, two runs with one seed, fifty steps
# beside the CPU's, every convolution of two networks beside cuDNN and the ladder, training steps beside PyTorch's, and
# one epoch of CIFAR-10 where --data or NOISEGATE_DATA names its folder. The last thing printed is a table; --out
# (gpu_check/) has it as gpu_check.json, with the log of each part.
#   --build    a folder with noisegate and the programs gpu_test_*, wherever they were built; else build/, which is
#              made where there are cmake and nvcc
#   --minutes  what would start after so many is skipped (10)
#   --parts    some of: tests sanitizer repeat follow conv step pytorch epoch
# Exit code: 0; 1 where a part failed; 2 for wrong use; 77 where there is no GPU.
set -uo pipefail

fail() { # fail CODE SENTENCE
  echo "gpu_check: $2" >&2
  exit "$1"
}

here=$(cd "$(dirname "$0")/.." && pwd)
build='' data=${NOISEGATE_DATA:-} out=gpu_check minutes=10 parts='tests sanitizer repeat follow conv step pytorch epoch'
while [ $# -gt 0 ]; do
  case $1 in
  --build | --data | --out | --minutes | --parts)
    [ $# -ge 2 ] || fail 2 "$1 needs a value"
    case $1 in
    --build) build=$2 ;;
    --data) data=$2 ;;
    --out) out=$2 ;;
    --minutes) minutes=$2 ;;
    --parts) parts=$2 ;;
    esac
    shift 2
    ;;
  -h | --help)
    sed -n '2,13s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
  *) fail 2 "there is no option '$1': --build, --data, --out, --minutes and --parts are there" ;;
  esac
done
[[ $minutes =~ ^[0-9]+$ ]] || fail 2 "--minutes takes a whole number, not '$minutes'"

nvidia-smi -L >/dev/null 2>&1 || [ -e /dev/nvidia0 ] || [ -e /dev/dxg ] ||
  fail 77 'skipped: this machine has no NVIDIA GPU'

if [ -z "$build" ]; then
  build=$here/build
  if [ ! -x "$build/noisegate" ]; then
    PATH=$PATH:/usr/local/cuda/bin
    for program in cmake nvcc; do
      command -v $program >/dev/null ||
        fail 2 "there is no noisegate in $build, and no $program to build it: give it --build DIR"
    done
    "$here/tools/build.sh" "$build" || fail 1 'the build failed'
  fi
fi
noisegate=$(cd "$build" 2>/dev/null && pwd)/noisegate
[ -x "$noisegate" ] || fail 2 "there is no noisegate in $build"
build=$(dirname "$noisegate")
[ -z "$data" ] || data=$(cd "$data" && pwd) || fail 2 'the folder of --data is not there'
mkdir -p "$out" || fail 2 "there can be no folder $out"
cd "$out" || fail 2 "$out cannot be entered"
rm -f conv-*.json step-*.json ladder.json pytorch.json gpu_check.json parts.tsv

wanted() { [[ " $parts " == *" $1 "* ]]; }
record() { # record NAME passed|failed|skipped DETAIL
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>parts.tsv
  printf '%-34s %-8s %s\n' "$1" "$2" "$3"
}
SECONDS=0
left() { echo $((60 * minutes - SECONDS)); }
# part NAME LIMIT COMMAND…: runs it for at most so many seconds and records how it went; its output goes to a log.
part() {
  local name=$1 limit=$2 log code started=$SECONDS
  shift 2
  log=${name// /-}.log
  if [ "$(left)" -lt 5 ]; then
    record "$name" skipped 'no time left'
    return 1
  fi
  [ "$limit" -le "$(left)" ] || limit=$(left)
  timeout -k 5 "$limit" "$@" >"$log" 2>&1
  code=$?
  case $code in
  0) record "$name" passed "$((SECONDS - started)) s" ;;
  77) record "$name" skipped "$(tail -n 1 "$log")" ;;
  124 | 137) record "$name" failed "stopped after $limit s" ;;
  *) record "$name" failed "code $code: $(tail -n 1 "$log")" ;;
  esac
  return $code
}

{
  date -u +'date %Y-%m-%d'
  "$noisegate" --version
  git -C "$here" rev-parse --short HEAD 2>/dev/null | sed 's/^/commit /'
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null | head -n 1 |
    sed 's/^/gpu /'
} >machine.txt

if wanted tests; then
  found=no
  while IFS= read -r program; do
    found=yes
    part "$(basename "$program")" 120 "$program"
  done < <(find "$build" -name 'gpu_test_*' -type f -perm -u+x | sort)
  [ $found = yes ] || record 'tests on the GPU' skipped "$build has no programs gpu_test_*"
fi

# A few steps of all that a step has: augmentation, two strides, shortcuts, batch norm, the optimiser.
small=(train --device cuda --dataset 'synthetic:train=96,test=32' --model wrn-10-1 --batch-size 32 --epochs 1 --seed 3
  --overwrite)
if wanted sanitizer; then
  sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null)
  for tool in memcheck racecheck; do
    for precision in fp32 bf16; do
      if [ -z "$sanitizer" ]; then
        record "compute-sanitizer $tool $precision" skipped 'there is no compute-sanitizer'
      else
        part "compute-sanitizer $tool $precision" 90 "$sanitizer" --tool "$tool" --error-exitcode 9 "$noisegate" \
          "${small[@]}" --precision "$precision" --no-graph --out "run-$tool"
      fi
    done
  done
fi

# Trains twice: noisegate, then its words.
twice='"$@" --out run-1 && "$@" --out run-2 && cmp run-1/model.safetensors run-2/model.safetensors'
if wanted repeat; then
  for precision in fp32 bf16; do
    part "same seed, same bits, $precision" 60 bash -c "$twice" twice "$noisegate" "${small[@]}" --precision $precision
  done
fi

# Trains on the CPU and on the GPU, a step an epoch, and compares the losses after each: noisegate, then its words.
# shellcheck disable=SC2016
follows='"$@" --device cpu --out on-cpu && "$@" --device cuda --out on-gpu && losses() {
    grep -o "\"train_loss\":[^,]*" $1/metrics.jsonl | cut -d: -f2
  } && paste <(losses on-cpu) <(losses on-gpu) | awk "
    { d = \$1 - \$2; if (d < 0) d = -d; if (d > most * \$1) most = d / \$1 }
    END { printf \"%d steps, losses within %.1e of the CPU\\n\", NR, most; exit !(NR == 50 && most <= 1e-3) }"'
if wanted follow; then
  part 'fifty steps follow the CPU' 120 bash -c "$follows" follows "$noisegate" train --dataset 'synthetic:train=64,test=16' \
    --model wrn-10-1 --batch-size 64 --epochs 50 --lr 0.01 --schedule constant --seed 3 --overwrite
fi

models='wrn-28-2 resnet34'
if wanted conv; then
  for model in $models; do
    for precision in bf16 tf32; do
      part "conv $model $precision" 90 "$noisegate" bench conv --device cuda --model "$model" --batch-size 128 \
        --precision $precision --json "conv-$model-$precision.json"
    done
  done
  part 'conv ladder' 60 "$noisegate" bench conv --device cuda --ladder --precision bf16 --json ladder.json
fi

step() { # step MODEL BATCH PRECISION [OPTION…]
  local name="step $1 $2 $3${4:+ ${*:4}}"
  part "$name" 60 "$noisegate" bench step --device cuda --model "$1" --batch-size "$2" --precision "$3" \
    "${@:4}" --json "$(tr ' ' - <<<"${name// --conv / }").json"
}
if wanted step; then
  for model in $models; do
    for batch in 128 512; do
      for precision in bf16 tf32 fp32; do step "$model" $batch $precision; done
    done
    if "$noisegate" bench step --help | grep cudnn >/dev/null; then step "$model" 128 bf16 --conv cudnn; fi
  done
fi

if wanted epoch; then
  if [ -n "$data" ]; then
    part 'epoch of CIFAR-10' 90 "$noisegate" train --device cuda --precision bf16 --dataset cifar10 --data "$data" \
      --model wrn-28-2 --epochs 1 --out epoch --overwrite
  else
    record 'epoch of CIFAR-10' skipped 'neither --data nor NOISEGATE_DATA names its folder'
  fi
fi

# Last, since compiling takes what time is left.
if wanted pytorch; then
  if python3 -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    cases=()
    for model in $models; do cases+=(--case "$model:128" --case "$model:512"); done
    part PyTorch "$(($(left) > 30 ? $(left) : 30))" python3 "$here/tools/bench/pytorch_peer.py" --device cuda \
      "${cases[@]}" --warmup 10 --steps 10 --budget "$(($(left) > 30 ? $(left) - 20 : 10))" --json pytorch.json
  else
    record PyTorch skipped 'python3 has no torch that sees the GPU'
  fi
fi

echo
if command -v python3 >/dev/null; then
  python3 "$here/tools/bench/gpu_table.py" . || record table failed 'gpu_table.py'
else
  echo 'There is no python3 to make the table of; what was measured is in the JSON files.'
fi
! grep -q "$(printf '\tfailed\t')" parts.tsv
