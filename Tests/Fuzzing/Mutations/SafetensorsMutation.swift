import CFuzzer

/// Changes a safetensors file's header as JSON and sets the length before it right, as a rule.
enum SafetensorsMutation {
  static func apply(to file: [UInt8], words: [String], with random: inout Random) -> [UInt8] {
    guard file.count >= 8 else { return file }
    let length = file[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let end = 8 + Int(min(length, UInt64(file.count - 8)))
    var header = Array(file[8..<end])
    var data = Array(file[end...])
    if random.below(8) == 0 {
      // Another size of the data, which only the header can bring into order again.
      if random.below(2) == 0 {
        data += [0, 0, 0x80, 0x7F]
      } else {
        data = data.dropLast(random.below(8) + 1)
      }
    } else {
      header = JSONMutation.apply(to: header, words: words, with: &random)
    }
    let said = UInt64(header.count) &+ (random.below(8) == 0 ? UInt64(random.below(3)) &- 1 : 0)
    return (0..<8).map { UInt8(truncatingIfNeeded: said >> UInt64(8 * $0)) } + header + data
  }
}
