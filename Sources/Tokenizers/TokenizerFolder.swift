import Foundation

/// The files of a Hugging Face tokenizer folder and the rules by which transformers combines them.
///
/// transformers 5.23.0 `tokenization_utils_base.py`, `_from_pretrained`: `tokenizer_config.json` comes first; where it
/// has no `added_tokens_decoder`, `special_tokens_map.json` overrides it; added tokens are those of
/// `added_tokens_decoder`, else of `tokenizer.json`, else of `added_tokens.json`. A named special token that
/// is in none of them is added with the flags it has itself.
struct TokenizerFolder {
  let path: String
  /// `tokenizer_config.json`, or an empty object.
  let config: OrderedJSON
  /// `tokenizer.json`, if the folder has one.
  let tokenizerJSON: OrderedJSON?
  private let specialTokensMap: OrderedJSON?

  init(path: String) throws(TokenizerError) {
    self.path = path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      throw TokenizerError(
        path: path, problem: "there is no such folder",
        hint: "Give the folder that holds the tokenizer's files, such as tokenizer.json")
    }
    config = try Self.json("tokenizer_config.json", in: path) ?? .object([])
    tokenizerJSON = try Self.json("tokenizer.json", in: path)
    specialTokensMap =
      config["added_tokens_decoder"] == nil ? try Self.json("special_tokens_map.json", in: path) : nil
    try refuseLeftSide("padding_side")
    try refuseLeftSide("truncation_side")
  }

  func path(of name: String) -> String { Self.path(of: name, in: path) }

  /// The bytes of a file; nil when the folder has no such file.
  func bytes(of name: String) throws(TokenizerError) -> [UInt8]? { try Self.bytes(of: name, in: path) }

  /// The text of a file; nil when the folder has no such file.
  func text(of name: String) throws(TokenizerError) -> String? {
    guard let bytes = try bytes(of: name) else { return nil }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw damaged(name, problem: "the file is not UTF-8 text")
    }
    return text
  }

  /// A JSON file of the folder; nil when there is none.
  func json(_ name: String) throws(TokenizerError) -> OrderedJSON? { try Self.json(name, in: path) }

  /// An error about a file whose content is not what it should be.
  func damaged(_ name: String, place: String = "", problem: String) -> TokenizerError {
    Self.damaged(path(of: name), place: place, problem: problem)
  }

  /// `model_max_length`; nil where it is absent or so large that it means "no limit".
  func modelMaxLength() throws(TokenizerError) -> Int? {
    guard let value = config["model_max_length"], !value.isNull else { return nil }
    guard let number = value.number, number >= 1 else {
      throw damaged(
        "tokenizer_config.json", place: "model_max_length",
        problem: "\(value.kind), expected a positive number")
    }
    return number < Double(Int32.max) ? Int(number) : nil
  }

  /// A true-or-false setting of `tokenizer_config.json`; nil where it is absent or null.
  func flag(_ key: String) throws(TokenizerError) -> Bool? {
    guard let value = config[key], !value.isNull else { return nil }
    guard let flag = value.bool else {
      throw damaged("tokenizer_config.json", place: key, problem: "\(value.kind), expected true or false")
    }
    return flag
  }

  private func refuseLeftSide(_ key: String) throws(TokenizerError) {
    guard let side = config[key]?.string, side != "right" else { return }
    throw damaged(
      "tokenizer_config.json", place: key,
      problem: "\"\(side)\", but these text encoders work on the right side only")
  }
}

// Special and added tokens.
extension TokenizerFolder {
  private static let names = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  /// The special tokens by name, the class's defaults where the files name none.
  func specialTokens(defaults: [String: String]) throws(TokenizerError) -> [String: AddedToken] {
    var tokens: [String: AddedToken] = [:]
    for name in Self.names {
      if let value = specialTokensMap?[name], !value.isNull {
        tokens[name] = try token(value, file: "special_tokens_map.json", place: name)
      } else if let value = config[name], !value.isNull {
        tokens[name] = try token(value, file: "tokenizer_config.json", place: name)
      } else if let content = defaults[name] {
        tokens[name] = AddedToken(content: content)
      }
    }
    return tokens
  }

