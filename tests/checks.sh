# For tests that are scripts: source it, then check WHAT COMMAND… as often as there is something to hold; `failures`
# counts. Where a file `said` is in the folder, a failure shows what it says.
failures=0
check() {
  local what=$1
  shift
  if "$@"; then
    echo "ok: $what"
    return
  fi
  echo "FAILED: $what"
  if [ -e said ]; then sed 's/^/  said: /' said; fi
  failures=$((failures + 1))
}
