/// Byte-pair encoding: joins neighbouring symbols, the pair of lowest rank first, until no pair has a rule.
///
/// tokenizers 0.23.3 `models/bpe/word.rs`, `merge_all`: among pairs of equal rank the leftmost goes first, and a pair
/// made by a merge competes at once. With a heap this takes n·log n steps, so a megabyte without spaces is
/// no trap.
struct BytePairMerges: Sendable {
  private struct Rule {
    let rank: Int32
    let merged: Int32
  }

  private var rules: [UInt64: Rule] = [:]

  init(reserving count: Int = 0) { rules.reserveCapacity(count) }

  /// Adds the rule that `left` followed by `right` becomes `merged`; a repeated pair takes the later rank.
  mutating func insert(left: Int, right: Int, merged: Int, rank: Int) {
    rules[Self.key(Int32(left), Int32(right))] = Rule(rank: Int32(rank), merged: Int32(merged))
  }

  /// The symbols of one word after all merges.
  func merged(_ symbols: [Int]) -> [Int] {
    guard symbols.count > 1 else { return symbols }
    var word = Word(symbols)
    var candidates = CandidateHeap()
    for left in 0..<symbols.count - 1 { propose(left, in: word, to: &candidates) }
    while let best = candidates.popFirst() {
      // A candidate is stale when one of its symbols has been joined to something else meanwhile.
      guard let right = word.right(of: best.left),
        let rule = rule(word.symbols[best.left], word.symbols[right]),
        rule.merged == best.merged
      else { continue }
      word.join(best.left, with: right, as: rule.merged)
      if let left = word.left(of: best.left) { propose(left, in: word, to: &candidates) }
      propose(best.left, in: word, to: &candidates)
    }
    return word.remaining
  }

  private func propose(_ left: Int, in word: Word, to candidates: inout CandidateHeap) {
    guard let right = word.right(of: left), let rule = rule(word.symbols[left], word.symbols[right]) else {
      return
    }
    candidates.insert(Candidate(rank: rule.rank, left: left, merged: rule.merged))
  }

  private func rule(_ left: Int32, _ right: Int32) -> Rule? { rules[Self.key(left, right)] }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}

/// A word as a doubly linked list of symbols; a symbol joined to its left neighbour becomes -1.
private struct Word {
  var symbols: [Int32]
  private var next: [Int]
  private var previous: [Int]

  init(_ symbols: [Int]) {
    self.symbols = symbols.map { Int32($0) }
    next = symbols.indices.map { $0 + 1 }
    previous = symbols.indices.map { $0 - 1 }
  }

  func right(of index: Int) -> Int? {
    symbols[index] >= 0 && next[index] < symbols.count ? next[index] : nil
  }

  func left(of index: Int) -> Int? { previous[index] >= 0 ? previous[index] : nil }

  mutating func join(_ left: Int, with right: Int, as symbol: Int32) {
    symbols[left] = symbol
    symbols[right] = -1
    next[left] = next[right]
    if next[left] < symbols.count { previous[next[left]] = left }
  }

  var remaining: [Int] { symbols.filter { $0 >= 0 }.map { Int($0) } }
}

/// A pair that might be joined: ordered by rank, then from left to right.
private struct Candidate: Comparable {
  let rank: Int32
  let left: Int
  let merged: Int32

  static func < (one: Candidate, other: Candidate) -> Bool {
    one.rank != other.rank ? one.rank < other.rank : one.left < other.left
  }
}

/// A binary heap with the smallest candidate on top.
private struct CandidateHeap {
  private var items: [Candidate] = []

  mutating func insert(_ item: Candidate) {
    items.append(item)
    var index = items.count - 1
    while index > 0, items[index] < items[(index - 1) / 2] {
      items.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func popFirst() -> Candidate? {
    guard let first = items.first else { return nil }
    let last = items.removeLast()
    guard !items.isEmpty else { return first }
    items[0] = last
    var index = 0
    while true {
      var smallest = index
      for child in [2 * index + 1, 2 * index + 2] where child < items.count && items[child] < items[smallest]
      {
        smallest = child
      }
      guard smallest != index else { return first }
      items.swapAt(index, smallest)
      index = smallest
    }
  }
}
