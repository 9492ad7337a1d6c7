extension String {
  /// The text as a terminal or a log may show it: what would move the cursor, change colours, begin a new line or turn the
  /// direction of writing is spelled out (`\n`, `\u{1B}`).
  ///
  /// - Parameter keepsLines: Whether line feeds and tabs stay.
  package func spelledOut(keepsLines: Bool = false) -> String {
    guard unicodeScalars.contains(where: { Self.isActive($0) }) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      if Self.isActive(scalar), !(keepsLines && (scalar == "\n" || scalar == "\t")) {
        result += scalar.escaped(asASCII: true)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isActive(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    // Joiners and the like belong to words; what turns the direction of writing does not.
    case .format: (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    default: false
    }
  }
}
