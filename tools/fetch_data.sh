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

# Lines of NAME MD5 SHA256. CIFAR's MD5 stands on its page, Fashion-MNIST's on its own, MNIST's is the one that
# torchvision publishes; the SHA-256 beside them are of the files that have these. CIFAR-N publishes none: these are of
# the files whose labels have the published noise rates.
case $dataset in
cifar10)
  site=https://www.cs.toronto.edu/~kriz
  files='cifar-10-binary.tar.gz c32a1d4ab5d03f1284b67883e8d87530 c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd'
  ;;
cifar100)
  site=https://www.cs.toronto.edu/~kriz
  files='cifar-100-binary.tar.gz 03b5dce01913d631647c71ecec9e9cb8 58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec'
  ;;
mnist) # yann.lecun.com no longer serves the files; this is the copy that PyTorch keeps
  site=https://ossci-datasets.s3.amazonaws.com/mnist
  folder=$folder/mnist
  files='train-images-idx3-ubyte.gz f68b3c2dcbeaaa9fbdd348bbdeb94873 440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609
train-labels-idx1-ubyte.gz d53e105ee54ea40749a09fcbcd1e9432 3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c
t10k-images-idx3-ubyte.gz 9fb629c4189551a2d022fa330f9573f3 8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6
t10k-labels-idx1-ubyte.gz ec29112dd5afa0611ce80d1b7f02629c f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'
  ;;
fashion-mnist) # its page serves the files by http alone; this is the copy in its authors' repository
  site=https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion
  folder=$folder/fashion-mnist
  files='train-images-idx3-ubyte.gz 8d4fb7e6c68d591d4c3dfef9ec88bf0d 3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84
train-labels-idx1-ubyte.gz 25c81989df183df01b3e8a0aad5dffbe a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845
t10k-images-idx3-ubyte.gz bef4ecab320f06d8554ea6380940ec79 346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073
t10k-labels-idx1-ubyte.gz bb300cfdad3c16e7a12a480ee83cd310 67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'
  ;;
cifar-n)
  site=https://github.com/UCSC-REAL/cifar-10-100n/raw/main/data
  files='CIFAR-10_human.pt 96644db5574813cae939af5f7f2a0aec 873e69c39cb9b5e97fb6bae2d60bb59b38a5cbc31d2b868f7903dcb2b9dd2310
CIFAR-100_human.pt a67b45c1d7992051865b5c755bd68bb1 bd2d80409754d420292d622e15e25248ba21e37d27429efac49c8da723f44394'
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
most_bytes=$((200 << 20)) # the largest file, CIFAR-10's, has 170 million

# checksums_of NAME: what the file must have.
checksums_of() {
  local sums=''
  if [ -n "${NOISEGATE_DATA_SUMS:-}" ]; then
    sums=$(awk -v name="$1" '$2 == name { print $1 }' "$NOISEGATE_DATA_SUMS")
  fi
  if [ -z "$sums" ]; then sums=$(awk -v name="$1" '$1 == name { print $2, $3 }' <<<"$files"); fi
  echo "$sums"
}

# is_right FILE NAME
is_right() {
  [ -f "$1" ] || return 1
  local expected tool
  for expected in $(checksums_of "$2"); do
    tool=md5sum
    if [ ${#expected} -eq 64 ]; then tool=sha256sum; fi
    [ "$($tool <"$1" | cut -d' ' -f1)" = "$expected" ] || return 1
  done
}

by_hand() {
  {
    echo "fetch_data: $1"
    echo "By hand: put these files into $folder and run this again, which checks and unpacks them:"
    while read -r name sums; do echo "  $site/$name   (checksum ${sums/ / and })"; done <<<"$files"
  } >&2
  exit 1
}

# download NAME: to FILE.part, from where an earlier attempt ended; from the start where the site cannot do that.
download() {
  local part=$folder/$1.part
  command -v curl >/dev/null || by_hand 'curl is not installed'
  # A site that has https keeps to it, wherever it sends us. ulimit, since curl knows no size that it is not told.
  local protocols='=https'
  if [[ $site == http://* ]]; then protocols='=http,https'; fi
  fetch() (
    ulimit -f $((most_bytes / 1024))
    curl --fail --location --proto "$protocols" --proto-redir "$protocols" --max-filesize $most_bytes \
      --retry 3 --progress-bar --show-error --output "$part" "$@" "$site/$name"
  )
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
    by_hand "$name from $site has another checksum than $(checksums_of "$name"); it was thrown away"
  }
  mv "$part" "$folder/$name"
}

mkdir -p "$folder"
while read -r name _; do
  if is_right "$folder/$name" "$name"; then
    echo "fetch_data: $folder/$name is there"
  else
    echo "fetch_data: $site/$name"
    download "$name"
  fi
  # Of the archive's owners and permissions root would take all.
  if [[ $name == *.tar.gz ]]; then tar -xzf "$folder/$name" -C "$folder" --no-same-owner --no-same-permissions; fi
done <<<"$files"

if [ "$dataset" = cifar-n ]; then
  echo "fetch_data: ready: noisegate train --data $folder --dataset cifar10 --noise human:worst ..."
else
  echo "fetch_data: ready: noisegate train --data ${2:-data} --dataset $dataset ..."
fi
