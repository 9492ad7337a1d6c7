#!/bin/sh
# Runs every test, in release build: numerics are what is tested, and debug numerics are 30 times slower.
#
#   Tests/run.sh                        all tests, then every fuzz target for a minute (see Tests/fuzz.sh)
#   Tests/run.sh --filter ParityTests   what `swift test --filter` takes
#   PARITY_CASES=/path/to/cases Tests/run.sh   further parity cases beside our own
set -eu
cd "$(dirname "$0")/.."

. Spool/prerequisites.sh

log="$(mktemp "${TMPDIR:-/tmp}/scispool-tests.XXXXXX")"
trap 'rm -f "$log"' EXIT
status=0
{ swift test -c release "$@" 2>&1 || echo "exit $?" >"$log.status"; } | tee "$log"
if [ -f "$log.status" ]; then rm -f "$log.status"; status=1; fi

# Only a whole run fuzzes: who asks for a suite waits for that.
fuzzed=0
if [ $# -eq 0 ]; then
  # One seed: a change is judged by what it changed. New inputs are looked for by hand, for as long as one likes.
  { Tests/fuzz.sh --seed 1 2>&1 || echo "exit $?" >"$log.status"; } | tee "$log.fuzz"
  if [ -f "$log.status" ]; then rm -f "$log.status"; status=1; fi
  fuzzed=$(grep -c '^fuzz .* without a finding' "$log.fuzz" || true)
  rm -f "$log.fuzz"
fi

count() { grep -E "^[^ ]+ Test .* $1 after" "$log" | grep -vc 'Test run with' || true; }
passed=$(($(count passed) + fuzzed))
failed=$(count failed)
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
[ "$passed" -gt 0 ] || { echo "no test ran" >&2; status=1; }
echo "tests: $passed passed, $failed failed"
exit "$status"
