import Tensors

/// How a text falls into phrases: each is closed by a full stop, a question mark or the text's end token, and sees only itself.
///
/// transformers 5.23.0 `models/grounding_dino/modeling_grounding_dino.py`,
/// `generate_masks_with_special_tokens_and_transfer_map`. The ids of the closing tokens are fixed there, whatever the tokenizer:
/// those of `bert-base-uncased`. A token after the last closing one, and the token at either end of the row, see
/// only themselves: a phrase without a full stop, its end token being the last, falls apart into single words.
struct TextBlocks: Equatable, Sendable {
  /// `[CLS]`, `[SEP]`, `.` and `?`.
  static let delimiters: Set<Int> = [101, 102, 1012, 1029]

  /// For each token, the place of the token that closes its block; -1 for tokens that see only themselves.
  let closings: [Int]
  /// For each token, how far it stands from the beginning of its block.
  let positions: [Int]

  /// - Parameter ids: The row as the model gets it, padding included.
  init(ids: [Int]) {
    var closings = [Int](repeating: -1, count: ids.count)
    var positions = [Int](repeating: 0, count: ids.count)
    var start = 0
    for (place, id) in ids.enumerated() where Self.delimiters.contains(id) {
      if place != 0 && place != ids.count - 1 {
        for token in start...place {
          closings[token] = place
          positions[token] = token - start
        }
      }
      start = place + 1
    }
    self.closings = closings
    self.positions = positions
  }

  private init(closings: [Int], positions: [Int]) {
    self.closings = closings
    self.positions = positions
  }

  /// The blocks of the row's beginning; tokens keep what they got in the whole row.
  func prefix(_ count: Int) -> TextBlocks {
    TextBlocks(closings: Array(closings.prefix(count)), positions: Array(positions.prefix(count)))
  }

  var count: Int { closings.count }

  /// Whether a token sees another.
  func sees(_ query: Int, _ key: Int) -> Bool {
    query == key || (closings[query] >= 0 && closings[query] == closings[key])
  }

  /// The mask for self-attention in so many heads.
  func attentionMask(heads: Int) -> AttentionMask {
    let plane = Tensor(shape: [count, count]) { target in
      for query in 0..<count {
        for key in 0..<count { target[query * count + key] = sees(query, key) ? 0 : hiddenScore }
      }
    }
    return AttentionMask(bias: plane.repeated(heads))
  }
}

/// What is added to the score of a hidden key: the lowest number, as the reference has it.
let hiddenScore = -Float.greatestFiniteMagnitude
