extension FieldReader {
  /// What `promote_if` switches, and where versions lie.
  private static var reservedOutputs: [String] { ["adapters", "current", "previous", "versions"] }

  /// The name that a training job gives to what it makes; the empty text after a report.
  ///
  /// - Parameter others: What the job starts from, by field: the output must not take its place.
  func outputName(_ field: Field, unlike others: KeyValuePairs<String, String?>) -> String {
    require(field, "the name of what the job makes")
    guard let name = string(field, limit: 100) else { return "" }
    let allowed = name.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard allowed, !name.hasPrefix("."), !name.hasPrefix("-") else {
      report(
        .outOfRange, field, "\(name.quotedForMessage()) is not a folder's name",
        hint: "Use letters A-Z and a-z, digits, - _ and ., the first being a letter, a digit or _.")
      return ""
    }
    guard !Self.reservedOutputs.contains(name) else {
      report(
        .conflict, field, "\(name.quotedForMessage()) is a name of scispool's own below a model's adapters",
        hint: "Choose another name.")
      return ""
    }
    for (other, taken) in others where taken == name {
      report(
        .conflict, field, "\(name.quotedForMessage()) is also the \(other), which it would replace",
        hint: "Choose another name.")
    }
    return name
  }
}
