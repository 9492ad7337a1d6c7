import Glibc

/// The keys of a LoRA file, sorted into the modules of one layout.
struct AdapterFile {
  /// How many keys a message lists.
  static let listed = 20

  /// The names that libraries give to the file.
  private static let usualNames = ["pytorch_lora_weights.safetensors", "adapter_model.safetensors"]

  let file: SafetensorsFile
  let layout: AdapterLayout
  /// By the modules' names in the file.
  let modules: [String: Module]

  /// The tensors of one module.
  struct Module {
    /// Without prefix.
    let name: String
    let target: AdapterTarget
    var down: String?
    var up: String?
    var alpha: String?
  }

  /// - Throws: ``CheckpointError`` for files that are no LoRA, of no layout or of several; with the keys.
  init(path: String) throws(CheckpointError) {
    file = try SafetensorsFile(path: Self.weights(at: path))
    try AdapterRefusal.check(file)
    let keys = file.names.compactMap { AdapterKey($0) }
    layout = try Self.layout(of: keys, in: file)
    var modules: [String: Module] = [:]
    for key in keys {
      var module = modules[key.module] ?? Module(name: key.name, target: key.target)
      switch key.part {
      case .down: module.down = key.text
      case .up: module.up = key.text
      case .alpha: module.alpha = key.text
      }
      modules[key.module] = module
    }
    self.modules = modules
  }

  /// The file to open for an adapter: the path itself, or within a folder the usual name or the only safetensors
  /// file.
  static func weights(at path: String) throws(CheckpointError) -> String {
    guard let names = try Checkpoint.names(in: path) else { return path }
    let usual = usualNames.filter(names.contains)
    let candidates = usual.isEmpty ? names.filter { $0.hasSuffix(".safetensors") } : usual
    guard candidates.count == 1 else {
      throw CheckpointError(
        file: path, problem: candidates.isEmpty ? "holds no adapter" : "holds several adapters",
        found: candidates.isEmpty ? nil : Listing.text(candidates, limit: listed),
        expected: usualNames.joined(separator: " or ") + " or one other .safetensors file",
        hint: candidates.isEmpty ? nil : "Name the file to use instead of the folder")
    }
    return "\(path)/\(candidates[0])"
  }

  /// The one layout of all keys.
  private static func layout(of keys: [AdapterKey], in file: SafetensorsFile) throws(CheckpointError)
    -> AdapterLayout
  {
    // An α alone would not tell which factors there are to be.
    guard keys.count == file.names.count, let first = keys.first(where: { $0.part != .alpha }) ?? keys.first
    else { throw strangers(to: keys, in: file) }
    // Factors called differently are a mixture as well: which of two programs' α would count for the other's?
    var mixture: [String: [String]] = [:]
    for key in keys where key.part != .alpha || key.layout.name != first.layout.name {
      mixture["\(key.layout.name) (\(key.factorNames?.rawValue ?? "alpha"))", default: []].append(key.text)
    }
    guard mixture.count <= 1 else {
      let parts = mixture.sorted { $0.key < $1.key }.map {
        "\($0.value.count) as \($0.key): \(Listing.text($0.value, limit: listed / mixture.count))"
      }
      throw CheckpointError(
        file: file.path, problem: "mixes tensors of \(mixture.count) layouts",
        found: parts.joined(separator: "; "),
        expected: "one layout", hint: "Keep the tensors of one program only")
    }
    return first.layout
  }

  /// The complaint about tensors whose names no layout has, or about there being none at all.
  private static func strangers(to keys: [AdapterKey], in file: SafetensorsFile) -> CheckpointError {
    let known = Set(keys.map(\.text))
    let strangers = file.names.filter { !known.contains($0) }
    return CheckpointError(
      file: file.path,
      problem: strangers.isEmpty
        ? "holds no tensors"
        : "\(strangers.count) of \(file.names.count) tensors have names of no LoRA layout for FLUX that is known here",
      found: strangers.isEmpty ? nil : Listing.text(strangers, limit: listed),
      expected: "the names of " + AdapterLayout.all.map(\.name).joined(separator: "; "),
      hint: "Save the adapter with diffusers' FluxPipeline.save_lora_weights")
  }
}
