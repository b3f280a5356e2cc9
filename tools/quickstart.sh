#!/usr/bin/env bash
# A newcomer's first command: tools/quickstart.sh [--short]
# Installs the packages that are missing (as root, by sudo), builds the program into build/, and trains two losses on
# the embedded drawn images, 40% of whose labels are made wrong. Cross entropy learns the wrong labels by heart and
# loses what it could do; GCE does not. The two curves are printed side by side.
#   --short  trains for a moment only, to see that all of it works
# The GPU's kernels are built where there is a GPU; a build/ that is there keeps what it was configured with.
set -euo pipefail

epochs=10
data=synthetic
for word in "$@"; do
  case $word in
  --short) epochs=2 data=synthetic:train=512,test=256 ;;
  -h | --help)
    sed -n '2,7s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
  *)
    echo "quickstart: there is no option '$word': --short and --help are there" >&2
    exit 2
    ;;
  esac
done
cd "$(dirname "$0")/.."

# What one core with AVX-512 needs for the program, and for ten epochs of both trainings, rounded up.
build_minutes=9 train_minutes=2
on_all_cores() { echo "$((($1 + $(nproc) - 1) / $(nproc))) min"; }
missing=$(tools/setup.sh --missing)
if [ -n "$missing" ]; then
  echo "quickstart: first installs, as root$([ "$(id -u)" -eq 0 ] || echo ' by sudo'): $missing"
else
  echo 'quickstart: all packages that it needs are installed'
fi
echo "quickstart: builds the program into build/, the first time in about $(on_all_cores $build_minutes) on $(nproc) cores"
echo "quickstart: trains two networks into runs/, in about $(on_all_cores $train_minutes)"
tools/setup.sh

options=()
if [ ! -e build/CMakeCache.txt ] && ! nvidia-smi -L >/dev/null 2>&1 && [ ! -e /dev/nvidia0 ] && [ ! -e /dev/dxg ]; then
  options=(-DNOISEGATE_CUDA=OFF)
fi
tools/build.sh --target noisegate_cli build "${options[@]}"

for loss in ce gce; do
  build/noisegate train --dataset $data --noise symmetric:0.4 --model cnn4 --loss $loss --augment none \
    --epochs $epochs --lr 0.05 --out runs/quickstart-$loss --overwrite
done

# The column NAME of a run: one value a line.
column() { sed -E "s/.*\"$2\":([-+.e0-9]+).*/\1/" "runs/quickstart-$1/metrics.jsonl"; }

echo
echo 'Right on test images, and on the training images with a wrong label (as that label has it), in percent:'
echo
echo 'epoch   test: ce    gce   wrong labels: ce    gce'
paste <(column ce test_acc) <(column gce test_acc) <(column ce train_acc_noisy) <(column gce train_acc_noisy) |
  awk '{ printf "%5d  %9.1f %6.1f %18.1f %6.1f\n", NR, 100 * $1, 100 * $2, 100 * $3, 100 * $4 }'
