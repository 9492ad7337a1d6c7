import Tensors

extension LowRankAdapter {
  /// What diffusers calls the file within a folder.
  package static let fileName = "pytorch_lora_weights.safetensors"

  /// Writes the adapter as diffusers does, complete or not at all; the same adapter gives the same bytes.
  ///
  /// Keys are `transformer.<layer>.lora_A.weight` and `….lora_B.weight`. Where α differs from r in some layer, the
  /// header carries `lora_adapter_metadata` with peft's settings, as `load_lora_weights` needs it; without, it takes
  /// α for r.
  ///
  /// Reference: diffusers 0.42.1 `loaders/lora_base.py`, `write_lora_layers`. Differs: of peft's settings only those
  /// are written that say how strongly factors count.
  ///
  /// - Parameters:
  ///   - path: The file; usually ``fileName`` in a folder of the adapter's own.
  ///   - type: What the factors rest as.
  /// - Throws: ``CheckpointError`` with the system's words when a step fails.
  package func write(to path: String, as type: SafetensorsWriter.FloatType = .float32) throws(CheckpointError)
  {
    var metadata = ["format": "pt"]
    if updates.values.contains(where: { $0.alpha != Float($0.rank) }) {
      metadata[AdapterConfiguration.metadataKey] = settings
    }
    var writer = SafetensorsWriter(metadata: metadata)
    for (layer, update) in updates {
      writer.add("transformer.\(layer).lora_A.weight", update.a.values, shape: update.a.shape, as: type)
      writer.add("transformer.\(layer).lora_B.weight", update.b.values, shape: update.b.shape, as: type)
    }
    try writer.write(to: path)
  }

  /// peft's settings as diffusers has Python print them: two spaces of indentation, sorted keys.
  private var settings: String {
    let rank = Self.commonest(updates.values.map { Float($0.rank) })
    let alpha = Self.commonest(updates.values.map(\.alpha))
    let others = updates.sorted { $0.key < $1.key }
    // Without `^`, a name would also match every longer name that ends in it: proj_out is in all single blocks.
    let ranks = others.filter { Float($0.value.rank) != rank }.map {
      "\(Self.quoted("^\($0.key)")): \($0.value.rank)"
    }
    let alphas = others.filter { $0.value.alpha != alpha }.map {
      "\(Self.quoted("^\($0.key)")): \(Self.number($0.value.alpha))"
    }
    let members = [
      ("alpha_pattern", Self.block(alphas, "{", "}")),
      ("lora_alpha", Self.number(alpha)),
      ("r", Self.number(rank)),
      ("rank_pattern", Self.block(ranks, "{", "}")),
      ("target_modules", Self.block(layers.map(Self.quoted), "[", "]")),
    ]
    return "{\n" + members.map { "  \"transformer.\($0.0)\": \($0.1)" }.joined(separator: ",\n") + "\n}"
  }

  /// The value that occurs most often; of several, the least.
  private static func commonest(_ values: [Float]) -> Float {
    let counts = Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 1
  }

  /// Whole numbers without a fraction, as peft's own settings have them.
  private static func number(_ value: Float) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  private static func quoted(_ text: String) -> String { SafetensorsWriter.json(text) }

  private static func block(_ lines: [String], _ open: String, _ close: String) -> String {
    lines.isEmpty
      ? open + close : open + "\n" + lines.map { "    \($0)" }.joined(separator: ",\n") + "\n  \(close)"
  }
}
