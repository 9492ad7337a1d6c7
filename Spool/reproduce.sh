#!/bin/sh
# The claims of Science-T2I at miniature size: drops job files into a spool, lets the daemon work until all are done, and
# writes docs/results.md and docs/results.html. Under an hour on two cores. Stopped or killed, it goes on where it was.
#
#   Spool/reproduce.sh                         in ${TMPDIR:-/tmp}/scispool-reproduce-1
#   Spool/reproduce.sh --seed 2                other scenes, other held-out subjects, other runs
#   Spool/reproduce.sh --spool DIR --out DIR   the spool to work in, the folder for results.md and results.html
#   Spool/reproduce.sh --published-sampling    online fine-tuning with the paper's way of sampling, too
set -eu
cd "$(dirname "$0")/.."

seed=1
spool=""
out="docs"
extra=""
while [ $# -gt 0 ]; do
  case "$1" in
    --seed|--spool|--out)
      [ $# -ge 2 ] || { echo "reproduce: $1 needs a value" >&2; exit 64; }
      case "$1" in --seed) seed="$2" ;; --spool) spool="$2" ;; --out) out="$2" ;; esac
      shift 2 ;;
    --published-sampling) extra="$1"; shift ;;
    -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "reproduce: unknown argument $1" >&2; sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
  esac
done
[ -n "$spool" ] || spool="${TMPDIR:-/tmp}/scispool-reproduce-$seed"
[ -d "$out" ] || { echo "reproduce: the folder $out does not exist" >&2; exit 66; }

. Spool/prerequisites.sh

echo "Building scispool (release)…"
swift build -c release --product scispool
scispool="$(swift build -c release --show-bin-path)/scispool"

# The skeleton, once; a later start finds its own.
if [ ! -e "$spool/reproduce" ]; then
  mkdir -p "$spool"
  for part in inbox outbox failed active schema models datasets reproduce; do
    # The recipes come last: they say that the skeleton is complete.
    cp -R "Spool/$part" "$spool/"
  done
fi

# shellcheck disable=SC2086  # no word or one
"$scispool" reproduce plan --spool "$spool" --seed "$seed" $extra
echo "Working; progress is in $spool/serve.log and: $scispool status --spool $spool"
"$scispool" serve --drain --spool "$spool" 2>>"$spool/serve.log" || {
  status=$?
  echo "reproduce: the daemon ended with status $status; its last words ($spool/serve.log):" >&2
  tail -n 5 "$spool/serve.log" >&2
  echo "Start again to go on." >&2
  exit "$status"
}
# shellcheck disable=SC2086
"$scispool" reproduce report --spool "$spool" --seed "$seed" $extra --out "$out/results.md" --page "$out/results.html"
