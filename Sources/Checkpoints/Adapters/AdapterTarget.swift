/// The layers of diffusers' transformer that one pair of factors changes, and how the rows of B belong to them.
struct AdapterTarget: Sendable, Equatable {
  var layers: [String]
  var rows: Rows

  /// How the rows of a module's output are shared out. A is the same for all layers: `[B₁; B₂] A = [B₁ A; B₂ A]`.
  enum Rows: Sendable {
    /// All to the one layer.
    case whole
    /// Equal parts for query, key and value, each as wide as the input.
    case thirds
    /// Query, key and value, each as wide as the input, and what is left for the MLP.
    case attentionAndMLP
    /// All to the one layer, the second half before the first.
    case swappedHalves

    /// The ranges of rows that each layer takes one after the other; nil when `count` rows cannot be shared out so.
    func shares(of count: Int, inputs: Int) -> [[Range<Int>]]? {
      let attention = [0, 1, 2].map { [$0 * inputs..<($0 + 1) * inputs] }
      switch self {
      case .whole: return [[0..<count]]
      case .thirds: return count == 3 * inputs ? attention : nil
      case .attentionAndMLP: return count > 3 * inputs ? attention + [[3 * inputs..<count]] : nil
      case .swappedHalves: return count == 2 * inputs ? [[inputs..<count, 0..<inputs]] : nil
      }
    }

    /// The rule, for messages.
    var expectation: String {
      switch self {
      case .whole: "any number of rows"
      case .thirds: "three times as many rows as inputs: query, key and value"
      case .attentionAndMLP: "more than three times as many rows as inputs: query, key, value and MLP"
      case .swappedHalves: "twice as many rows as inputs: shift and scale"
      }
    }
  }

  init(_ layer: String) { self.init([layer], .whole) }

  init(_ layers: [String], _ rows: Rows) { (self.layers, self.rows) = (layers, rows) }
}

/// Names of modules in which a block's number follows the name of its list.
struct BlockNames: Sendable {
  /// The lists, such as `double_blocks`.
  let lists: [String]
  /// `.`, or `_` where dots have been replaced.
  let separator: Character

  /// The name with `#` for the block's number, and that number.
  ///
  /// A number is taken as it would be written by a program: no sign, no leading zeros, at most four digits.
  func split(_ name: String) -> (template: String, number: String)? {
    for list in lists where name.hasPrefix("\(list)\(separator)") {
      let rest = name.dropFirst(list.count + 1)
      guard let end = rest.firstIndex(of: separator) else { return nil }
      let number = rest[..<end]
      guard !number.isEmpty, number.utf8.count <= 4, number.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        number == "0" || number.first != "0"
      else { return nil }
      return ("\(list)\(separator)#\(rest[end...])", String(number))
    }
    return (name, "")
  }
}
