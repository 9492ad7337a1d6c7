/// A unigram language model over pieces: cuts a word where the sum of log-probabilities is largest.
///
/// tokenizers 0.23.3 `models/unigram/model.rs`, `encode_optimized`: Viterbi over byte positions in Float64. A scalar that
/// is no piece by itself may be passed as unknown, at ten below the worst score of the vocabulary.
struct UnigramModel: Sendable {
  private let vocabulary: Vocabulary
  private let scores: [Double]
  private let unknownID: Int
  private let unknownScore: Double

  init(vocabulary: Vocabulary, scores: [Double], unknownID: Int) {
    precondition(
      vocabulary.size <= scores.count, "a score for each piece: \(scores.count) of \(vocabulary.size)")
    self.vocabulary = vocabulary
    self.scores = scores
    self.unknownID = unknownID
    unknownScore = (scores.min() ?? 0) - 10
  }

  /// The best way found to reach a place: from where, by which piece, at what total score.
  private struct Arrival {
    var start = -1
    var id = 0
    var score = 0.0
  }

  /// The ids of the best segmentation; neighbouring unknown scalars become one unknown id.
  func ids(of word: [UInt8]) -> [Int] {
    var best = [Arrival](repeating: Arrival(), count: word.count + 1)
    var start = 0
    while start < word.count {
      let width = Self.width(of: word[start])
      let score = best[start].score
      var hasSingle = false
      var node = Vocabulary.root
      for end in start + 1...word.count {
        guard let next = vocabulary.step(node, word[end - 1]) else { break }
        node = next
        guard let id = vocabulary.id(at: node) else { continue }
        Self.offer(Arrival(start: start, id: id, score: score + scores[id]), to: &best[end])
        if end - start == width { hasSingle = true }
      }
      if !hasSingle {
        Self.offer(
          Arrival(start: start, id: unknownID, score: score + unknownScore), to: &best[start + width])
      }
      start += width
    }
    return path(to: word.count, in: best)
  }

  private static func offer(_ arrival: Arrival, to place: inout Arrival) {
    if place.start < 0 || arrival.score > place.score { place = arrival }
  }

  private func path(to end: Int, in best: [Arrival]) -> [Int] {
    var ids: [Int] = []
    var end = end
    while end > 0 {
      let arrival = best[end]
      if arrival.id != unknownID || ids.last != unknownID { ids.append(arrival.id) }
      end = arrival.start
    }
    return ids.reversed()
  }

  /// Bytes of the UTF-8 sequence that begins with `lead`.
  private static func width(of lead: UInt8) -> Int {
    switch lead {
    case ..<0xC0: 1
    case ..<0xE0: 2
    case ..<0xF0: 3
    default: 4
    }
  }
}
