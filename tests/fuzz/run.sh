#!/usr/bin/env bash
# Runs every fuzz target of a build: tests/fuzz/run.sh BUILD SECONDS_EACH
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$1/tests/fuzz
seconds=$2
seeds=$here/seeds

"$build/fuzz_cifar" -max_total_time="$seconds" -print_final_stats=1 -max_len=9300  # three records
"$build/fuzz_csv" -max_total_time="$seconds" -print_final_stats=1 -dict="$here/csv.dict"
"$build/fuzz_datasets" -max_total_time="$seconds" -print_final_stats=1
"$build/fuzz_label_archive" -max_total_time="$seconds" -print_final_stats=1 -dict="$here/labels.dict" \
  -seed_inputs="$seeds/torch_archive,$seeds/pickled_arrays,$seeds/pickled_list,$seeds/pickled_object,$seeds/pickled_tensor"
"$build/fuzz_numpy" -max_total_time="$seconds" -print_final_stats=1 -dict="$here/numpy.dict" \
  -seed_inputs="$seeds/numpy_array"
"$build/fuzz_safetensors" -max_total_time="$seconds" -print_final_stats=1 -dict="$here/safetensors.dict"
"$build/fuzz_spec" -max_total_time="$seconds" -print_final_stats=1
