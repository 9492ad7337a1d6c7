import Jobs

/// Which script a text's letters are of, by Unicode blocks.
enum Script: String, CaseIterable {
  case latin, greek, cyrillic, hebrew, arabic, devanagari, thai, hangul, kana, han, other
  /// Letters of several scripts, none of them nine tenths of all.
  case mixed
  /// No letters at all.
  case none

  init(of text: String) {
    var counts: [Script: Int] = [:]
    for scalar in text.unicodeScalars where scalar.properties.isAlphabetic {
      counts[Script(of: scalar), default: 0] += 1
    }
    let all = counts.values.reduce(0, +)
    // Japanese is written in kana and Han characters together.
    if let kana = counts[.kana], let han = counts.removeValue(forKey: .han) { counts[.kana] = kana + han }
    guard let most = counts.max(by: { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }) else {
      self = .none
      return
    }
    self = 10 * most.value >= 9 * all ? most.key : .mixed
  }

  private init(of scalar: Unicode.Scalar) {
    self =
      switch scalar.value {
      case 0x41...0x24F, 0x1E00...0x1EFF, 0x2C60...0x2C7F, 0xA720...0xA7FF, 0xFB00...0xFB06, 0xFF21...0xFF5A:
        .latin
      case 0x370...0x3FF, 0x1F00...0x1FFF: .greek
      case 0x400...0x52F, 0x1C80...0x1C8F, 0x2DE0...0x2DFF, 0xA640...0xA69F: .cyrillic
      case 0x590...0x5FF, 0xFB1D...0xFB4F: .hebrew
      case 0x600...0x6FF, 0x750...0x77F, 0x8A0...0x8FF, 0xFB50...0xFDFF, 0xFE70...0xFEFF: .arabic
      case 0x900...0x97F: .devanagari
      case 0xE00...0xE7F: .thai
      case 0x1100...0x11FF, 0x3130...0x318F, 0xAC00...0xD7AF: .hangul
      case 0x3040...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9D: .kana
      case 0x3005...0x3007, 0x3400...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: .han
      default: .other
      }
  }
}

extension FolderDatasetResult.Prompts {
  init(_ prompts: [String]) {
    let lengths = prompts.map(\.count).sorted()
    self.init(
      count: prompts.count, shortest: lengths.first ?? 0,
      median: lengths.isEmpty ? 0 : lengths[(lengths.count - 1) / 2], longest: lengths.last ?? 0,
      scripts: Dictionary(prompts.map { (Script(of: $0).rawValue, 1) }, uniquingKeysWith: +),
      languages: Dictionary(prompts.map { (PromptLanguage.code(of: $0), 1) }, uniquingKeysWith: +))
  }
}
