import Foundation
import Glibc
import Testing

@Suite(.timeLimit(.minutes(20)))
struct HookRunnerTests {
  let spool: TemporarySpool

  init() throws { spool = try TemporarySpool() }

  private func hook(_ text: String) throws -> String {
    let file = spool.folders.root.appending(path: "hook")
    try Data("#!/bin/sh\n\(text)\n".utf8).write(to: file)
    chmod(file.path, 0o700)
    return file.path
  }

  @Test func `is run once for every end, without a shell, with the facts in the environment`() throws {
    defer { spool.remove() }
    let name = "a b; touch $SCISPOOL_SPOOL/pwned"
    let path = try hook(
      #"printf '%s|' "$#" "$SCISPOOL_EVENT" "$SCISPOOL_NAME" "$SCISPOOL_CODE" "$SCISPOOL_MESSAGE" >> "$SCISPOOL_SPOOL/told"; ls "$SCISPOOL_FOLDER" >> "$SCISPOOL_SPOOL/told""#
    )
    try spool.drop(TemporarySpool.job(), as: name.replacing("/", with: "-") + ".json")
    try spool.drain { $0.hook = path }
    try spool.drop(TemporarySpool.job("refuse"), as: "bad.json")
    try spool.drain { $0.hook = path }
    try spool.drain { $0.hook = path }
    let told = try String(contentsOf: spool.folders.root.appending(path: "told"), encoding: .utf8)
    #expect(
      told == """
        0|done|a b; touch $SCISPOOL_SPOOL-pwned|||log.txt
        result.json
        0|failed|bad|bad_input|no|error.json
        job.json
        log.txt

        """)
  }

  @Test func `one that does not end, or is not there, holds nothing up`() throws {
    defer { spool.remove() }
    let path = try hook("exec sleep 600")
    for name in ["a", "b"] { try spool.drop(TemporarySpool.job(), as: "\(name).json") }
    try spool.drain {
      $0.hook = path
      $0.hookLimit = 0.2
    }
    #expect(try spool.names(in: spool.folders.outbox) == ["a", "b"])
    try spool.drop(TemporarySpool.job(), as: "c.json")
    try spool.drain { $0.hook = "/nowhere/hook" }
    #expect(try spool.summary(of: "c")?.state == .done)
  }
}
