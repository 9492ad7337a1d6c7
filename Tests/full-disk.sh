#!/bin/sh
# Fills a disk of 64 MB under a training and a drawing job, makes room again, and looks whether both are done in the end.
#
#   Tests/full-disk.sh [PROGRAM]    a built scispool; .build/release/scispool when none is named
#
# Needs util-linux' unshare and the right to mount a tmpfs in a namespace of its own. Takes two minutes, most of which is the
# pause of a held job.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${SCISPOOL_FULL_DISK:-}" ]; then
  [ "$(id -u)" -eq 0 ] && options=-m || options=-rm
  SCISPOOL_FULL_DISK=1 exec unshare $options "$0" "$@"
fi
program=$(readlink -f "${1:-.build/release/scispool}")

disk=$(mktemp -d)
mount --make-rprivate / 2>/dev/null || true
mount -t tmpfs -o size=64m tmpfs "$disk"
spool=$disk/spool
mkdir -p "$spool/inbox" "$spool/models"
cp -R Spool/models/flux-mini Spool/models/clip-mini "$spool/models/"

"$program" serve --spool "$spool" 2>"$disk/../$(basename "$disk").log" &
daemon=$!
log=$disk/../$(basename "$disk").log
end() {
  kill "$daemon" 2>/dev/null || true
  wait "$daemon" || true
  umount "$disk"
  rmdir "$disk"
  rm -f "$log"
}
trap end EXIT

# drop NAME: standard input becomes a job.
drop() { cat >"$spool/.$1" && mv "$spool/.$1" "$spool/inbox/$1.json"; }

# await SECONDS WHAT COMMAND…: until the command succeeds.
await() {
  left=$1 what=$2
  shift 2
  until "$@"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo "waited in vain: $what" >&2; tail -5 "$log" >&2; exit 1; }
    sleep 1
  done
  echo "$what"
}

drop data <<'JOB'
{"kind": "dataset", "source": "scenes", "output": "scenes", "num_tuples": 32, "num_test_tuples": 32, "seed": 3}
JOB
await 120 "the data set is there" [ -d "$spool/outbox/data" ]

room=$(df -k "$spool" | awk 'END { print $4 }')
head -c $(((room - 1400) * 1024)) /dev/zero >"$spool/filler"
drop train <<'JOB'
{"kind": "sft", "model": "flux-mini", "dataset": "datasets/scenes/train", "output": "tuned", "learning_rate": 1e-3,
 "max_train_steps": 6, "train_batch_size": 2, "gradient_accumulation_steps": 1, "resolution": 64, "checkpointing_steps": 2}
JOB
drop draw <<'JOB'
{"kind": "generate", "model": "flux-mini", "prompts": ["a green apple"], "num_images_per_prompt": 4, "height": 64,
 "width": 64, "num_inference_steps": 4, "seed": 7}
JOB
await 120 "a job is held" grep -q "is held" "$log"
[ ! -d "$spool/failed/train" ] && [ ! -d "$spool/failed/draw" ] || { echo "a job failed" >&2; exit 1; }

rm "$spool/filler"
await 180 "the training is done" [ -d "$spool/outbox/train" ]
await 180 "the drawing is done" [ -d "$spool/outbox/draw" ]
[ -z "$(ls "$spool/active" "$spool/failed" "$spool/inbox" | grep -v ':$')" ] || { echo "something is left" >&2; exit 1; }
"$program" ledger export --format csv --table recent_jobs --spool "$spool"
