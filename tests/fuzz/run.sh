#!/usr/bin/env bash
# Runs every fuzz target of a build, as many at once as there are cores: tests/fuzz/run.sh BUILD SECONDS_EACH
# What a target says is shown when it is done: all of it where it found something, its statistics else. The input that
# it found lies in the build's tests/fuzz then.
set -euo pipefail
if [ $# -ne 2 ] || ! [[ $2 =~ ^[1-9][0-9]*$ ]] || [ ! -x "$1/tests/fuzz/fuzz_spec" ]; then
  echo 'usage: tests/fuzz/run.sh BUILD SECONDS_EACH, BUILD being a folder built with -DNOISEGATE_FUZZ=ON' >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
build=$1/tests/fuzz
seconds=$2
seeds=$here/seeds
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# fuzz TARGET READERS [OPTION…]: SECONDS_EACH for each of the readers that the target has.
fuzz() {
  local target=$1 readers=$2 log=$logs/$1
  shift 2
  (cd "$logs" && "$build/$target" -max_total_time=$((seconds * readers)) -print_final_stats=1 -artifact_prefix="$build/" "$@") >"$log" 2>&1 || {
    cat "$log"
    echo "$target found something" >&2
    return 1
  }
  echo "$target: $(grep stat::number_of_executed_units "$log"), $((seconds * readers)) s"
}

running=0
failed=0
start() {
  if ((running == $(nproc))); then
    wait -n || failed=1
    running=$((running - 1))
  fi
  fuzz "$@" &
  running=$((running + 1))
}

build=$(cd "$build" && pwd)
start fuzz_datasets 4
start fuzz_cifar 1 -max_len=9300  # three records
start fuzz_csv 1 -dict="$here/csv.dict"
start fuzz_label_archive 1 -dict="$here/labels.dict" \
  -seed_inputs="$seeds/torch_archive,$seeds/pickled_arrays,$seeds/pickled_list,$seeds/pickled_object,$seeds/pickled_tensor"
start fuzz_numpy 1 -dict="$here/numpy.dict" -seed_inputs="$seeds/numpy_array"
start fuzz_safetensors 1 -dict="$here/safetensors.dict"
start fuzz_spec 1
while ((running > 0)); do
  wait -n || failed=1
  running=$((running - 1))
done
exit "$failed"
