#!/bin/sh
# Fuzzes the parsers of files that nobody vouches for, with libFuzzer and AddressSanitizer, from the committed corpus.
#
#   Tests/fuzz.sh                              every target for 60 seconds, two at a time
#   Tests/fuzz.sh --seconds 1800 picture job   those targets for half an hour
#   Tests/fuzz.sh --check                      every file of the corpus once
#   Tests/fuzz.sh --seed 1                     the same inputs at every call, as far as the time reaches
#
# A target fails when it traps, when one input takes more than 30 seconds, when the process takes more than 1 GB, or when
# one allocation takes more than 600 MB. The input is then in .build/fuzz/found/: repair the parser, add a test, and put
# the input into Tests/Fuzzing/corpus/. What is built lies in .build/fuzz, apart from everything else.
set -eu
cd "$(dirname "$0")/.."

seconds=60
seed=0
check=
targets=
while [ $# -gt 0 ]; do
  case "$1" in
  --seconds) seconds=$2; shift 2 ;;
  --seed) seed=$2; shift 2 ;;
  --check) check=1; shift ;;
  -*) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 64 ;;
  *) [ -d "Tests/Fuzzing/corpus/$1" ] || { echo "there is no target $1" >&2; exit 64; }
     targets="$targets $1"; shift ;;
  esac
done
[ -n "$targets" ] || targets=$(ls Tests/Fuzzing/corpus)

. Tests/Fuzzing/build.sh
found=.build/fuzz/found
mkdir -p "$found"

limits="-timeout=30 -rss_limit_mb=1024 -malloc_limit_mb=600"
# Swift's runtime keeps what it has made; leaks would be reported at every end.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:handle_sigill=1

run() {
  work=".build/fuzz/corpus/$1"
  mkdir -p "$work"
  if [ -n "$check" ]; then
    SCISPOOL_FUZZ_TARGET=$1 .build/fuzz/fuzz $limits -runs=0 "Tests/Fuzzing/corpus/$1"
  else
    SCISPOOL_FUZZ_TARGET=$1 .build/fuzz/fuzz $limits -max_len=8192 -max_total_time="$seconds" -seed="$seed" -print_final_stats=1 \
      -artifact_prefix="$found/$1-" "$work" "Tests/Fuzzing/corpus/$1"
  fi >"$found/$1.log" 2>&1
}

report() {
  if wait "$2"; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/$1.log")
    echo "fuzz $1: ${runs:-its corpus} without a finding"
  else
    status=1
    echo "fuzz $1: FAILED; see $found/$1.log"
    grep -aE 'ERROR|SUMMARY|Fatal error|does not hold|Test unit written' "$found/$1.log" || true
  fi
}

status=0
while [ -n "$targets" ]; do
  set -- $targets
  one=$1; two=${2:-}
  shift; [ -z "$two" ] || shift
  targets="$*"
  run "$one" & first=$!
  second=
  if [ -n "$two" ]; then run "$two" & second=$!; fi
  report "$one" "$first"
  if [ -n "$two" ]; then report "$two" "$second"; fi
done
exit "$status"
