import Foundation

/// Makes the ids of claims: UUIDs that sort in the order they were made in (RFC 9562, version 7).
///
/// A claim's record tells the second it was made in, and a burst claims hundreds within one: after a restart they are taken
/// up in the order of their ids.
package struct ClaimIDs: Sendable {
  /// Milliseconds since 1970 of the last id, which never goes back, and how many ids of that millisecond came before it.
  private var (time, count): (UInt64, UInt64) = (0, 0)

  package init() {}

  package mutating func next(at now: Date) -> String {
    let milliseconds = UInt64(max(0, now.timeIntervalSince1970 * 1000))
    if milliseconds > time {
      (time, count) = (milliseconds, 0)
    } else if count < 0xfff {
      count += 1
    } else {
      (time, count) = (time + 1, 0)
    }
    let words = [time << 16 | 0x7000 | count, 1 << 63 | UInt64.random(in: 0..<1 << 62)]
    let digits = words.map { word in
      let text = String(word, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
    var id = ""
    for (place, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(place) { id.append("-") }
      id.append(digit)
    }
    return id
  }
}
