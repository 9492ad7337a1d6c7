/// BERT's text clean-up and its cutting into words.
///
/// tokenizers 0.23.3 `normalizers/bert.rs` and `pre_tokenizers/bert.rs`.
struct BERTNormalizer: Sendable {
  let lowercases: Bool
  let stripsAccents: Bool
  /// Put spaces round CJK ideographs, so that each is a word.
  let separatesChinese: Bool

  /// The text without control, format and private-use characters, with plain spaces, lower-cased and without accents as configured.
  func normalized(_ text: String) -> String {
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where !Self.isDropped(scalar) {
      if scalar.isWhitespace {
        clean.append(" ")
      } else if separatesChinese && Self.isChinese(scalar) {
        clean.append(" ")
        clean.append(scalar)
        clean.append(" ")
      } else {
        clean.append(scalar)
      }
    }
    var result = String(clean)
    if stripsAccents { result = Self.withoutAccents(result) }
    return lowercases ? result.lowercasedByScalar : result
  }

  /// Words between white space, and every punctuation mark by itself.
  func words(of text: String) -> [Substring.UnicodeScalarView] {
    let scalars = Substring(text).unicodeScalars
    var words: [Substring.UnicodeScalarView] = []
    var start = scalars.startIndex
    for index in scalars.indices {
      let isPunctuation = Self.isPunctuation(scalars[index])
      guard isPunctuation || scalars[index].isWhitespace else { continue }
      if start < index { words.append(scalars[start..<index]) }
      start = scalars.index(after: index)
      if isPunctuation { words.append(scalars[index..<start]) }
    }
    if start < scalars.endIndex { words.append(scalars[start...]) }
    return words
  }

  private static func withoutAccents(_ text: String) -> String {
    var kept = String.UnicodeScalarView()
    for scalar in text.decomposedByUnicode9.unicodeScalars
    where scalar.isASCII || scalar.categoryInUnicode8 != .nonspacingMark {
      kept.append(scalar)
    }
    return String(kept)
  }

  private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D: return false
    case 0, 0xFFFD: return true
    case 0x20..<0x7F: return false
    default:
      switch scalar.categoryInUnicode8 {
      case .control, .format, .privateUse: return true
      default: return false
      }
    }
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      switch scalar.value {
      case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
      default: return false
      }
    }
    switch scalar.categoryInUnicode8 {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}

extension Unicode.Scalar {
  /// The category in Unicode 8, whose tables the reference uses here (the Rust crate `unicode_categories`).
  ///
  /// Besides what was unassigned then, seven scalars have changed category since.
  fileprivate var categoryInUnicode8: Unicode.GeneralCategory {
    switch value {
    case 0x1734, 0x1171E: .nonspacingMark
    case 0xA9BD: .spacingMark
    case 0x1885, 0x1886: .otherLetter
    case 0x166D, 0x111C9: .otherPunctuation
    default: isAssigned(inUnicode: 8) ? properties.generalCategory : .unassigned
    }
  }
}
