#!/usr/bin/env bash
# tools/fetch_data.sh against a server on this machine: fetches, resumes, checks, unpacks, says what to do by hand.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fetch=$here/../tools/fetch_data.sh
for program in curl python3; do
  command -v $program >/dev/null || {
    echo "skipped: $program is missing"
    exit 77
  }
done

work=$(mktemp -d)
umask 022
server=''
stop_server() { if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; fi; }
trap 'stop_server; rm -rf "$work"' EXIT

. "$here/checks.sh"
start_server() { # start_server [--no-ranges]
  stop_server
  rm -f "$work/port"
  python3 "$here/file_server.py" "$work/site" "$work/port" "$work/log" "$@" &
  server=$!
  for _ in $(seq 100); do
    [ -s "$work/port" ] && break
    sleep 0.1
  done
  export NOISEGATE_DATA_URL=http://127.0.0.1:$(cat "$work/port")
}
run() { # run ARGUMENTS...: the exit code in $code, what it said in $work/said
  code=0
  "$fetch" "$@" >"$work/said" 2>&1 || code=$?
}
said() { grep -q -- "$1" "$work/said"; }
asked() { grep -q -- "$1" "$work/log"; }

# A site with files that are not the real ones, and their checksums.
mkdir -p "$work/site/cifar-10-batches-bin"
head -c 300000 /dev/urandom >"$work/site/cifar-10-batches-bin/test_batch.bin"
tar -czf "$work/site/cifar-10-binary.tar.gz" --owner=1234 --group=1234 --mode=6777 -C "$work/site" cifar-10-batches-bin
for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
  echo $name | gzip >"$work/site/$name-ubyte.gz"
done
(cd "$work/site" && md5sum ./*.gz | sed 's,\./,,') >"$work/sums"
sha256sum <"$work/site/train-images-idx3-ubyte.gz" | sed 's,-,train-images-idx3-ubyte.gz,' >"$work/sums-sha256"
archive=$work/site/cifar-10-binary.tar.gz
start_server
export NOISEGATE_DATA_SUMS=$work/sums

run cifar10 "$work/data"
check 'fetches and unpacks' cmp "$work/site/cifar-10-batches-bin/test_batch.bin" \
  "$work/data/cifar-10-batches-bin/test_batch.bin"
check 'takes no owner from the archive' test "$(stat -c %u "$work/data/cifar-10-batches-bin/test_batch.bin")" = "$(id -u)"
check 'takes no setuid bits and no permissions for all' test -z "$(find "$work/data" -perm /6002)"
check 'says what to run' said 'ready: noisegate train --data .* --dataset cifar10'
: >"$work/log"
run cifar10 "$work/data"
check 'leaves a right file alone' test ! -s "$work/log" -a $code -eq 0

rm "$work/data/cifar-10-binary.tar.gz"
head -c 100000 "$archive" >"$work/data/cifar-10-binary.tar.gz.part"
run cifar10 "$work/data"
check 'resumes' asked 'bytes=100000-'
check 'resumes to the right file' cmp "$archive" "$work/data/cifar-10-binary.tar.gz"

rm "$work/data/cifar-10-binary.tar.gz"
head -c 1000 /dev/urandom >"$work/data/cifar-10-binary.tar.gz.part"
run cifar10 "$work/data"
check 'starts anew after a part that was wrong' cmp "$archive" "$work/data/cifar-10-binary.tar.gz"

rm "$work/data/cifar-10-binary.tar.gz"
cp "$archive" "$work/data/cifar-10-binary.tar.gz.part"
: >"$work/log"
run cifar10 "$work/data"
check 'asks for nothing where the part was whole' test ! -s "$work/log" -a $code -eq 0

run mnist "$work/data"
check 'MNIST lies in a folder of its own' cmp "$work/site/t10k-labels-idx1-ubyte.gz" \
  "$work/data/mnist/t10k-labels-idx1-ubyte.gz"
NOISEGATE_DATA_SUMS=$work/sums-sha256 run mnist "$work/data"
check 'takes SHA-256 too' said 'train-images-idx3-ubyte.gz is there'

NOISEGATE_DATA_SUMS='' run fashion-mnist "$work/data"
check 'refuses another checksum' test $code -eq 1
check 'names the file and what was expected' said 'train-images-idx3-ubyte.gz .* has another checksum than 8d4fb7e6'
check 'keeps nothing of it' test ! -e "$work/data/fashion-mnist/train-images-idx3-ubyte.gz"
check 'says what to do by hand' said 'By hand: put these files into'

rm "$work/data/cifar-10-binary.tar.gz"
truncate -s 201M "$archive"
run cifar10 "$work/data"
check 'fetches no file that is larger than any of the real ones' said 'Maximum file size exceeded'
check 'and keeps nothing of it' test ! -s "$work/data/cifar-10-binary.tar.gz.part"

rm "$work/site/cifar-10-binary.tar.gz"
run cifar10 "$work/data"
check 'names what cannot be fetched' said 'cifar-10-binary.tar.gz cannot be fetched'
check 'gives the address and the checksum' said '/cifar-10-binary.tar.gz   (checksum c32a1d4a.* and c4a38c50'
run imagenet
check 'refuses what it does not know' test $code -eq 2
check 'lists what there is' said "no 'imagenet'; usage: .*cifar-n"

# A curl that only tells what it was asked.
mkdir "$work/bin"
printf '#!/bin/sh\necho "$@" >>"%s/curl.log"\nexit 7\n' "$work" >"$work/bin/curl"
chmod +x "$work/bin/curl"
for dataset in cifar10 cifar100 mnist fashion-mnist cifar-n; do
  PATH=$work/bin:$PATH NOISEGATE_DATA_URL='' run $dataset "$work/nothing"
done
check 'asks every site' test "$(wc -l <"$work/curl.log")" -eq 5
check 'by https alone, wherever it is sent' test \
  "$(grep -c -- '--proto =https --proto-redir =https .* https://' "$work/curl.log")" -eq 5

tar -czf "$archive" -C "$work/site" cifar-10-batches-bin
md5sum <"$archive" | sed 's,-,cifar-10-binary.tar.gz,' >"$work/sums"
start_server --no-ranges
head -c 100000 "$archive" >"$work/data/cifar-10-binary.tar.gz.part"
run cifar10 "$work/data"
check 'starts anew where the site has no ranges' cmp "$archive" "$work/data/cifar-10-binary.tar.gz"

exit $((failures > 0))
