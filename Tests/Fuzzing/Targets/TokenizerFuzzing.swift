import Foundation
import Tokenizers

/// The files of a tokenizer's folder and a text to encode.
///
/// The first byte chooses the class and the files, the rest are parts divided by zero bytes: a main file, a second one,
/// `tokenizer_config.json`, the text.
enum TokenizerFuzzing: FuzzTarget {
  private static let names = [
    "tokenizer.json", "vocab.json", "merges.txt", "vocab.txt", "spiece.model", "tokenizer_config.json",
  ]
  private static let files = Dictionary(uniqueKeysWithValues: names.map { ($0, FuzzFile(named: $0)) })

  static func run(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let parts = bytes.dropFirst().split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false).map(
      Array.init)
    func part(_ index: Int) -> [UInt8] { index < parts.count ? parts[index] : [] }
    let chosen = first % 6
    let used =
      switch chosen {
      case 0, 1, 2: ["tokenizer.json"]
      case 3: ["vocab.json", "merges.txt"]
      case 4: ["vocab.txt"]
      default: ["spiece.model"]
      }
    for name in names { unlink(files[name]!.path) }
    // A protocol buffer has zero bytes itself.
    let isBinary = chosen == 5
    for (index, name) in used.enumerated() {
      files[name]!.write(isBinary ? Array(bytes.dropFirst()) : part(index))
    }
    if !isBinary, !part(2).isEmpty { files["tokenizer_config.json"]!.write(part(2)) }
    let folder = URL(filePath: files[names[0]]!.path).deletingLastPathComponent().path
    do throws(TokenizerError) {
      let tokenizer: any Tokenizer =
        switch chosen {
        case 0, 3: try CLIPTokenizer(folder: folder)
        case 1, 5: try T5Tokenizer(folder: folder)
        default: try BERTTokenizer(folder: folder)
        }
      check(tokenizer, "a green apple, caf\u{E9} \u{1F34F}<|endoftext|>[MASK]</s>\u{3000}x")
      if !isBinary { check(tokenizer, String(decoding: part(3).prefix(4096), as: UTF8.self)) }
    } catch { require(!error.problem.isEmpty, "a refusal says why") }
  }

  private static func check(_ tokenizer: any Tokenizer, _ text: String) {
    let batch = tokenizer.encode([text], padding: .fixed(77))
    require(batch.ids[0].count == 77, "a row is as long as it is to be")
    require(batch.ids[0].allSatisfy { 0..<tokenizer.vocabularySize ~= $0 }, "every id is in the vocabulary")
  }

  static func mutate(_ bytes: [UInt8], with random: inout Random) -> [UInt8] {
    guard let first = bytes.first, first % 6 != 5 else { return bytes }
    var parts = bytes.dropFirst().split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false).map(
      Array.init)
    let place = random.below(min(parts.count, 3))
    parts[place] = JSONMutation.apply(to: parts[place], words: words, with: &random)
    let chosen = random.below(16) == 0 ? UInt8(random.below(6)) : first
    return [chosen] + parts.joined(separator: [0])
  }

  private static let words = [
    "version", "added_tokens", "model", "type", "BPE", "Unigram", "WordPiece", "vocab", "merges", "unk_id",
    "unk_token",
    "continuing_subword_prefix", "end_of_word_suffix", "</w>", "id", "content", "lstrip", "rstrip",
    "single_word",
    "normalized", "special", "normalizer", "Sequence", "Precompiled", "precompiled_charsmap",
    "model_max_length",
    "added_tokens_decoder", "bos_token", "eos_token", "pad_token", "cls_token", "sep_token", "mask_token",
    "additional_special_tokens", "do_lower_case", "strip_accents", "tokenize_chinese_chars",
    "<|startoftext|>",
    "<|endoftext|>", "<pad>", "</s>", "<unk>", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "\u{2581}", "##a", "a b",
  ]
}
