#!/usr/bin/env bash
# The scripts in tools/ on a machine that is acted, of whose programs some are scripts here that say how they were
# called: --help answers, unknown words are refused, what is going to happen is said first; nothing is installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/clone" "$work/bin"
cp -r "$here/../tools" "$work/clone"
cd "$work"

. "$here/checks.sh"
# act PROGRAM [LINE]: a program that writes down how it is called, and then does LINE.
act() {
  printf '#!/bin/sh\necho "%s $*" >>%s/called\n%s\n' "$1" "$work" "${2:-exit 0}" >"bin/$1"
  chmod +x "bin/$1"
}
run() { # run SCRIPT ARGUMENTS...: the exit code in $code, what it said in said, what it called in called
  local script=$1
  shift
  code=0
  : >called
  PATH=$work/bin "clone/tools/$script" "$@" >said 2>&1 </dev/null || code=$?
}
said() { grep -q -- "$1" said; }
called() { grep -q -- "$1" called; }
says_once() { [ "$(wc -l <said)" -eq 1 ] && said "$1"; }

# All of the machine's programs that the scripts are allowed to use, and no others.
for program in awk bash cat cut dirname env grep mkdir mktemp paste printf rm sed sh; do
  ln -s "$(command -v $program)" "bin/$program"
done
act dpkg-query 'exit 1' # nothing is installed
act id 'echo 1000'
act nproc 'echo 2'
act nvidia-smi 'exit 1'
for program in apt-get cmake ctest curl; do act $program; done

for script in quickstart setup build test fetch_data gpu_check; do
  run $script.sh --help
  check "$script --help answers" test $code -eq 0
  check "and names the script" said "tools/$script.sh"
  [ $script != test ] || continue # whose options are ctest's
  run $script.sh --nonsense
  check "$script --nonsense is refused" test $code -eq 2
  check 'in one sentence that has the word' says_once "^$script: .*'--nonsense'"
done
for words in 'setup.sh now' 'quickstart.sh --short now' 'build.sh build now' 'test.sh now' 'fetch_data.sh mnist data now' \
  'gpu_check.sh now'; do
  # shellcheck disable=SC2086
  run $words
  check "$words is refused" test $code -eq 2
  check 'by name' says_once "now"
  check 'nothing was done before' test ! -s called
done
run build.sh --target
check 'build --target wants a name' test $code -eq 2

run setup.sh
check 'without sudo nothing is installed' test $code -eq 1
check 'and one sentence says what to do' says_once '^setup: .*there is no sudo.*let root run: apt-get install cmake .*g++'
act sudo '[ "$1" != -n ]' # one that wants a password
run setup.sh
check 'without a password nothing is installed' test $code -eq 1
check 'and the last sentence says what to do' sh -c 'tail -n 1 said | grep -q "^setup: .*sudo gives no rights.*apt-get install"'
check 'apt-get was not called' test ! "$(grep -c '^apt-get' called)" -gt 0
run setup.sh --missing
check '--missing says what is missing' says_once '^cmake ninja-build g++ .*libjs-chart.js$'
act sudo 'shift; [ "$1" = true ] || exec "$@"'
act apt-get 'exit 100'
run setup.sh
check 'where apt-get fails, so does setup' test $code -eq 1
check 'in a sentence' said '^setup: apt-get does not install'
act apt-get
run setup.sh --ci
check 'as root, by sudo, it installs' test $code -eq 0
check 'with what CI needs' called '^apt-get install .*g++ .*clang-format'

run quickstart.sh
check 'quickstart says what it installs first' sh -c 'head -n 1 said | grep -q "installs, as root by sudo: cmake ninja-build"'
check 'and how long it takes' said 'about 5 min on 2 cores'
check 'it builds the program alone' called '^cmake --build build --target noisegate_cli'
[ -e /dev/nvidia0 ] || [ -e /dev/dxg ] ||
  check "without the GPU's kernels where there is no GPU" called '^cmake -G Ninja -S . -B build -DNOISEGATE_CUDA=OFF'
act nvidia-smi
run quickstart.sh
check 'with them where there is one' called '^cmake -G Ninja -S . -B build$'
act nvidia-smi 'exit 1'
mkdir clone/build && touch clone/build/CMakeCache.txt
run quickstart.sh
check 'and as before where it was configured before' called '^cmake -G Ninja -S . -B build$'

act dpkg-query 'echo install ok installed'
run test.sh -R noise
check 'test.sh hands options to ctest' called '^ctest --test-dir build --output-on-failure -R noise'
check 'and installs nothing where all is there' test "$(grep -c '^apt-get\|^sudo' called)" -eq 0
run quickstart.sh
check 'then quickstart says so' said 'all packages that it needs are installed'

# Of the scripts of tests/, only what they refuse.
mkdir clone/tests && cp -r "$here/bare" "$here/fuzz" clone/tests
run ../tests/bare/run.sh --help
check 'bare/run --help answers' said 'tests/bare/run.sh .*debian12|debian13'
run ../tests/bare/run.sh debian99
check 'a release that is not there is refused' test $code -eq 2
check 'by name' says_once "^bare: .*'debian99'"
run ../tests/bare/run.sh debian12 --speed
check 'and an unknown option' says_once "^bare: .*'--speed'"
run ../tests/bare/run.sh --mirror http://nowhere.invalid/ubuntu --keyring /dev/null ubuntu24.04
check 'who is not root makes no tree' test $code -eq 77
check 'and is told so' says_once '^bare: skipped: only root'
run ../tests/fuzz/run.sh clone 60
check 'fuzz/run wants a build with fuzzers' test $code -eq 2
check 'and says how' says_once '^usage: tests/fuzz/run.sh BUILD SECONDS_EACH'

exit $((failures > 0))
