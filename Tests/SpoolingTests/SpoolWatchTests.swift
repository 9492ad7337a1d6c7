import Foundation
import Jobs
import Spooling
import Synchronization
import Testing

@Suite(.serialized, .timeLimit(.minutes(20)))
struct SpoolWatchTests {
  private final class Listener: Sendable {
    let changes = Mutex(0)
    let losses = Mutex<[String]>([])

    func watch(_ folders: [URL]) -> SpoolWatch {
      SpoolWatch(
        folders, onChange: { self.changes.withLock { $0 += 1 } },
        tell: { trouble in if let trouble { self.losses.withLock { $0.append(trouble) } } })
    }

    var count: Int { changes.withLock { $0 } }
  }

  private func wait(_ what: String, until condition: () -> Bool) {
    let deadline = Date(timeIntervalSinceNow: 30)
    while !condition() {
      guard Date() < deadline else {
        Issue.record("waited in vain for \(what)")
        return
      }
      usleep(10_000)
    }
  }

  @Test func `each spool hears of its own folders`() throws {
    let (one, other) = (try TemporaryFolders(), try TemporaryFolders())
    defer {
      one.remove()
      other.remove()
    }
    let (first, second) = (Listener(), Listener())
    let watches = [
      first.watch([one.folders.inbox, one.folders.control]),
      second.watch([other.folders.inbox, other.folders.control]),
    ]
    defer { for watch in watches { watch.end() } }
    // Each is told once that it is heard from now on.
    wait("both watches") { first.count > 0 && second.count > 0 }
    let before = (first.count, second.count)
    try Data("{}".utf8).write(to: one.folders.inbox.appending(path: "a.json"))
    wait("the first") { first.count > before.0 }
    #expect(second.count == before.1)
    try Data("{}".utf8).write(to: other.folders.control.appending(path: "b.json"))
    wait("the second") { second.count > before.1 }
    #expect(first.losses.withLock { $0 }.isEmpty && second.losses.withLock { $0 }.isEmpty)
    // A folder that goes is a loss for the one that watched it alone.
    try FileManager.default.removeItem(at: one.folders.inbox)
    wait("the loss") { first.losses.withLock { $0.count } == 1 }
    let still = second.count
    try Data("{}".utf8).write(to: other.folders.inbox.appending(path: "c.json"))
    wait("the second again") { second.count > still }
    #expect(second.losses.withLock { $0 }.isEmpty)
  }

  @Test func `a folder that cannot be watched is said`() {
    let listener = Listener()
    let watch = listener.watch([URL(filePath: "/nowhere/\(UUID().uuidString)")])
    defer { watch.end() }
    wait("the word") { listener.losses.withLock { $0.count } == 1 }
    #expect(listener.losses.withLock { $0[0] }.contains("cannot be watched"))
  }
}
