import Foundation
import Jobs

/// In which order jobs that could start do so.
extension JobQueue {
  /// Points of priority that an hour of waiting is worth.
  package static let pointsPerHour = 10.0

  /// What ranks a job before it has waited: its own priority and the spool's.
  func priority(of entry: Entry) -> Int { spoolPriority + entry.priority }

  /// Jobs with a priority below 0 run while nothing else could, and give way at their next step when something can.
  func isBackground(_ entry: Entry) -> Bool { priority(of: entry) < 0 }

  /// What a job brings forward for the right to compute.
  package func bid(of entry: Entry, at now: Date) -> ComputingTurns.Bid {
    ComputingTurns.Bid(
      rank: rank(of: entry, at: now), isBackground: isBackground(entry), since: entry.claim.claimedAt)
  }

  /// The jobs that wait, in the order of their ranks; whether they can start is another matter.
  package func ranked(at now: Date) -> [Entry] {
    waiting.enumerated().map { (index: $0, entry: $1, rank: rank(of: $1, at: now)) }
      .sorted { $0.rank != $1.rank ? $0.rank > $1.rank : $0.index < $1.index }.map { $0.entry }
  }

  /// The priority, raised by waiting so that a stream of more urgent jobs keeps none from its turn for ever.
  ///
  /// It rises to 100 at most, that of background jobs to −1: they never go before others.
  func rank(of entry: Entry, at now: Date) -> Double {
    let since = max(entry.waitsSince ?? entry.ripe, entry.ripe)
    let hours = max(0, now.timeIntervalSince(since)) / 3600
    return min(Double(priority(of: entry)) + hours * Self.pointsPerHour, isBackground(entry) ? -1 : 100)
  }
}
