/// Crashes of a job in a row between which it kept nothing of what it did.
///
/// Where an attempt begins tells what the ones before it kept: its first step is the one after their last checkpoint, or
/// after their last picture. Steps that were done and lost are no progress, or a job whose crashes come before its
/// checkpoints would never end.
package struct CrashCount: Sendable, Equatable {
  package private(set) var count = 0
  /// The furthest first step of an attempt that crashed.
  private var furthest: Int?

  /// - Parameter starts: The first step of every attempt that crashed, in order; nil for one that came to none.
  package init(_ starts: [Int?] = []) {
    for start in starts { note(start) }
  }

  package mutating func note(_ start: Int?) {
    let hasGotOn = start.map { start in furthest.map { start > $0 } ?? false } ?? false
    count = hasGotOn ? 1 : count + 1
    if let start { furthest = max(furthest ?? start, start) }
  }
}
