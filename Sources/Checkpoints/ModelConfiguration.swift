import Glibc

/// A model's `config.json` read key by key, where every complaint names file, key, what was found and what is expected.
///
/// `null` counts as absent. Numbers have ranges, so that sizes from a file can be multiplied without overflow.
package struct ModelConfiguration: Sendable {
  package let path: String
  private let object: StrictJSON.Object
  /// Keys of the enclosing objects, for messages.
  private let prefix: String

  /// Reads a file; a folder means the `config.json` in it.
  package init(path: String) throws(CheckpointError) {
    var status = stat()
    let isFolder = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    let file = isFolder ? "\(path)/config.json" : path
    self.init(path: file, object: try Self.object(at: file))
  }

  /// Reads a text instead of a file; `path` is the name for messages.
  package init(text: String, path: String) throws(CheckpointError) {
    let bytes = Array(text.utf8)
    let result = bytes.withUnsafeBytes { buffer in
      Result { () throws(CheckpointError) in try Self.object(in: buffer, path: path) }
    }
    self.init(path: path, object: try result.get())
  }

  private init(path: String, object: StrictJSON.Object, prefix: String = "") {
    self.path = path
    self.object = object
    self.prefix = prefix
  }

  static func object(at path: String) throws(CheckpointError) -> StrictJSON.Object {
    let map = try MappedFile(path: path)
    return try object(in: map.bytes, path: path)
  }

  private static func object(
    in bytes: UnsafeRawBufferPointer, path: String
  ) throws(CheckpointError) -> StrictJSON.Object {
    let value: StrictJSON
    do { value = try StrictJSON.parse(bytes) } catch {
      throw CheckpointError(file: path, problem: "is not valid JSON: \(error)")
    }
    guard let object = value.object else {
      throw CheckpointError(file: path, problem: "is not a JSON object", found: value.summary)
    }
    return object
  }

  /// All keys in file order.
  package var keys: [String] { object.keys }

  /// The raw value; nil when absent or null.
  package subscript(key: String) -> StrictJSON? {
    object[key].flatMap { $0 == .null ? nil : $0 }
  }

  /// An error about a key, for rules that only the model knows.
  package func error(_ key: String, _ problem: String, expected: String? = nil, hint: String? = nil)
    -> CheckpointError
  {
    CheckpointError(
      file: path, key: prefix + key, problem: problem, found: object[key]?.summary ?? "no such key",
      expected: expected,
      hint: hint)
  }

  /// A whole number in `range`; `default` when absent, an error when there is no default.
  package func integer(
    _ key: String, in range: ClosedRange<Int> = 1...1_048_576, default fallback: Int? = nil
  ) throws(CheckpointError) -> Int {
    guard let value = self[key] else { return try required(fallback, key, "a whole number") }
    guard let number = value.integer, range.contains(number) else {
      throw error(
        key, "is not usable", expected: "a whole number in \(range.lowerBound)...\(range.upperBound)")
    }
    return number
  }

  /// A whole number in `range`, or nil when absent.
  package func optionalInteger(
    _ key: String, in range: ClosedRange<Int> = 1...1_048_576
  ) throws(CheckpointError) -> Int? {
    self[key] == nil ? nil : try integer(key, in: range)
  }

  /// A finite number in `range`.
  package func number(
    _ key: String, in range: ClosedRange<Double> = -1e9...1e9, default fallback: Double? = nil
  ) throws(CheckpointError) -> Double {
    guard let value = self[key] else { return try required(fallback, key, "a number") }
    guard let number = value.double, range.contains(number) else {
      throw error(key, "is not usable", expected: "a number in \(range.lowerBound)...\(range.upperBound)")
    }
    return number
  }

  package func bool(_ key: String, default fallback: Bool? = nil) throws(CheckpointError) -> Bool {
    guard let value = self[key] else { return try required(fallback, key, "true or false") }
    guard let flag = value.bool else { throw error(key, "is not usable", expected: "true or false") }
    return flag
  }

  package func string(_ key: String, default fallback: String? = nil) throws(CheckpointError) -> String {
    guard let value = self[key] else { return try required(fallback, key, "a text") }
    guard let text = value.string else { throw error(key, "is not usable", expected: "a text") }
    return text
  }

  /// One of the texts that are supported.
  package func string(
    _ key: String, oneOf choices: [String], default fallback: String? = nil
  ) throws(CheckpointError) -> String {
    let text = try string(key, default: fallback)
    guard choices.contains(text) else {
      throw error(key, "is not supported", expected: choices.joined(separator: " or "))
    }
    return text
  }

  /// A list of whole numbers in `range`.
  package func integers(
    _ key: String, in range: ClosedRange<Int> = 1...1_048_576, default fallback: [Int]? = nil
  ) throws(CheckpointError) -> [Int] {
    guard let value = self[key] else { return try required(fallback, key, "a list of whole numbers") }
    let numbers = value.array?.compactMap(\.integer).filter(range.contains)
    guard let numbers, numbers.count == value.array?.count else {
      throw error(
        key, "is not usable", expected: "a list of whole numbers in \(range.lowerBound)...\(range.upperBound)"
      )
    }
    return numbers
  }

  package func strings(_ key: String, default fallback: [String]? = nil) throws(CheckpointError) -> [String] {
    guard let value = self[key] else { return try required(fallback, key, "a list of texts") }
    let texts = value.array?.compactMap(\.string)
    guard let texts, texts.count == value.array?.count else {
      throw error(key, "is not usable", expected: "a list of texts")
    }
    return texts
  }

  /// The object below a key, read the same way.
  package func nested(_ key: String) throws(CheckpointError) -> ModelConfiguration {
    guard let object = self[key]?.object else { throw error(key, "is not usable", expected: "an object") }
    return ModelConfiguration(path: path, object: object, prefix: "\(prefix)\(key).")
  }

  /// Refuses a setting that the program does not implement; absent and null count as `value`.
  ///
  /// Compares numbers by their digits: meant for flags and texts.
  package func require(_ key: String, is value: StrictJSON, because reason: String? = nil)
    throws(CheckpointError)
  {
    guard let found = self[key], found != value else { return }
    throw error(key, "is not supported", expected: value.summary, hint: reason)
  }

  /// Refuses settings that the model has never heard of; names with a leading underscore are notes of the libraries.
  package func refuseKeys(otherThan known: Set<String>) throws(CheckpointError) {
    for key in keys where !known.contains(key) && !key.hasPrefix("_") && self[key] != nil {
      throw error(key, "is not a setting that this program knows")
    }
  }

  private func required<Value>(
    _ fallback: Value?, _ key: String, _ expected: String
  ) throws(CheckpointError) -> Value {
    guard let fallback else { throw error(key, "is missing", expected: expected) }
    return fallback
  }
}
