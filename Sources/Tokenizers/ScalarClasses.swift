/// Unicode classes as the reference's libraries know them.
///
/// Swift 6.3 has the tables of Unicode 17. The reference mixes older ones: scalars that came later count there as
/// unassigned, and its ids follow from that. Checked for all 1,112,064 scalars against tokenizers 0.23.3.
extension Unicode.Scalar {
  /// Whether the scalar was assigned by the given version of Unicode.
  func isAssigned(inUnicode major: Int) -> Bool {
    guard let age = properties.age else { return false }
    return age.major < major || age.major == major && age.minor == 0
  }

  /// `\p{L}`: letters of any kind, by Unicode 16 (Oniguruma).
  var isLetter: Bool {
    if isASCII { return UInt8(ascii: "a")...UInt8(ascii: "z") ~= UInt8(value) | 0x20 }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return isAssigned(inUnicode: 16)
    default: return false
    }
  }

  /// `\p{N}`: decimal digits, letter numbers and other numbers, by Unicode 16 (Oniguruma).
  var isNumber: Bool {
    if isASCII { return UInt8(ascii: "0")...UInt8(ascii: "9") ~= UInt8(value) }
    switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: return isAssigned(inUnicode: 16)
    default: return false
    }
  }

  /// `\s`: the Unicode property White_Space.
  var isWhitespace: Bool {
    if isASCII { return value == 0x20 || 0x09...0x0D ~= value }
    return properties.isWhitespace
  }

  /// `\w` as Rust's regular expressions define it: alphabetic, mark, decimal number, connector, join control.
  var isWord: Bool {
    if isASCII { return isLetter || isNumber || value == 0x5F }
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }
}

extension String {
  /// Each scalar in lower case by itself, without the rule for a final sigma, as Rust's `char::to_lowercase`.
  var lowercasedByScalar: String {
    var lowered = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar.isASCII {
        let isUpper = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= UInt8(scalar.value)
        lowered.append(isUpper ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar)
      } else {
        lowered.appendEach(of: scalar.properties.lowercaseMapping)
      }
    }
    return String(lowered)
  }
}
