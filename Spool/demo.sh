#!/bin/sh
# One minute of scispool: build it, start the daemon on a temporary spool, drop a generate-and-score job, and show
# what comes out.
#
#   Spool/demo.sh            build, run the demo, stop the daemon
#   Spool/demo.sh --keep     leave the daemon running and say how to use it
set -eu
cd "$(dirname "$0")/.."

keep=""
case "${1:-}" in
  "") ;;
  --keep) keep=1 ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 64 ;;
esac

. Spool/prerequisites.sh

echo "Building scispool (release)…"
swift build -c release --product scispool
scispool="$(swift build -c release --show-bin-path)/scispool"

spool="$(mktemp -d "${TMPDIR:-/tmp}/scispool-demo.XXXXXX")"
cp -R Spool/. "$spool/"
echo "Spool: $spool"

"$scispool" serve --spool "$spool" 2>"$spool/serve.log" &
daemon=$!
stop() {
  trap - EXIT INT TERM
  kill "$daemon" 2>/dev/null || true
  wait "$daemon" 2>/dev/null || true
}
fail() {
  echo "demo: $1" >&2
  echo "--- the daemon's last words ($spool/serve.log):" >&2
  tail -n 20 "$spool/serve.log" >&2
  [ -d "$spool/failed/illusion" ] && cat "$spool/failed/illusion/error.json" >&2
  stop
  exit 70
}
# Whatever goes wrong from here on, no daemon stays behind.
trap stop EXIT
trap 'stop; exit 130' INT TERM

began=$(date +%s)
# The safe way to drop a file: write it under a name the daemon ignores, then rename it.
cp Spool/examples/illusion.json "$spool/inbox/.illusion.json"
mv "$spool/inbox/.illusion.json" "$spool/inbox/illusion.json"
echo "Dropped inbox/illusion.json; waiting for outbox/illusion/…"

until [ -d "$spool/outbox/illusion" ]; do
  [ -d "$spool/failed/illusion" ] && fail "the job failed"
  kill -0 "$daemon" 2>/dev/null || fail "the daemon stopped"
  [ $(($(date +%s) - began)) -lt 60 ] || fail "nothing in the outbox after 60 seconds"
  sleep 0.1
done

# The folder appears a moment before the ledger says so.
until "$scispool" status illusion --spool "$spool" 2>/dev/null | head -n 1 | grep -q ': done'; do
  [ $(($(date +%s) - began)) -lt 60 ] || fail "the ledger does not say that the job is done"
  sleep 0.1
done

echo "Done after $(($(date +%s) - began)) s."
"$scispool" status illusion --spool "$spool" || fail "scispool status does not know the job"
for file in result.json report.html contact-sheet.png; do
  [ -s "$spool/outbox/illusion/$file" ] || fail "outbox/illusion/$file is missing"
done
echo "Contact sheet: $spool/outbox/illusion/contact-sheet.png"
echo "Report:        $spool/outbox/illusion/report.html"

if [ -n "$keep" ]; then
  trap - EXIT INT TERM
  echo
  echo "The daemon goes on (process $daemon). Drop job files into $spool/inbox; stop it with: kill $daemon"
else
  stop
fi
