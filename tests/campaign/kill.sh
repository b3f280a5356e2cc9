#!/usr/bin/env bash
# kill.py where it can be run, as a test; skipped where not.
for program in python3 cc; do
  command -v $program >/dev/null || {
    echo "skipped: $program is missing"
    exit 77
  }
done
exec python3 "$(dirname "$0")/kill.py" "$@"
