/// One of the ways in which programs name the tensors of a LoRA file.
struct AdapterLayout: Sendable {
  /// Who writes it, for messages; unlike any other layout's.
  let name: String
  /// All keys of a file begin with one of these; longer ones first.
  let prefixes: [String]
  let factorNames: [FactorNames]
  let takesAlpha: Bool
  /// What a module is in diffusers, of its name without prefix; nil for names that do not belong to the layout.
  let target: @Sendable (String) -> AdapterTarget?

  /// All that are read. No key belongs to two of them.
  static let all = [
    diffusers, diffusersModel, peft, peftBlackForest, processors, kohya, kohyaDiffusers, blackForest, xlabs,
  ]

  /// What the two factors and their α are called behind a module's name.
  enum FactorNames: String, CaseIterable, Sendable {
    case peft = "lora_A and lora_B"
    case kohya = "lora_down and lora_up"
    case processor = "down and up"

    var down: String {
      switch self {
      case .peft: ".lora_A.weight"
      case .kohya: ".lora_down.weight"
      case .processor: ".down.weight"
      }
    }

    var up: String {
      switch self {
      case .peft: ".lora_B.weight"
      case .kohya: ".lora_up.weight"
      case .processor: ".up.weight"
      }
    }
  }

  /// What the module of a key is in this layout, and its name without prefix; nil when it is not of this layout.
  func target(ofModule module: String) -> (name: String, target: AdapterTarget)? {
    for prefix in prefixes where module.hasPrefix(prefix) {
      let name = String(module.dropFirst(prefix.count))
      return target(name).map { (name, $0) }
    }
    return nil
  }
}

/// A key of a LoRA file, understood.
struct AdapterKey: Sendable {
  enum Part: Sendable { case down, up, alpha }

  /// As it stands in the file.
  let text: String
  /// What comes before the part, prefix included.
  let module: String
  /// The module's name without prefix.
  let name: String
  let part: Part
  /// How the file calls its factors; nil for α, whose name is everybody's.
  let factorNames: AdapterLayout.FactorNames?
  let layout: AdapterLayout
  let target: AdapterTarget

  /// Reads a key; nil when it belongs to no layout.
  init?(_ text: String) {
    guard let (suffix, part, names) = Self.suffixes.first(where: { text.hasSuffix($0.text) }) else {
      return nil
    }
    let module = String(text.dropLast(suffix.count))
    for layout in AdapterLayout.all {
      guard names.map(layout.factorNames.contains) ?? layout.takesAlpha,
        let (name, target) = layout.target(ofModule: module)
      else { continue }
      (self.text, self.module, self.name, self.part) = (text, module, name, part)
      (factorNames, self.layout, self.target) = (names, layout, target)
      return
    }
    return nil
  }

  private static let suffixes: [(text: String, Part, AdapterLayout.FactorNames?)] =
    AdapterLayout.FactorNames.allCases.flatMap { [($0.down, .down, $0), ($0.up, .up, $0)] }
    + [(".alpha", .alpha, nil)]
}
