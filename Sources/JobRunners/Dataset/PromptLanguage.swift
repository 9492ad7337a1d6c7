import CCLD2

/// Which language a text is in, as the Compact Language Detector 2 tells it.
///
/// `docs/datasets.md` says how often it is right about prompts.
enum PromptLanguage {
  /// The detector does not rely on an answer: of a few words often, of a mixture always.
  static let undetermined = "undetermined"

  /// An ISO 639 code, with a script where the language has several, as `zh-Hant`; or ``undetermined``.
  static func code(of text: String) -> String {
    let found = text.withCString { ccld2_language($0, text.utf8.count) }
    guard let code = found.map({ String(cString: $0) }) else { return undetermined }
    return switch code {
    // As ISO 639 had them before 1989.
    case "iw": "he"
    case "jw": "jv"
    // Scripts, where the detector knows no language of them.
    case _ where code.hasPrefix("xx-"): undetermined
    default: code
    }
  }
}
