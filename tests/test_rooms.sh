#!/usr/bin/env bash
# The rooms' walls (cmake/room.cmake), in a copy of the tree into which files are planted: test_rooms.sh CMAKE. What a
# room does not use it cannot include; files come and go without a line of CMake.
set -euo pipefail
cmake=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
. "$here/checks.sh"

mkdir tree
(cd "$here/.." && cp -r CMakeLists.txt cmake third_party engine layers losses noise datasets tools "$work/tree")

# plant FILE INCLUDED: puts a source there that includes just that header.
plant() { printf '#include "%s"\n' "$2" >"tree/$1"; }

# compiles ROOM: whether the source planted in it does; `said` has what the compiler says.
compiles() {
  local top=${1%%/*} inner=''
  if [ "$top" != "$1" ]; then inner=${1#*/}/; fi
  "$cmake" --build build --target "$top/CMakeFiles/noisegate_${1//\//_}_objects.dir/${inner}planted.cpp.o" >said 2>&1
}
refuses() { ! compiles "$1" && grep -q "$2: No such file\|'$2' file not found" said; }

plant engine/planted.cpp tools/train/trainer.h
plant losses/planted.cpp losses/loss.h
plant noise/planted.cpp datasets/dataset.h
plant tools/train/planted.cpp tools/report/report.h
"$cmake" -G Ninja -S tree -B build -DNOISEGATE_CUDA=OFF -DNOISEGATE_TESTS=OFF >said 2>&1 || { cat said; exit 1; }
check 'the engine does not include the trainer' refuses engine tools/train/trainer.h
check 'noise does not include the datasets beside it' refuses noise datasets/dataset.h
check 'the trainer does not include the report' refuses tools/train tools/report/report.h
check 'the losses include a loss' compiles losses

plant engine/planted.cpp engine/planted.h
touch tree/engine/planted.h
check 'a new header is there' compiles engine
rm tree/engine/planted.h
check 'one that is gone is not' refuses engine engine/planted.h

# A quoted include is looked for beside its own file too, which would be a way around.
check 'includes have their full names' [ -z "$(cd "$here/.." &&
  grep -rhoP '^#include "\K[^"]+' engine layers losses noise datasets tools tests --include='*.h' --include='*.cpp' \
    --include='*.cu' | sort -u | while read -r header; do [ -e "$header" ] || echo "$header"; done)" ]

exit $((failures > 0))
