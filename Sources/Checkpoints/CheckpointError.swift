/// What is wrong with a model file, in words that name the file, the key, what was found and what was expected.
///
/// Thrown for everything that a user's file can do wrong; never for mistakes of our own code.
package struct CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or folder as it was asked for.
  package var file: String
  /// The tensor name, index entry or configuration key, where one is to blame.
  package var key: String?
  /// The fault in one clause, without file and key.
  package var problem: String
  package var found: String?
  package var expected: String?
  /// What the reader of the message can do about it.
  package var hint: String?

  package init(
    file: String, key: String? = nil, problem: String, found: String? = nil, expected: String? = nil,
    hint: String? = nil
  ) {
    self.file = file
    self.key = key
    self.problem = problem
    self.found = found
    self.expected = expected
    self.hint = hint
  }

  package var description: String {
    var text = file
    if let key { text += ": \(quoted(key))" }
    text += ": \(problem)"
    if let found { text += "; found \(found)" }
    if let expected { text += "; expected \(expected)" }
    if let hint { text += ". \(hint)" }
    return text
  }
}

/// The text between quotes, with control characters spelled out and long texts cut, fit for one line of a log.
func quoted(_ text: String, limit: Int = 200) -> String {
  var result = "\""
  for (count, scalar) in text.unicodeScalars.enumerated() {
    guard count < limit else {
      result += "…"
      break
    }
    if scalar.value < 0x20 || scalar.value == 0x7F || scalar == "\"" || scalar == "\\" {
      result += scalar.escaped(asASCII: true)
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

/// A shape as Python prints it, cut after 16 dimensions.
func described(shape: [Int]) -> String {
  let shown = shape.prefix(16).map(String.init).joined(separator: ", ")
  return shape.count > 16 ? "[\(shown), … \(shape.count) dimensions]" : "[\(shown)]"
}
