#!/usr/bin/env bash
# Installs what Noisegate builds with, on Debian 12 or Ubuntu 24.04 and later. With --ci also what CI checks with.
# Does nothing, and needs no rights, where all of it is there already.
set -euo pipefail

packages=(cmake ninja-build g++ libdnnl-dev ocl-icd-opencl-dev libfmt-dev doctest-dev libstb-dev libcli11-dev
  libtomlplusplus-dev nlohmann-json3-dev zlib1g-dev libjs-chart.js)
if [ "${1:-}" = --ci ]; then packages+=(clang clang-format libomp-dev); fi

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if ! command -v apt-get >/dev/null; then
  echo "setup: this is no Debian or Ubuntu; install what these packages hold: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
