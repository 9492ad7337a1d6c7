/// Turns prompts into the token ids a text encoder was trained on.
///
/// The ids are those of transformers 5.23.0 (`tokenization_utils_tokenizers.py` over tokenizers 0.23.3).
/// Every conformer is immutable after loading, so one instance serves any number of threads, and its running
/// time grows with the length of the text only (times a logarithm for byte-pair merges).
package protocol Tokenizer: Sendable {
  /// Ids of the text itself: no start or end token, nothing cut, nothing padded.
  func contentIDs(of text: String) -> [Int]

  /// Ids put before the text's own ids (CLIP's start token, BERT's `[CLS]`).
  var leadingIDs: [Int] { get }

  /// Ids put after the text's own ids (the end token).
  var trailingIDs: [Int] { get }

  /// Id that fills the places after a short text.
  var paddingID: Int { get }

  /// `model_max_length` of `tokenizer_config.json`; nil where the file states no limit.
  var modelMaxLength: Int? { get }

  /// Number of ids, added tokens included: every id is below it.
  var vocabularySize: Int { get }
}

/// Token ids of several texts with the same number of places each.
package struct TokenBatch: Equatable, Sendable {
  /// Ids, one row a text, all rows equally long.
  package let ids: [[Int]]
  /// 1 where `ids` holds a token of the text (start and end included), 0 where it holds padding.
  package let mask: [[Int]]

  package init(ids: [[Int]], mask: [[Int]]) {
    self.ids = ids
    self.mask = mask
  }
}

/// How long the rows of a batch become.
package enum TokenPadding: Equatable, Sendable {
  /// Every row has exactly this many ids: longer texts are cut, shorter ones padded.
  case fixed(Int)
  /// Rows are as long as the longest text, which itself is cut at the limit if there is one.
  case longest(limit: Int?)
}

extension Tokenizer {
  /// Ids of a text with its start and end tokens, cut to `maxLength` when given.
  ///
  /// Cutting keeps the beginning of the text and always the start and end tokens, as `truncation=True` does.
  /// Only a limit below the number of start and end tokens cuts into those.
  package func encode(_ text: String, maxLength: Int? = nil) -> [Int] {
    wrap(contentIDs(of: text), maxLength: maxLength)
  }

  /// Ids and mask of several texts, padded on the right with ``paddingID``.
  package func encode(_ texts: [String], padding: TokenPadding) -> TokenBatch {
    let rows: [[Int]]
    let length: Int
    switch padding {
    case .fixed(let count):
      rows = texts.map { encode($0, maxLength: count) }
      length = max(count, 0)
    case .longest(let limit):
      rows = texts.map { encode($0, maxLength: limit) }
      length = rows.map(\.count).max() ?? 0
    }
    return TokenBatch(
      ids: rows.map { $0 + Array(repeating: paddingID, count: length - $0.count) },
      mask: rows.map {
        Array(repeating: 1, count: $0.count) + Array(repeating: 0, count: length - $0.count)
      })
  }

  private func wrap(_ content: [Int], maxLength: Int?) -> [Int] {
    guard let maxLength else { return leadingIDs + content + trailingIDs }
    let room = max(maxLength - leadingIDs.count - trailingIDs.count, 0)
    return Array((leadingIDs + content.prefix(room) + trailingIDs).prefix(max(maxLength, 0)))
  }
}
