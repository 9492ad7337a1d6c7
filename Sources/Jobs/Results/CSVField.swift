/// Texts in files of comma-separated values (RFC 4180).
package enum CSVField {
  /// A text as a field. What a spreadsheet would take for a formula gets an apostrophe before it.
  package static func text(_ text: String) -> String {
    let isFormula = text.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } ?? false
    let text = isFormula ? "'\(text)" : text
    // By scalars: a carriage return with its line feed is one character.
    let isPlain = text.unicodeScalars.allSatisfy { !"\",\r\n".unicodeScalars.contains($0) }
    return isPlain && text.first != " " && text.last != " "
      ? text : "\"\(text.replacing("\"", with: "\"\""))\""
  }
}
