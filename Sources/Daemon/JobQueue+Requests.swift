import Foundation
import Jobs
import Spooling

/// What people ask for while jobs wait or run.
extension JobQueue {
  /// The waiting or running job of that name.
  package func entry(named name: String) -> Entry? {
    if let running, running.claim.name == name { return running }
    return waiting.first { $0.claim.name == name }
  }

  /// Takes a waiting job out; false when it does not wait.
  package mutating func remove(_ id: String) -> Bool {
    guard let index = waiting.firstIndex(where: { $0.claim.id == id }) else { return false }
    waiting.remove(at: index)
    return true
  }

  /// Holds a job, or releases it; a running one waits once it is put back.
  package mutating func set(_ hold: Hold?, of id: String, at now: Date) {
    change(id) {
      $0.hold = hold
      $0.waitsSince = now
    }
  }

  /// Ends the pause after a failed attempt.
  package mutating func endPause(_ id: String) {
    change(id) { $0.pause = nil }
  }

  private mutating func change(_ id: String, _ body: (inout Entry) -> Void) {
    if let index = waiting.firstIndex(where: { $0.claim.id == id }) {
      body(&waiting[index])
    } else if var entry = running, entry.claim.id == id {
      body(&entry)
      running = entry
    }
  }
}
