#!/usr/bin/env bash
# Fetches a dataset from its own site, checks it and unpacks it:
#   tools/fetch_data.sh cifar10|cifar100|mnist|fashion-mnist|cifar-n [DIR]      DIR: data
# A download that was broken off goes on where it ended; files that are there and right are left alone.
# NOISEGATE_DATA_URL=URL fetches from a mirror, and NOISEGATE_DATA_SUMS=FILE (lines of `SUM  NAME`, MD5 or SHA-256)
# replaces the checksums where the mirror's files differ.
set -euo pipefail

usage='usage: tools/fetch_data.sh cifar10|cifar100|mnist|fashion-mnist|cifar-n [DIR]'
dataset=${1:-}
folder=${2:-data}
if [ $# -gt 2 ] || [[ $folder == -* ]]; then
  echo "fetch_data: one dataset and one folder, not '$*'; $usage" >&2
  exit 2
fi

# Checksums: CIFAR's stand on its page (MD5); MNIST's and Fashion-MNIST's are those that torchvision publishes and
# the Fashion-MNIST page repeats (MD5). CIFAR-N publishes none: these are of the files whose labels have the
# published noise rates (SHA-256).
case $dataset in
cifar10)
  site=https://www.cs.toronto.edu/~kriz
  files='c32a1d4ab5d03f1284b67883e8d87530  cifar-10-binary.tar.gz'
  ;;
cifar100)
  site=https://www.cs.toronto.edu/~kriz
  files='03b5dce01913d631647c71ecec9e9cb8  cifar-100-binary.tar.gz'
  ;;
mnist) # yann.lecun.com no longer serves the files; this is the copy that PyTorch keeps
  site=https://ossci-datasets.s3.amazonaws.com/mnist
  folder=$folder/mnist
  files='f68b3c2dcbeaaa9fbdd348bbdeb94873  train-images-idx3-ubyte.gz
d53e105ee54ea40749a09fcbcd1e9432  train-labels-idx1-ubyte.gz
9fb629c4189551a2d022fa330f9573f3  t10k-images-idx3-ubyte.gz
ec29112dd5afa0611ce80d1b7f02629c  t10k-labels-idx1-ubyte.gz'
  ;;
fashion-mnist)
  site=http://fashion-mnist.s3-website.eu-central-1.amazonaws.com
  folder=$folder/fashion-mnist
  files='8d4fb7e6c68d591d4c3dfef9ec88bf0d  train-images-idx3-ubyte.gz
25c81989df183df01b3e8a0aad5dffbe  train-labels-idx1-ubyte.gz
bef4ecab320f06d8554ea6380940ec79  t10k-images-idx3-ubyte.gz
bb300cfdad3c16e7a12a480ee83cd310  t10k-labels-idx1-ubyte.gz'
  ;;
cifar-n)
  site=https://github.com/UCSC-REAL/cifar-10-100n/raw/main/data
  files='873e69c39cb9b5e97fb6bae2d60bb59b38a5cbc31d2b868f7903dcb2b9dd2310  CIFAR-10_human.pt
bd2d80409754d420292d622e15e25248ba21e37d27429efac49c8da723f44394  CIFAR-100_human.pt'
  ;;
-h | --help)
  echo "$usage"
  exit 0
  ;;
*)
  echo "fetch_data: ${dataset:+there is no '$dataset'; }$usage" >&2
  exit 2
  ;;
esac
site=${NOISEGATE_DATA_URL:-$site}

# checksum_of NAME: what the file must have.
checksum_of() {
  local sum=''
  if [ -n "${NOISEGATE_DATA_SUMS:-}" ]; then
    sum=$(awk -v name="$1" '$2 == name { print $1 }' "$NOISEGATE_DATA_SUMS")
  fi
  if [ -z "$sum" ]; then sum=$(awk -v name="$1" '$2 == name { print $1 }' <<<"$files"); fi
  echo "$sum"
}

# is_right FILE NAME
is_right() {
  [ -f "$1" ] || return 1
  local expected tool=md5sum
  expected=$(checksum_of "$2")
  if [ ${#expected} -eq 64 ]; then tool=sha256sum; fi
  [ "$($tool <"$1" | cut -d' ' -f1)" = "$expected" ]
}

by_hand() {
  {
    echo "fetch_data: $1"
    echo "By hand: put these files into $folder and run this again, which checks and unpacks them:"
    while read -r sum name; do echo "  $site/$name   (checksum $sum)"; done <<<"$files"
  } >&2
  exit 1
}

# download NAME: to FILE.part, from where an earlier attempt ended; from the start where the site cannot do that.
download() {
  local part=$folder/$1.part
  command -v curl >/dev/null || by_hand 'curl is not installed'
  fetch() { curl --fail --location --retry 3 --progress-bar --show-error --output "$part" "$@" "$site/$name"; }
  local name=$1 code=0
  if is_right "$part" "$name"; then
    :
  elif [ -s "$part" ]; then
    echo "fetch_data: $name goes on at $(stat -c %s "$part") bytes"
    fetch --continue-at - || code=$?
    if [ $code -ne 0 ] || ! is_right "$part" "$name"; then
      echo "fetch_data: $name starts anew"
      rm -f "$part"
      fetch || by_hand "$site/$name cannot be fetched"
    fi
  else
    fetch || by_hand "$site/$name cannot be fetched"
  fi
  is_right "$part" "$name" || {
    rm -f "$part"
    by_hand "$name from $site has another checksum than $(checksum_of "$name"); it was thrown away"
  }
  mv "$part" "$folder/$name"
}

mkdir -p "$folder"
while read -r _ name; do
  if is_right "$folder/$name" "$name"; then
    echo "fetch_data: $folder/$name is there"
  else
    echo "fetch_data: $site/$name"
    download "$name"
  fi
  if [[ $name == *.tar.gz ]]; then tar -xzf "$folder/$name" -C "$folder"; fi
done <<<"$files"

if [ "$dataset" = cifar-n ]; then
  echo "fetch_data: ready: noisegate train --data $folder --dataset cifar10 --noise human:worst ..."
else
  echo "fetch_data: ready: noisegate train --data ${2:-data} --dataset $dataset ..."
fi
