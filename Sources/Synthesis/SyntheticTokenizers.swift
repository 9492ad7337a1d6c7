/// Tokenizers of the published sizes and forms, whose pieces are all short strings of letters instead of those of a corpus.
///
/// Texts become about as many tokens as they have syllables; what is measured with them is length, not sense.
enum SyntheticTokenizers {
  /// `vocab.json`, `merges.txt` and `tokenizer_config.json` of a byte-pair tokenizer.
  ///
  /// - Parameter size: Ids in all: 512 of single bytes, the merges', and the two that begin and end a text.
  static func clip(folder: String, size: Int) -> [String: String] {
    let bytes = byteCharacters()
    var pieces = bytes + bytes.map { "\($0)</w>" }
    var merges: [String] = []
    for piece in letters(2...4) {
      for end in ["", "</w>"] where pieces.count < size - 2 {
        pieces.append(piece + end)
        // All but the last letter is a piece that comes before.
        merges.append("\(piece.dropLast()) \(piece.suffix(1))\(end)")
      }
    }
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    let vocabulary = pieces.enumerated().map { "\(quoted($1)): \($0)" }.joined(separator: ", ")
    return [
      "\(folder)vocab.json": "{\(vocabulary)}\n",
      "\(folder)merges.txt": "#version: 0.2\n" + merges.joined(separator: "\n") + "\n",
      "\(folder)tokenizer_config.json": """
      {
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "model_max_length": 77,
        "pad_token": "<|endoftext|>",
        "tokenizer_class": "CLIPTokenizer",
        "unk_token": "<|endoftext|>"
      }

      """,
    ]
  }

  /// `tokenizer.json` and `tokenizer_config.json` of a unigram tokenizer.
  ///
  /// - Parameter size: Ids in all, the hundred sentinels among them.
  static func t5(folder: String, size: Int, maxLength: Int) -> [String: String] {
    var pieces = ["<pad>", "</s>", "<unk>", "\u{2581}"]
    pieces += (33..<127).map { String(Character(Unicode.Scalar($0))) }
    for piece in letters(1...4) {
      for begin in ["\u{2581}", ""] where pieces.count < size - 100 && (begin != "" || piece.count > 1) {
        pieces.append(begin + piece)
      }
    }
    pieces += (0..<100).reversed().map { "<extra_id_\($0)>" }
    // The longer a piece the likelier: that is what makes a text few of them.
    let vocabulary = pieces.enumerated().map { index, piece in
      "[\(quoted(piece)), \(index < 3 ? 0 : -20 + 3 * min(5, piece.count))]"
    }.joined(separator: ", ")
    let special = ([0, 1, 2] + Array(size - 100..<size)).map { id in
      """
      {"id": \(id), "content": \(quoted(pieces[id])), "single_word": false, "lstrip": false, "rstrip": false, \
      "normalized": false, "special": true}
      """
    }.joined(separator: ", ")
    return [
      "\(folder)tokenizer.json": """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [\(special)], "normalizer": null,
      "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, \
      {"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always", "split": true}]},
      "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}, \
      {"SpecialToken": {"id": "</s>", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}}, \
      {"SpecialToken": {"id": "</s>", "type_id": 0}}], \
      "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
      "decoder": {"type": "Metaspace", "replacement": "\u{2581}", "prepend_scheme": "always", "split": true},
      "model": {"type": "Unigram", "unk_id": 2, "vocab": [\(vocabulary)], "byte_fallback": false}}

      """,
      "\(folder)tokenizer_config.json": """
      {
        "eos_token": "</s>",
        "extra_ids": 100,
        "model_max_length": \(maxLength),
        "pad_token": "<pad>",
        "tokenizer_class": "T5TokenizerFast",
        "unk_token": "<unk>"
      }

      """,
    ]
  }

  /// All strings of so many small letters, the shorter first.
  private static func letters(_ lengths: ClosedRange<Int>) -> [String] {
    let alphabet = (UInt8(ascii: "a")...UInt8(ascii: "z")).map { String(Character(Unicode.Scalar($0))) }
    var (all, last) = ([String](), [""])
    for length in 1...lengths.upperBound {
      last = last.flatMap { start in alphabet.map { start + $0 } }
      if lengths.contains(length) { all += last }
      // More than any vocabulary has.
      if all.count > 100_000 { break }
    }
    return all
  }

  /// GPT-2's printable stand-ins for the 256 byte values, the printable bytes first.
  private static func byteCharacters() -> [String] {
    let printable = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
    let others = (0..<256).filter { !printable.contains($0) }
    let scalars = printable + others.indices.map { 0x100 + $0 }
    return scalars.compactMap { Unicode.Scalar(UInt32($0)).map { String(Character($0)) } }
  }

  private static func quoted(_ text: String) -> String {
    "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }
}
