import Foundation

/// A worker in a few lines of shell: speaks the worker protocol and does what the job's label `play` says.
///
/// - `done` (or no label): writes a result and says so.
/// - `crash-once`: is killed at the first attempt, done at the next.
/// - `crash-late`: as `crash-once`, but with the output complete.
/// - `crash`: is killed at every attempt.
/// - `refuse`, `full`: fails, for good or for a reason that may pass.
/// - `needs-file`: fails for good unless `allow` lies in the spool's root.
/// - `needs-memory`: has no memory, and does nothing, unless `allow` lies in the spool's root.
/// - `step`, `stay`: at the first attempt, or at every one, goes on until it is told to stop, and stops then.
/// - `slice`, `stuck`: at each of two attempts tells of a step, further on each time or always the same, and goes on until
///   it is told to stop; done at the third.
/// - `hang`: never answers, whatever it is told.
/// - `orphan`, `orphan-late`: kills the daemon once, before or after the output is complete, then ends.
/// - `orphans`: kills the daemon at each of four attempts, done at the fifth.
/// - `crash-orphan`: is killed at every attempt but the third, at which it kills the daemon.
/// - `gain`, `stall`: at each of four attempts tells of a step, further on each time or always the same, and is killed;
///   done at the fifth.
enum ScriptedWorker {
  static func write(to folder: URL) throws -> [String] {
    let script = folder.appending(path: "worker.sh")
    try Data(text.utf8).write(to: script)
    return ["/bin/sh", script.path]
  }

  private static let text = #"""
    # Standard input: one command a line, keys sorted. Quotes inside the job's text are escaped, ours are not.
    echo '{"event":"ready","pid":'$$',"version":"script"}'
    while read -r line; do
      case "$line" in
      '{"command":"shutdown"'*) exit 0 ;;
      '{"command":"cancel"'*) continue ;;
      esac
      id=$(printf '%s' "$line" | sed 's/.*[^\\]"id":"\([0-9a-f-]*\)".*/\1/')
      attempt=$(printf '%s' "$line" | sed 's/.*[^\\]"attempt":\([0-9]*\).*/\1/')
      output=$(printf '%s' "$line" | sed 's/.*[^\\]"output":"\([^"]*\)".*/\1/')
      play=$(printf '%s' "$line" | sed -n 's/.*play[\\": ]*\([a-z-]*\).*/\1/p')
      result='{"attempt":'$attempt',"finished_at":"2026-01-01T00:00:01Z","id":"'$id'","items":[{"images":[{"file":"a.png","probability":1,"score":21.5}],"prompt":"a green apple"}],"kind":"score","labels":{},"model":"m","name":"x","started_at":"2026-01-01T00:00:00Z","timings":{"models":[],"stage_seconds":{},"total_seconds":1},"version":"script"}'
      case "$play-$attempt" in
      crash-orphan-3) kill -9 $PPID; exit 0 ;;
      crash-[0-9]*|crash-once-1|crash-orphan-*) kill -9 $$ ;;
      refuse-*) echo '{"event":"failure","failure":{"code":"bad_input","disposition":"reject","message":"no"},"id":"'$id'"}'; continue ;;
      full-*) echo '{"event":"failure","failure":{"code":"cannot_write","disposition":"retry","message":"disk full"},"id":"'$id'"}'; continue ;;
      needs-file-*)
        if [ ! -e "$output/../../../allow" ]; then
          echo '{"event":"failure","failure":{"code":"bad_input","disposition":"reject","message":"no"},"id":"'$id'"}'
          continue
        fi ;;
      needs-memory-*)
        if [ ! -e "$output/../../../allow" ]; then
          echo '{"event":"failure","failure":{"code":"out_of_memory","disposition":"wait","message":"needs more than there is"},"id":"'$id'"}'
          continue
        fi ;;
      slice-[12]|stuck-[12]|gain-[1-4]|stall-[1-4])
        step=$attempt
        case "$play" in stuck|stall) step=1 ;; esac
        echo '{"event":"progress","id":"'$id'","progress":{"stage":"train","step":'$step',"total":9}}' ;;
      esac
      case "$play-$attempt" in
      step-1|slice-[12]|stuck-[12]|stay-*)
        while read -r line; do case "$line" in '{"command":"cancel"'*) break ;; '{"command":"shutdown"'*) exit 0 ;; esac; done
        echo '{"event":"failure","failure":{"code":"cancelled","message":"stopped"},"id":"'$id'"}'
        continue ;;
      hang-*) exec sleep 600 ;;
      gain-[1-4]|stall-[1-4]) kill -9 $$ ;;
      orphans-[1-4]) kill -9 $PPID; exit 0 ;;
      orphan-1) kill -9 $PPID; exit 0 ;;
      esac
      printf '%s' "$result" > "$output/result.json"
      case "$play-$attempt" in
      crash-late-1) kill -9 $$ ;;
      orphan-late-1) kill -9 $PPID; exit 0 ;;
      esac
      echo '{"event":"result","id":"'$id'","result":'"$result"'}'
    done
    """#
}