  /// Every token to look for in a text, with its id; tokens that the model's vocabulary lacks get new ids.
  func addedTokens(
    special: [String: AddedToken], model: [AddedToken] = [], vocabulary: inout Vocabulary
  ) throws(TokenizerError) -> [(token: AddedToken, id: Int)] {
    var tokens = try declaredTokens()
    for token in Self.names.compactMap({ special[$0] }) + model + (try additionalTokens())
    where !tokens.contains(where: { $0.content.utf8.elementsEqual(token.content.utf8) }) {
      tokens.append(token)
    }
    var added: [(token: AddedToken, id: Int)] = []
    for token in tokens where !token.content.isEmpty {
      let id = vocabulary.id(of: token.content) ?? vocabulary.size
      vocabulary.insert(token.content, id: id)
      added.append((token, id))
    }
    return added
  }

  private func declaredTokens() throws(TokenizerError) -> [AddedToken] {
    var tokens: [(id: Int, token: AddedToken)] = []
    if let members = config["added_tokens_decoder"]?.members {
      for (key, value) in members {
        let place = "added_tokens_decoder.\(key)"
        guard let id = Int(key) else {
          throw damaged("tokenizer_config.json", place: place, problem: "the key is not a token id")
        }
        tokens.append((id, try token(value, file: "tokenizer_config.json", place: place)))
      }
    } else if let listed = tokenizerJSON?["added_tokens"]?.array {
      for (index, value) in listed.enumerated() {
        let place = "added_tokens[\(index)]"
        guard let id = value["id"]?.tokenID else {
          throw damaged("tokenizer.json", place: "\(place).id", problem: "missing or not a token id")
        }
        tokens.append((id, try token(value, file: "tokenizer.json", place: place)))
      }
    } else if tokenizerJSON == nil, let members = try json("added_tokens.json")?.members {
      for (key, value) in members {
        guard let id = value.tokenID else {
          throw damaged(
            "added_tokens.json", place: key, problem: "\(value.kind), expected a token id in 0…16777215")
        }
        tokens.append((id, AddedToken(content: key, isNormalized: true)))
      }
    }
    return tokens.sorted { $0.id < $1.id }.map(\.token)
  }

  private func additionalTokens() throws(TokenizerError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    for key in ["additional_special_tokens", "extra_special_tokens"] {
      let fromMap = specialTokensMap?[key]?.array
      let file = fromMap == nil ? "tokenizer_config.json" : "special_tokens_map.json"
      for (index, value) in (fromMap ?? config[key]?.array ?? []).enumerated() {
        tokens.append(try token(value, file: file, place: "\(key)[\(index)]"))
      }
    }
    return tokens
  }

  private func token(_ value: OrderedJSON, file: String, place: String) throws(TokenizerError) -> AddedToken {
    if let content = value.string { return AddedToken(content: content) }
    guard let content = value["content"]?.string else {
      throw damaged(
        file, place: place,
        problem: "\(value.kind) without a text, expected a string or an object with \"content\"")
    }
    return AddedToken(
      content: content, stripsLeft: value["lstrip"]?.bool ?? false,
      stripsRight: value["rstrip"]?.bool ?? false,
      isSingleWord: value["single_word"]?.bool ?? false, isNormalized: value["normalized"]?.bool ?? false)
  }
}

// Reading files.
extension TokenizerFolder {
  private static func path(of name: String, in folder: String) -> String {
    folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  private static func bytes(of name: String, in folder: String) throws(TokenizerError) -> [UInt8]? {
    let path = path(of: name, in: folder)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw TokenizerError(
        path: path, problem: "the file cannot be read (\(error.localizedDescription))",
        hint: "Check its permissions")
    }
  }

  private static func json(_ name: String, in folder: String) throws(TokenizerError) -> OrderedJSON? {
    guard let bytes = try bytes(of: name, in: folder) else { return nil }
    let value: OrderedJSON
    do {
      value = try OrderedJSON(parsing: bytes)
    } catch {
      throw damaged(
        path(of: name, in: folder), place: "byte \(error.offset)", problem: "not JSON: \(error.problem)")
    }
    guard value.members != nil else {
      throw damaged(path(of: name, in: folder), problem: "\(value.kind), expected a JSON object")
    }
    return value
  }

  private static func damaged(_ path: String, place: String = "", problem: String) -> TokenizerError {
    TokenizerError(
      path: path, place: place, problem: problem,
      hint:
        "Copy the file again from the model's repository, or save the tokenizer again with save_pretrained")
  }
}
