#!/usr/bin/env bash
# Installs what Noisegate builds with, on Debian 12 or Ubuntu 24.04 and later: tools/setup.sh [--ci] [--missing]
#   --ci       also what CI checks with
#   --missing  says which packages are missing, and installs nothing
# Does nothing, and needs no rights, where all of it is there already; else it installs as root, by sudo.
set -euo pipefail

packages=(cmake ninja-build g++ libdnnl-dev ocl-icd-opencl-dev libfmt-dev doctest-dev libstb-dev
  libtomlplusplus-dev nlohmann-json3-dev zlib1g-dev libjs-chart.js)
only_say=no
for word in "$@"; do
  case $word in
  --ci) packages+=(clang clang-format libomp-dev) ;;
  --missing) only_say=yes ;;
  -h | --help)
    sed -n '2,5s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
  *)
    echo "setup: there is no option '$word': --ci, --missing and --help are there" >&2
    exit 2
    ;;
  esac
done

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if [ $only_say = yes ]; then
  echo "${missing[*]}"
  exit 0
fi
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

fail() {
  echo "setup: $1" >&2
  exit 1
}
command -v apt-get >/dev/null || fail "this is no Debian or Ubuntu; install what these packages hold: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  by_hand="let root run: apt-get install ${missing[*]}"
  command -v sudo >/dev/null || fail "packages are missing, and there is no sudo to install them with; $by_hand"
  as_root=(sudo)
  # Without a terminal nobody can answer sudo's question.
  if [ ! -t 0 ]; then as_root=(sudo -n); fi
  echo "setup: asks sudo for root's rights, to install ${missing[*]}"
  "${as_root[@]}" true || fail "packages are missing, and sudo gives no rights to install them; $by_hand"
fi
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -q &&
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" ||
  fail "apt-get does not install ${missing[*]}: what it says stands above"
