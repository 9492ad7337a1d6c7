/// peft's configuration of an adapter: how strongly each module counts.
///
/// Reference: peft 0.21.2 `tuners/lora/config.py`, `LoraConfig`; `utils/other.py`, `get_pattern_key`. Differs:
/// patterns are taken by their letters, with an optional `^` for a whole name; there they are regular expressions.
struct AdapterConfiguration {
  private let settings: ModelConfiguration
  /// What the keys begin with.
  private let prefix: String
  private let rank: Int
  private let alpha: Double
  private let usesRootOfRank: Bool
  private let ranks: [(pattern: String, value: Int)]
  private let alphas: [(pattern: String, value: Double)]
  /// nil where all layers or a regular expression are named, which is not compared.
  private let targets: [String]?

  /// The configuration that belongs to a file, from beside it or from its header; nil when there is none.
  init?(of adapter: AdapterFile) throws(CheckpointError) {
    let path = adapter.file.path
    let metadata = adapter.file.header.metadata[Self.metadataKey]
    switch adapter.layout.name {
    case AdapterLayout.diffusers.name, AdapterLayout.diffusersModel.name:
      guard let metadata else { return nil }
      let settings = try ModelConfiguration(text: metadata, path: "\(path), \(Self.metadataKey)")
      try self.init(settings, prefix: adapter.layout.prefixes[0])
    case _ where metadata != nil:
      throw CheckpointError(
        file: path, key: Self.metadataKey, problem: "is in the header of a file that is not diffusers'",
        found: "the layout of \(adapter.layout.name)", hint: "Which alpha counts cannot be told")
    case AdapterLayout.peft.name, AdapterLayout.peftBlackForest.name:
      let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
      // Black Forest Labs' names also come in files of their own, without a configuration.
      guard adapter.layout.name == AdapterLayout.peft.name || name == "adapter_model.safetensors" else {
        return nil
      }
      try self.init(try Self.beside(path, name), prefix: "")
    default: return nil
    }
    if let key = adapter.modules.values.compactMap(\.alpha).min() {
      throw CheckpointError(
        file: path, key: key, problem: "gives an alpha beside that of \(Self.metadataKey)",
        hint: "One of the two must go; which one counts cannot be told")
    }
  }

  static let metadataKey = "lora_adapter_metadata"

  private static func beside(_ path: String, _ name: Substring) throws(CheckpointError) -> ModelConfiguration
  {
    let file = path.dropLast(name.count) + "adapter_config.json"
    do { return try ModelConfiguration(path: String(file)) } catch {
      throw CheckpointError(
        file: path, problem: "is peft's, whose alpha stands in adapter_config.json: \(error)",
        hint: "Put the adapter_config.json of this adapter beside it")
    }
  }

  private init(_ settings: ModelConfiguration, prefix: String) throws(CheckpointError) {
    (self.settings, self.prefix) = (settings, prefix)
    try Self.refuseUnsupported(settings, prefix)
    rank = try settings.integer(prefix + "r")
    alpha = try settings.number(prefix + "lora_alpha")
    usesRootOfRank = try settings.bool(prefix + "use_rslora", default: false)
    ranks = try Self.pattern(prefix + "rank_pattern", in: settings) { value in
      value.integer.flatMap { (1...1_048_576).contains($0) ? $0 : nil }
    }
    alphas = try Self.pattern(prefix + "alpha_pattern", in: settings) { $0.double }
    targets =
      settings[prefix + "target_modules"]?.array == nil
      ? nil : try settings.strings(prefix + "target_modules")
  }

  /// A table of values by pattern, in the file's order, which decides.
  private static func pattern<Value>(
    _ key: String, in settings: ModelConfiguration, _ read: (StrictJSON) -> Value?
  ) throws(CheckpointError) -> [(pattern: String, value: Value)] {
    guard let value = settings[key] else { return [] }
    guard let table = value.object else {
      throw settings.error(key, "is not usable", expected: "numbers by module")
    }
    var entries: [(String, Value)] = []
    for pattern in table.keys {
      let name = pattern.hasPrefix("^") ? pattern.dropFirst() : pattern[...]
      let plain =
        !name.isEmpty && name.utf8.allSatisfy { $0 >= 0x80 || "._-".utf8.contains($0) || $0.isWordByte }
      guard plain, let number = table[pattern].flatMap(read) else {
        throw settings.error(
          key, plain ? "has no usable number for \(quoted(pattern))" : "names modules by \(quoted(pattern))",
          expected: plain ? nil : "names of modules or ends of names, no regular expressions")
      }
      entries.append((pattern, number))
    }
    return entries
  }

  /// The α by which a module's factors count as `α/r · B A`.
  ///
  /// - Throws: ``CheckpointError`` when the module is not one of the targets or of another rank than the configured
  ///   one.
  func alpha(of module: String, rank found: Int) throws(CheckpointError) -> Float {
    if let targets, !targets.contains(where: { Self.matches($0, module) }) {
      throw settings.error(
        prefix + "target_modules", "does not name \(quoted(module)), for which there are factors",
        hint: "The configuration belongs to another adapter")
    }
    let rank = ranks.first { Self.matches($0.pattern, module) }?.value ?? rank
    guard rank == found else {
      throw settings.error(
        prefix + "r", "gives \(quoted(module)) the rank \(rank), whose factors have \(found)",
        hint: "The configuration belongs to another adapter")
    }
    let alpha = alphas.first { Self.matches($0.pattern, module) }?.value ?? alpha
    return Float(usesRootOfRank ? alpha * Double(rank).squareRoot() : alpha)
  }

  /// Whether the pattern is the module's name or, unless it begins with `^`, the end of it after a dot.
  private static func matches(_ pattern: String, _ module: String) -> Bool {
    pattern.hasPrefix("^")
      ? module == pattern.dropFirst() : module == pattern || module.hasSuffix(".\(pattern)")
  }

  private static func refuseUnsupported(_ settings: ModelConfiguration, _ prefix: String)
    throws(CheckpointError)
  {
    try settings.require(prefix + "peft_type", is: .string("LORA"))
    try settings.require(prefix + "bias", is: .string("none"))
    for flag in ["use_dora", "use_qalora", "lora_bias"] {
      try settings.require(prefix + flag, is: .bool(false))
    }
    for key in [
      "modules_to_save", "layer_replication", "target_parameters", "trainable_token_indices",
      "alora_invocation_tokens", "use_bdlora", "arrow_config", "kasa_config", "monteclora_config",
      "velora_config",
    ] where ![nil, .array([])].contains(settings[prefix + key]) {
      throw settings.error(prefix + key, "is not supported", expected: "null", hint: "Train a plain LoRA")
    }
    let start = settings[prefix + "init_lora_weights"]
    if let name = start?.string, !["gaussian", "eva", "orthogonal"].contains(name) {
      throw settings.error(
        prefix + "init_lora_weights", "is not supported", expected: "true, gaussian, eva or orthogonal",
        hint:
          "This start changes the model's own weights as well; let peft convert the adapter when it saves it")
    }
  }
}

extension UInt8 {
  fileprivate var isWordByte: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }
}
