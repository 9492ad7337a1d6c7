/// Says which tokenizer file is unusable, at which key or line, and what to do about it.
package struct TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file or folder as it was named by the caller.
  package let path: String
  /// The JSON key, line or field inside the file; empty when the file as a whole is meant.
  package let place: String
  /// What was found and what was expected.
  package let problem: String
  /// What the reader of the message can do.
  package let hint: String

  package init(path: String, place: String = "", problem: String, hint: String) {
    self.path = path
    self.place = place
    self.problem = problem
    self.hint = hint
  }

  package var description: String {
    let location = place.isEmpty ? path : "\(path), \(place)"
    return "\(location): \(problem). \(hint)"
  }
}
