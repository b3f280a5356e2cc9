#!/usr/bin/env bash
# Configures and builds: tools/build.sh [--target NAME] [FOLDER [CMAKE OPTION…]]
#   --target  builds NAME alone; noisegate_cli is the program without its tests
#   FOLDER    where to (build)
# What a folder was configured with before, it keeps: tools/build.sh build -DNOISEGATE_CUDA=ON
set -euo pipefail

refuse() {
  echo "build: $1" >&2
  exit 2
}
what=()
while [ $# -gt 0 ]; do
  case $1 in
  --target)
    [ $# -ge 2 ] || refuse '--target needs the name of one'
    what=(--target "$2")
    shift 2
    ;;
  -h | --help)
    sed -n '2,5s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
  -*) refuse "there is no option '$1' before FOLDER: --target and --help are there" ;;
  *) break ;;
  esac
done
folder=${1:-build}
shift || true
for word in "$@"; do
  [[ $word == -* ]] || refuse "'$word' is no option of CMake's: they begin with '-'"
done

cd "$(dirname "$0")/.."
cmake -G Ninja -S . -B "$folder" "$@"
cmake --build "$folder" "${what[@]}"
