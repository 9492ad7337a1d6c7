import CFuzzer

/// Changes JSON by values and members, tolerant of text that is no longer JSON.
enum JSONMutation {
  static func apply(to text: [UInt8], words: [String], with random: inout Random) -> [UInt8] {
    var text = text
    for _ in 0...random.below(3) { text = changed(text, words, &random) }
    return text
  }

  private static func changed(_ text: [UInt8], _ words: [String], _ random: inout Random) -> [UInt8] {
    let values = spans(of: text)
    guard !values.isEmpty else { return Array("{}".utf8) }
    let (span, other) = (random.pick(values), random.pick(values))
    var result = text
    switch random.below(7) {
    case 0: result.replaceSubrange(span, with: value(words, &random))
    case 1: result.replaceSubrange(span, with: text[other])
    case 2: result.replaceSubrange(span, with: Array("\"\(random.pick(words))\"".utf8))
    case 3: remove(span, from: &result)
    case 4:
      // The value once more, or a member of another name and any value.
      let name = random.below(2) == 0 ? [] : Array("\"\(random.pick(words))\":".utf8)
      result.insert(contentsOf: Array(",".utf8) + name + Array(text[other]), at: span.upperBound)
    case 5:
      let depth = 1 << random.below(8)
      result.replaceSubrange(
        span,
        with: Array(repeating: UInt8(ascii: "["), count: depth) + text[span]
          + Array(repeating: UInt8(ascii: "]"), count: depth))
    default:
      let digit = UInt8(ascii: "0") + UInt8(random.below(10))
      result.insert(digit, at: span.lowerBound + (text[span.lowerBound] == UInt8(ascii: "\"") ? 1 : 0))
    }
    return result
  }

  private static let numbers = [
    "0", "-0", "-1", "1", "2", "0.5", "-0.0", "255", "256", "65536", "2147483648", "4294967296",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "18446744073709551615", "18446744073709551616", "1e3", "1e308", "1e400", "-1e400", "1e-400",
    "3.0000000000000000000000001", "null", "true", "false", "\"\"", "[]", "{}", "[[]]", "{\"\":0}",
    "\"\\u0000\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"/\"", "\"..\"", "\"a/../b\"", "\"-\"",
    "\"2026-11-27T20:00:00Z\"", "\"0000-00-00T00:00:00Z\"", "\"nan\"",
  ]

  private static func value(_ words: [String], _ random: inout Random) -> [UInt8] {
    switch random.below(12) {
    case 0: Array("\"\(String(repeating: random.pick(words), count: 1 << random.below(10)))\"".utf8)
    case 1: Array(String(repeating: "9", count: 1 + random.below(400)).utf8)
    default: Array(random.pick(numbers).utf8)
    }
  }

  /// Takes a value away with the comma behind it or before it.
  private static func remove(_ span: Range<Int>, from text: inout [UInt8]) {
    var span = span
    let comma = UInt8(ascii: ",")
    if span.upperBound < text.count, text[span.upperBound] == comma {
      span = span.lowerBound..<span.upperBound + 1
    } else if span.lowerBound > 0, text[span.lowerBound - 1] == comma {
      span = span.lowerBound - 1..<span.upperBound
    }
    text.removeSubrange(span)
  }

  /// Where values lie: texts, numbers, words, and arrays and objects whose brackets match.
  private static func spans(of text: [UInt8]) -> [Range<Int>] {
    var spans: [Range<Int>] = []
    var open: [Int] = []
    var place = 0
    while place < text.count {
      let start = place
      place += 1
      switch text[start] {
      case UInt8(ascii: "\""):
        while place < text.count, text[place] != UInt8(ascii: "\"") {
          place += text[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        place = min(place + 1, text.count)
        spans.append(start..<place)
      case UInt8(ascii: "{"), UInt8(ascii: "["): open.append(start)
      case UInt8(ascii: "}"), UInt8(ascii: "]"): if let start = open.popLast() { spans.append(start..<place) }
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "a")...UInt8(ascii: "z"):
        while place < text.count, isScalar(text[place]) { place += 1 }
        spans.append(start..<place)
      default: break
      }
    }
    return spans
  }

  private static func isScalar(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."),
      UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "E"):
      true
    default: false
    }
  }
}
