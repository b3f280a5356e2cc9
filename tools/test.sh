#!/usr/bin/env bash
# Sets up, builds into build/ and passes the tests: tools/test.sh [CTEST OPTION…], for instance
#   tools/test.sh -R noise -j 4
# What build/ was configured with it keeps (tools/build.sh).
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
-h | --help)
  sed -n '2,4s/^# \{0,1\}//p' tools/test.sh
  exit 0
  ;;
'' | -*) ;;
*)
  echo "test: '$1' is no option of ctest's: they begin with '-', and -R $1 runs the tests of that name" >&2
  exit 2
  ;;
esac

tools/setup.sh
tools/build.sh build
ctest --test-dir build --output-on-failure "$@"
