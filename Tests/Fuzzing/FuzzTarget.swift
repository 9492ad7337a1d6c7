/// A parser of bytes that nobody vouches for.
///
/// Every run must come to an end without a trap: the bytes are read, or refused by the parser's own error. Memory and time
/// are bounded by libFuzzer's options; see `Tests/fuzz.sh`.
protocol FuzzTarget: SendableMetatype {
  static func run(_ bytes: [UInt8])

  /// Other bytes that get past the first checks more often than random ones.
  static func mutate(_ bytes: [UInt8], with random: inout Random) -> [UInt8]
}

/// By name, as `Tests/fuzz.sh` and the folders of the corpus call them.
let fuzzTargets: [String: any FuzzTarget.Type] = [
  "adapter": AdapterFuzzing.self,
  "gguf": GGUFFuzzing.self,
  "job": JobFuzzing.self,
  "list": ListFuzzing.self,
  "picture": PictureFuzzing.self,
  "safetensors": SafetensorsFuzzing.self,
  "tokenizer": TokenizerFuzzing.self,
]

/// xorshift64*: what libFuzzer's seed asks for is repeated exactly.
struct Random {
  private var state: UInt64

  init(seed: UInt32) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }

  /// 0 to `bound` − 1.
  mutating func below(_ bound: Int) -> Int { Int((next() >> 33) % UInt64(bound)) }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// A claim about a parser's result that does not hold.
func require(_ holds: Bool, _ claim: String) {
  guard holds else { fatalError("does not hold: \(claim)") }
}
