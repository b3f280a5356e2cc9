#!/usr/bin/env bash
# Builds and tests what is committed in a bare tree of another distribution, with nothing in it but what the README's
# two commands install: tests/bare/run.sh [OPTION…] debian12|debian13|ubuntu24.04|ubuntu26.04
#   --mirror URL    where the packages come from; else $MIRROR, else what this machine's own apt is configured with
#   --keyring FILE  the keys that they are signed with, where /usr/share/keyrings lacks the distribution's own
#   --march NAME    compiles for NAME (NOISEGATE_MARCH) instead of for this machine
#   --out FOLDER    gets the log of each step and summary.txt (bare-RELEASE)
#   --tree FOLDER   where the tree is made, and deleted at the end (a new folder in /var/tmp)
# Needs root, debootstrap and some 4 GB. Exit code: 0; 1 where something failed; 2 for wrong use; 77 where it cannot be
# done here.
set -euo pipefail
{ # read whole before it runs, so that a change to it meanwhile does nothing

fail() { # fail CODE SENTENCE
  echo "bare: $2" >&2
  exit "$1"
}

here=$(cd "$(dirname "$0")/../.." && pwd)
mirror=${MIRROR:-} keyring='' march='' out='' tree='' release=''
while [ $# -gt 0 ]; do
  case $1 in
  --mirror | --keyring | --march | --out | --tree)
    [ $# -ge 2 ] || fail 2 "$1 needs a value"
    declare "${1#--}=$2"
    shift 2
    ;;
  -h | --help)
    sed -n '2,10s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
  -*) fail 2 "there is no option '$1': --mirror, --keyring, --march, --out, --tree and --help are there" ;;
  *)
    [ -z "$release" ] || fail 2 "one release at a time, not '$release' and '$1'"
    release=$1
    shift
    ;;
  esac
done

components=main script=''
case $release in
debian12) suite=bookworm ;;
debian13) suite=trixie ;;
ubuntu24.04) suite=noble ;;
ubuntu26.04) suite=resolute ;;
'') fail 2 'which release: debian12, debian13, ubuntu24.04 or ubuntu26.04?' ;;
*) fail 2 "there is no release '$release': debian12, debian13, ubuntu24.04 and ubuntu26.04 are there" ;;
esac
if [[ $release == ubuntu* ]]; then
  components=main,universe
  script=/usr/share/debootstrap/scripts/gutsy # the one for all of Ubuntu's releases since
fi

# The first address of apt's own that ends in the distribution's name.
distribution=${release%%[0-9]*}
if [ -z "$mirror" ]; then
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null | grep -v '^ *#' |
    grep -Eo "https?://[^ ]*/$distribution/?( |\$)" | head -n 1 | tr -d ' ') || true
  [ -n "$mirror" ] ||
    fail 77 "skipped: no mirror of $distribution's packages is configured on this machine; name one with --mirror"
fi
keyring=${keyring:-/usr/share/keyrings/$distribution-archive-keyring.gpg}
[ -r "$keyring" ] || fail 77 "skipped: there are no keys in $keyring; name them with --keyring"
[ "$(id -u)" -eq 0 ] || fail 77 'skipped: only root can make a tree and enter it'
for program in debootstrap unshare chroot; do
  command -v $program >/dev/null || fail 77 "skipped: $program is missing (apt-get install $program)"
done

out=$(mkdir -p "${out:-bare-$release}" && cd "${out:-bare-$release}" && pwd)
if [ -n "$tree" ]; then
  [ ! -e "$tree" ] || fail 2 "$tree is there already: the tree is made anew, and deleted at the end"
  mkdir -p "$tree"
else
  tree=$(mktemp -d /var/tmp/noisegate-bare-XXXXXX)
fi
tree=$(cd "$tree" && pwd)
chmod 755 "$tree" # apt downloads as a user of its own
# Nothing is mounted in it here (inside), and a file system of another would be left alone.
trap 'rm -rf --one-file-system "$tree"' EXIT

# inside COMMAND: in the tree, in the clone, with an environment of its own. What is mounted for it lies in a namespace
# that ends with the command, together with all that it started.
inside() {
  unshare --mount --pid --fork --kill-child --propagation private bash -c '
    mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/dev/shm" &&
      exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 chroot "$1" sh -c "cd /root/noisegate && $2"
  ' inside "$tree" "$1" </dev/null
}
# step NAME COMMAND…: the time it took, and its end where it fails.
step() {
  local name=$1 log=$out/${1// /-}.log started=$SECONDS code=0
  shift
  "$@" >"$log" 2>&1 || code=$?
  echo "$name: $((SECONDS - started)) s$([ $code = 0 ] || echo ", FAILED with code $code")" | tee -a "$out/summary.txt"
  if [ $code != 0 ]; then
    tail -n 40 "$log"
    return 1
  fi
}

echo "$release ($suite) on $(nproc) cores, commit $(git -C "$here" rev-parse --short HEAD)${march:+, -march=$march}" | tee "$out/summary.txt"
step tree debootstrap --variant=minbase --keyring="$keyring" --components=$components $suite "$tree" "$mirror" ${script:+"$script"} || exit 1
mkdir "$tree/root/noisegate"
git -C "$here" archive HEAD | tar -x -C "$tree/root/noisegate"

step packages inside tools/setup.sh || exit 1
if [ -n "$march" ]; then
  step "configure for $march" inside "cmake -G Ninja -S . -B build -DNOISEGATE_MARCH=$march" || exit 1
fi
inside '. /etc/os-release && echo "$PRETTY_NAME" && g++ --version | head -n 1 && cmake --version | head -n 1 &&
  dpkg-query -W -f "oneDNN \${Version} (\${Package})\n" libdnnl-dev' | tee -a "$out/summary.txt"
failed=0
step 'tools quickstart --short' inside 'tools/quickstart.sh --short' || failed=1
step 'tools test' inside tools/test.sh || failed=1
{
  grep -hE 'tests passed|tests failed' "$out/tools-test.log" || echo 'no test ran'
  grep -hE '\*\*\*Skipped' "$out/tools-test.log" || true
  echo "compiler warnings: $(cat "$out"/tools-*.log | grep -c 'warning:' || true)"
} | tee -a "$out/summary.txt"
exit $failed
}
