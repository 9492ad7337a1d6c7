import Tensors

extension LowRankAdapter {
  /// Reads an adapter for FLUX in the layout of diffusers, peft, kohya's sd-scripts, OneTrainer, Black Forest Labs
  /// (ComfyUI, ai-toolkit) or x-flux, which is told by its keys.
  ///
  /// Factors are F32, F16 or BF16 `[r, in]` and `[out, r]` with r ≤ min(in, out). α comes from the module's
  /// `.alpha`, else from peft's configuration (`adapter_config.json`, or `lora_adapter_metadata` in the header),
  /// else it is r, as all these programs assume.
  ///
  /// Reference: diffusers 0.42.1 `loaders/lora_pipeline.py`, `FluxLoraLoaderMixin.lora_state_dict`, and
  /// `loaders/lora_conversion_utils.py`. Differs: α stays a number instead of being multiplied into a factor; what
  /// diffusers warns about and drops is an error; see the layouts for more.
  ///
  /// - Parameter path: The file, or a folder with `pytorch_lora_weights.safetensors`, `adapter_model.safetensors` or
  ///   one other safetensors file in it.
  /// - Throws: ``CheckpointError`` that lists the keys which fit no layout or belong to another kind of adapter,
  ///   names halves without their other half, factors that do not fit each other, and numbers that are not finite.
  package init(path: String) throws(CheckpointError) {
    let adapter = try AdapterFile(path: path)
    let configuration = try AdapterConfiguration(of: adapter)
    var updates: [String: Update] = [:]
    var sources: [String: String] = [:]
    for (source, module) in adapter.modules.sorted(by: { $0.key < $1.key }) {
      let factors = try AdapterFactors(of: module, called: source, in: adapter.file)
      let configured = try configuration?.alpha(of: module.name, rank: factors.rank)
      let alpha = factors.alpha ?? configured ?? Float(factors.rank)
      for (layer, update) in try factors.updates(alpha: alpha) {
        updates[layer] = update
        guard let other = sources.updateValue(source, forKey: layer) else { continue }
        throw CheckpointError(
          file: adapter.file.path, key: source,
          problem: "changes the layer \(quoted(layer)), as \(quoted(other)) does",
          hint: "One of the two must go")
      }
    }
    self.init(path: adapter.file.path, updates: updates)
  }
}

/// The factors of one module as they stand in the file, checked.
struct AdapterFactors {
  private let file: SafetensorsFile
  private let source: String
  private let module: AdapterFile.Module
  private let down: Tensor
  private let up: Tensor
  /// The module's own α.
  let alpha: Float?

  var rank: Int { down.shape[0] }

  init(of module: AdapterFile.Module, called source: String, in file: SafetensorsFile) throws(CheckpointError)
  {
    guard let down = module.down, let up = module.up else {
      let half = [module.down, module.up].compactMap { $0 }.first
      throw CheckpointError(
        file: file.path, key: half ?? module.alpha ?? source,
        problem: half == nil
          ? "is the alpha of a module without factors" : "is half of a pair whose other half is missing",
        expected: "two factors for \(quoted(source))", hint: "The file is incomplete; save the adapter again")
    }
    (self.file, self.source, self.module) = (file, source, module)
    self.down = try Self.factor(down, "[r, in]", in: file)
    self.up = try Self.factor(up, "[out, r]", in: file)
    alpha = try module.alpha.map { key throws(CheckpointError) in try Self.alpha(key, in: file) }
    try checkRank(down: down, up: up)
  }

  private static func factor(
    _ key: String, _ expected: String, in file: SafetensorsFile
  ) throws(CheckpointError) -> Tensor {
    let entry = try file.entry(key)
    guard Weight.Format(entry.type) != nil else {
      throw CheckpointError(
        file: file.path, key: key, problem: "holds no numbers that a factor may have",
        found: entry.type.rawValue,
        expected: "F32, F16 or BF16")
    }
    guard entry.shape.count == 2, !entry.shape.contains(0) else {
      throw CheckpointError(
        file: file.path, key: key,
        problem: entry.shape.count == 4
          ? "is the factor of a convolution, of which FLUX has none" : "is no matrix",
        found: described(shape: entry.shape), expected: expected)
    }
    let values = try file.floats(key)
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw CheckpointError(
        file: file.path, key: key, problem: "holds a number that is not finite",
        found: "\(values[place]) at [\(place / entry.shape[1]), \(place % entry.shape[1])]",
        hint: "The training that made the adapter has diverged")
    }
    return Tensor(values, shape: entry.shape)
  }

  private static func alpha(_ key: String, in file: SafetensorsFile) throws(CheckpointError) -> Float {
    let entry = try file.entry(key)
    var value: Float?
    if entry.shape.allSatisfy({ $0 == 1 }) {
      // Trainers that are given α as a whole number store it as one.
      value = try entry.type.isInteger ? file.integers(key).first.map { Float($0) } : file.floats(key).first
    }
    guard let value, value.isFinite else {
      throw CheckpointError(
        file: file.path, key: key, problem: "is no alpha",
        found: value.map { "\($0)" } ?? described(shape: entry.shape), expected: "one finite number")
    }
    return value
  }

  private func checkRank(down downKey: String, up upKey: String) throws(CheckpointError) {
    guard up.shape[1] == rank else {
      throw CheckpointError(
        file: file.path, key: upKey, problem: "does not have the rank of \(quoted(downKey))",
        found: described(shape: up.shape), expected: "[out, \(rank)]")
    }
    let limit = min(down.shape[1], up.shape[0])
    guard rank <= limit else {
      throw CheckpointError(
        file: file.path, key: downKey, problem: "has a rank beyond the layer's own", found: "\(rank)",
        expected: "at most \(limit), the lesser of \(down.shape[1]) inputs and \(up.shape[0]) outputs")
    }
  }

  /// The changes of diffusers' layers.
  ///
  /// - Throws: ``CheckpointError`` when the rows of a fused module cannot be shared out.
  func updates(alpha: Float) throws(CheckpointError) -> [(layer: String, LowRankAdapter.Update)] {
    let target = module.target
    guard let shares = target.rows.shares(of: up.shape[0], inputs: down.shape[1]) else {
      throw CheckpointError(
        file: file.path, key: module.up,
        problem: "cannot be shared out to \(target.layers.joined(separator: ", "))",
        found: "\(up.shape[0]) rows for \(down.shape[1]) inputs", expected: target.rows.expectation)
    }
    return zip(target.layers, shares).map { layer, ranges in
      let parts = ranges.map { $0.count == up.shape[0] ? up : up.slice($0, axis: 0) }
      let b = parts.count == 1 ? parts[0] : Tensor.concatenated(parts, axis: 0)
      return (layer, LowRankAdapter.Update(a: down, b: b, alpha: alpha))
    }
  }
}

extension SafetensorsDataType {
  fileprivate var isInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }
}
