#!/usr/bin/env bash
# Every command of noisegate once, with most of its options, on tiny data: for a build with sanitizers, whose reports
# it looks for. usage: every_command.sh --executable PATH [--seed N] [--jobs N]
# --count is taken and means nothing here. Exit code: 0, or 1 where a command ended as it should not.
set -uo pipefail
executable='' seed=1 jobs=1
while [ $# -gt 0 ]; do
  case $1 in
    --executable) executable=$(realpath "$2") ;;
    --seed) seed=$2 ;;
    --jobs) jobs=$2 ;;
    --count) ;;
    *)
      sed -n '2,4s/^# //p' "$0"
      [ "$1" = --help ] && exit 0
      exit 2
      ;;
  esac
  shift 2 || exit 2
done
[ -x "$executable" ] || {
  echo "--executable names no program"
  exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive LC_ALL=C.UTF-8
export ASAN_OPTIONS=detect_leaks=0:halt_on_error=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

count=0
one() { # one NUMBER CODE WORDS...: runs noisegate, which must end with this code and without a report
  local number=$1 code=$2 got
  shift 2
  timeout 300 "$executable" "$@" >"said$number" 2>&1 </dev/null
  got=$?
  if [ $got -ne "$code" ] || grep -qE 'ERROR: \w*Sanitizer|runtime error:' "said$number"; then
    {
      echo "FINDING: exit code $got, not $code: noisegate $*"
      grep -E -A 12 'ERROR: \w*Sanitizer|runtime error:' "said$number" || tail -3 "said$number"
    } | tee -a findings
  fi
  rm -f "said$number"
}
ends() { # ends CODE WORDS...
  count=$((count + 1))
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  one $count "$@" &
}
ok() { ends 0 "$@"; }
names() { "$executable" list "$1" | grep -oE '^[a-z0-9][a-z0-9+-]*' | grep -v -- '-$' | sort -u; }

python3 - "$here" <<'END' || exit 1
import pathlib, struct, sys
sys.path.insert(0, sys.argv[1])
import inputs
from harness import npy
for name, make in (("mnist", lambda f: inputs.make_mnist(f, False)), ("packed", lambda f: inputs.make_mnist(f, True)),
                   ("list", inputs.make_list), ("cifar10", lambda f: inputs.make_cifar(f, 10)),
                   ("cifar100", lambda f: inputs.make_cifar(f, 100))):
    make(pathlib.Path(name))
logits = struct.pack("<96f", *((i * 7 % 13 - 6) / 2 for i in range(96)))
for name in ("logits", "logits2"):
    pathlib.Path(name + ".npy").write_bytes(npy("<f4", (24, 4), logits))
pathlib.Path("labels.npy").write_bytes(npy("<i8", (24,), struct.pack("<24q", *(i % 4 for i in range(24)))))
pathlib.Path("steps.npy").write_bytes(npy("<f4", (3, 8, 4), logits))
pathlib.Path("step-labels.npy").write_bytes(npy("<i4", (3, 8), struct.pack("<24i", *(i % 4 for i in range(24)))))
pathlib.Path("lr.npy").write_bytes(npy("<f8", (3,), struct.pack("<3d", 0.1, 0.05, 0.01)))
rows = lambda n: "\n".join(",".join("0.7" if a == b else repr(0.3 / (n - 1)) for b in range(n)) for a in range(n))
pathlib.Path("T.csv").write_text(rows(10))
pathlib.Path("T4.csv").write_text(rows(4))
END

data=(--dataset synthetic:train=30,test=10)
small=("${data[@]}" --batch-size 10 --threads 1 --seed "$seed")
step=("${small[@]}" --model cnn4 --epochs 1)

# What names things, and refusals.
ok --help
ok --version
for command in train sweep eval noise suspects list loss report bench; do ok "$command" --help; done
for what in models losses schemes noise datasets augmentations schedules recipes; do ok list $what; done
ends 2
ends 2 trian
ends 2 list everything
ends 2 train --epocs 3
ends 2 train --lr abc
ends 2 eval --run nowhere
ends 2 report nowhere
ends 2 noise --dataset cifar10 --data nowhere --noise symmetric:0.4
ends 2 train --resume nowhere
ends 2 sweep nowhere.toml

# noise
for spec in symmetric:0.4 symmetric:0.4,inclusive=1 asymmetric:0.4,map=circular asymmetric:0.3,map=blocks instance:0.4 \
  transition:file=T.csv; do
  ok noise "${data[@]}" --noise "$spec" --seed "$seed" --threads 1 --json "n$count.json" --out "n$count.csv" --plot "n$count.svg" --show "n$count.png"
done
ok noise "${data[@]}" --noise symmetric:0.4 --out given.npy
for set in "mnist mnist" "mnist packed" "fashion-mnist mnist" "cifar10 cifar10" "cifar100 cifar100" "cifar100:labels=coarse cifar100" \
  "list:size=16,resize=20 list" "list:map=map.txt,size=16,resize=20 list" "list:remap=1,per-class=2,size=16,resize=20 list"; do
  ok noise --dataset "${set% *}" --data "${set#* }/data" --noise symmetric:0.4 --limit 12 --show "s$count.png" --out "s$count.npy"
done
ok noise --dataset cifar100 --data cifar100/data --limit 40 --noise asymmetric:0.4,map=superclass --plot c.svg
ok noise "${data[@]}" --noise openset:0.2,dataset=cifar10,data=cifar10/data

# loss: every loss, drawn or on logits
for loss in $(names losses | grep -vE '^(forward|backward|gjs)$') gce:0.5,shift=1 ce:tau=2,unit-weight=1; do
  ok loss --loss "$loss" --logits logits.npy --labels labels.npy --json "l$count.json" --seed "$seed"
done
for loss in forward backward; do ok loss --loss $loss:T=T4.csv --logits logits.npy --labels labels.npy --json "l$count.json"; done
ok loss --loss gjs --logits logits.npy --logits2 logits2.npy --labels labels.npy --json gjs.json
ok loss --loss 'ce gce:0.7 mae sce' --classes 10 --plot losses.svg
for scheme in ogc:queue=8,time-frame=1 fixed-clip linear-clip ema-clip; do
  ok loss --scheme $scheme --logits steps.npy --labels step-labels.npy --lr lr.npy --json "r$count.json"
done

# train: every scheme, loss, model, schedule, augmentation; a few options at a time
for scheme in none mo:mo=0.9 ogc:queue=20,time-frame=1 fixed-clip linear-clip ema-clip sln:sigma=0.5,mo=0.9,lc=1 noise-on-logits \
  noise-on-weights co-teaching:ramp=1 label-confidence label-confidence:models=1; do
  ok train "${small[@]}" --model cnn4 --epochs 2 --noise symmetric:0.4 --scheme "$scheme" --checkpoint 0.000001 --out "scheme$count"
done
ok train "${small[@]}" --model cnn4 --epochs 2 --loss gce --scheme truncated:from=1,every=1,k=0.1 --validation 0.2 --out truncated
for loss in $(names losses | grep -vE '^(forward|backward|gjs|ce|gce)$') forward:T=T.csv backward:T=T.csv forward:T=true; do
  ok train "${step[@]}" --noise symmetric:0.2 --loss "$loss" --out "loss$count"
done
ok train "${step[@]}" --loss gjs --augment crop:4+flip --out gjs
for model in resnet18 preact-resnet34 wrn-10-1 wrn-10-1:style=original cnn8; do
  ok train "${small[@]}" --limit 10 --epochs 1 --model $model --out "model-$count"
done
for schedule in constant:warmup=1 step:every=1 multistep:at=1/2 cosine; do
  ok train "${small[@]}" --model cnn4 --epochs 2 --schedule $schedule --out "schedule$count"
done
for augment in none crop:2+flip rotation:5 crop:2+rotation:5; do ok train "${step[@]}" --augment $augment --out "augment$count"; done
ok train "${step[@]}" --nesterov --momentum 0.8 --weight-decay 0.01 --clip-norm 1 --lr 0.02 --conv direct --device cpu --out options
for set in "mnist mnist" "cifar10 cifar10" "list:size=32,resize=40 list"; do
  # A test set of 10,000 images takes its time in such a build.
  [ "${set% *}" = cifar10 ] && continue
  ok train --dataset "${set% *}" --data "${set#* }/data" --model cnn4 --epochs 1 --batch-size 6 --threads 1 --out "set$count"
done
ok train "${small[@]}" --model cnn4 --epochs 1 --noise symmetric:0.3 --predictions --ema 0.9 --out whole
ok train "${small[@]}" --model cnn4 --epochs 2 --stop-after 1 --scheme ogc:queue=20 --out part
ok train --recipe gce-cifar10 "${step[@]}" --out recipe
wait

# What needs those.
ok train --resume part
ok train --resume whole --epochs 2
wait
ok train "${step[@]}" --init whole/model.safetensors --out continued
ok train "${step[@]}" --noise file:given.npy --out given
ok train "${step[@]}" --loss forward:T=estimate,run=whole --out estimated
ok train "${step[@]}" --noise prediction:0.3,run=whole --out predicted
ok train --config part/config.toml --out configured
ends 2 train "${step[@]}" --out whole
ok train "${step[@]}" --out options --overwrite
ok eval --run whole --threads 1 --json e.json --predictions e.csv --logits e.npy
ok eval --run whole --threads 1 --split train --momentum --predictions m.npy
ok eval --run truncated --threads 1 --split validation
ok suspects whole --threads 1 --count 0 --out s.csv --show s.png
ok suspects whole --threads 1 --momentum --count 5 --out sm.csv
wait
ok report whole part truncated --threads 1 --title 'A <title>' --pictures 3 --out r.html
ok report whole part --curves-only --out q.html
printf '%s\n' 'dataset = "synthetic:train=30,test=10"' 'model = "cnn4"' 'batch-size = 10' 'threads = 1' 'epochs = 1' \
  'loss = ["ce", "gce"]' 'seed = [1, 2]' >grid.toml
ok sweep grid.toml
wait
ok sweep grid.toml
for what in step conv ops data schemes; do ok bench $what --help; done
ok bench step --model cnn4 --batch-size 4 --steps 1 --threads 1 --profile --json b1.json
ok bench conv --model cnn4 --batch-size 2 --samples 1 --threads 1 --json b2.json
ok bench ops --samples 1 --threads 1 --json b3.json
ok bench data --images 4 --side 48 --size 32 --rounds 1 --threads 1 --json b4.json
ok bench schemes --model cnn4 --batch-size 4 --steps 1 --threads 1 --json b5.json
wait

found=0
[ -f findings ] && found=$(grep -c ^FINDING findings)
printf '\n%7s %5s\n%7d %5d  commands\n' cases bad "$count" "$found"
[ "$found" -eq 0 ]
