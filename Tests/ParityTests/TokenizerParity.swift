import Foundation
import Testing
import Tokenizers

/// A `tokenizer` folder with texts and their ids in `expected.json`, plain, wrapped and padded.
enum TokenizerParity: ParityKind {
  private struct Entry: Decodable {
    struct Row: Decodable {
      let ids: [Int]
      let mask: [Int]
    }

    let text: String
    let ids: [Int]
    let plainIDs: [Int]
    /// Padded rows by their length.
    let padded: [Int: Row]

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: Key.self)
      text = try fields.decode(String.self, forKey: Key(stringValue: "text"))
      ids = try fields.decode([Int].self, forKey: Key(stringValue: "ids"))
      plainIDs = try fields.decode([Int].self, forKey: Key(stringValue: "ids_plain"))
      var padded: [Int: Row] = [:]
      for key in fields.allKeys where key.stringValue.hasPrefix("pad") {
        guard let length = Int(key.stringValue.dropFirst(3)) else { continue }
        padded[length] = try fields.decode(Row.self, forKey: key)
      }
      self.padded = padded
    }

    struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }
  }

  static func covers(_ parityCase: ParityCase) -> Bool {
    parityCase.has("expected.json") && parityCase.has("tokenizer")
  }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] { [:] }

  static func check(_ parityCase: ParityCase) throws {
    let file = URL(fileURLWithPath: "\(parityCase.folder)/expected.json")
    let entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: file))
    try #require(!entries.isEmpty)
    let folder = "\(parityCase.folder)/tokenizer"
    try compare(entries, with: tokenizer(in: folder), "\(parityCase.name) as it is")
    // The files that tokenizer.json was made from must give the same ids.
    try withoutTokenizerJSON(folder) { bare in
      if let bare {
        try compare(entries, with: tokenizer(in: bare), "\(parityCase.name) without tokenizer.json")
      }
    }
  }

  private static func compare(_ entries: [Entry], with tokenizer: any Tokenizer, _ name: String) {
    var different = 0
    for entry in entries {
      let isSame =
        tokenizer.encode(entry.text) == entry.ids && tokenizer.contentIDs(of: entry.text) == entry.plainIDs
        && entry.padded.allSatisfy { length, row in
          let batch = tokenizer.encode([entry.text], padding: .fixed(length))
          return batch.ids == [row.ids] && batch.mask == [row.mask]
        }
      if !isSame { different += 1 }
      #expect(isSame, "\(name): \(entry.text.debugDescription)")
    }
    print("parity \(name): \(different) of \(entries.count) texts differ")
  }

  private static func tokenizer(in folder: String) throws -> any Tokenizer {
    let config = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/tokenizer_config.json"))
    let object = try #require(JSONSerialization.jsonObject(with: config) as? [String: Any])
    let name = try #require(object["tokenizer_class"] as? String)
    if name.hasPrefix("CLIP") { return try CLIPTokenizer(folder: folder) }
    if name.hasPrefix("T5") { return try T5Tokenizer(folder: folder) }
    try #require(name.hasPrefix("Bert"), "tokenizer_class \(name)")
    return try BERTTokenizer(folder: folder)
  }

  /// Calls `body` with a copy of the folder that lacks `tokenizer.json`; nil when there are no classic files in it.
  private static func withoutTokenizerJSON(_ folder: String, _ body: (String?) throws -> Void) throws {
    let files = FileManager.default
    let names = try files.contentsOfDirectory(atPath: folder)
    guard !Set(names).isDisjoint(with: ["merges.txt", "spiece.model", "vocab.txt"]) else {
      return try body(nil)
    }
    let copy = files.temporaryDirectory.appending(path: "parity-\(UUID().uuidString)").path
    try files.createDirectory(atPath: copy, withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: copy) }
    for name in names where name != "tokenizer.json" {
      try files.copyItem(atPath: "\(folder)/\(name)", toPath: "\(copy)/\(name)")
    }
    try body(copy)
  }
}
