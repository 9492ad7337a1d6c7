import Tensors

/// Hands a checkpoint's tensors to the layers that declare them, and answers for the whole in the end.
///
/// A model takes each of its tensors by name and shape. What is missing or misshapen is noted, zeros of the declared
/// shape stand in so that building goes on, and ``finish()`` reports everything at once: the missing, the misshapen and
/// the tensors that nobody took.
///
/// A reader is for one thread. ``scope(_:)`` gives a reader for the names below a prefix that notes into the same book.
package struct WeightReader {
  private let book: Book
  /// What the names in this scope begin with; empty or ending in a dot.
  private let prefix: String

  /// - Parameters:
  ///   - ignoring: Names, after renaming, that may be in the checkpoint without being taken.
  ///   - renaming: The model's name for a name in the checkpoint, for checkpoints of older libraries.
  ///   - adapter: Merged into the layers it names as they are taken; one that is not taken is an error.
  ///   - lowRank: Updates that layers keep beside their weights; those that no layer takes are an error.
  /// - Throws: ``CheckpointError`` when two tensors get the same name.
  package init(
    _ checkpoint: Checkpoint, ignoring: [KeyPattern] = [], renaming: ((String) -> String)? = nil,
    adapter: AppliedAdapter? = nil, lowRank: LowRankLayers? = nil
  ) throws(CheckpointError) {
    book = try Book(
      checkpoint, ignoring: ignoring, renaming: renaming ?? { $0 }, adapter: adapter, lowRank: lowRank)
    prefix = ""
  }

  /// A reader that has nothing and gives zeros, but lists what is asked for: what a checkpoint of a model has.
  ///
  /// - Parameter lowRank: Updates that layers keep beside these weights.
  package init(listing list: WeightList, lowRank: LowRankLayers? = nil) {
    book = Book(listing: list, lowRank: lowRank)
    prefix = ""
  }

  private init(book: Book, prefix: String) {
    self.book = book
    self.prefix = prefix
  }

  /// The reader for the names that begin with this one's prefix, `name` and a dot.
  package func scope(_ name: String) -> WeightReader {
    WeightReader(book: book, prefix: "\(prefix)\(name).")
  }

  /// The reader for the member of a list, such as `blocks.3.`.
  package func scope(_ name: String, _ index: Int) -> WeightReader { scope("\(name).\(index)") }

  /// Whether the checkpoint has the tensor; does not take it.
  package func contains(_ name: String) -> Bool { book.originals[prefix + name] != nil }

  /// Takes a tensor as it lies in the file.
  ///
  /// - Throws: ``CheckpointError`` only when not even a stand-in can be had; everything else waits for ``finish()``.
  package func weight(_ name: String, shape: [Int]) throws(CheckpointError) -> Weight {
    try book.take(prefix + name, shape: shape)
  }

  /// Takes a tensor as float32 in memory of its own: for what is small, such as biases.
  package func tensor(_ name: String, shape: [Int]) throws(CheckpointError) -> Tensor {
    try weight(name, shape: shape).tensor()
  }

  /// The low-rank update of the layer whose scope this is; nil when it has none.
  package func lowRankPair(inputs: Int, outputs: Int) -> LowRankPair? {
    book.lowRank?.pair(for: String(prefix.dropLast()), inputs: inputs, outputs: outputs)
  }

  /// Ends the reading.
  ///
  /// - Throws: one ``CheckpointError`` that lists all missing, misshapen and unexpected tensors.
  package func finish() throws(CheckpointError) { try book.finish() }
}

/// What has been taken from a checkpoint and what went wrong; shared by all scopes of a reader.
private final class Book {
  /// Nil when there is none and names are listed.
  private let checkpoint: Checkpoint?
  private let list: WeightList?
  /// The checkpoint's names by the model's names.
  let originals: [String: String]
  private let ignoring: [KeyPattern]
  private var taken: Set<String> = []
  private var missing: [String] = []
  private var unfit: [String] = []
  private let adapter: AppliedAdapter?
  let lowRank: LowRankLayers?
  private var adapted: Set<String> = []
  private var unfitAdapted: [String] = []

  init(
    _ checkpoint: Checkpoint, ignoring: [KeyPattern], renaming: (String) -> String, adapter: AppliedAdapter?,
    lowRank: LowRankLayers?
  ) throws(CheckpointError) {
    self.adapter = adapter
    self.lowRank = lowRank
    var originals: [String: String] = [:]
    for key in checkpoint.keys {
      if let other = originals.updateValue(key, forKey: renaming(key)) {
        throw CheckpointError(
          file: checkpoint.path, key: key, problem: "means the same tensor as \(quoted(other))",
          hint: "One of the two must go")
      }
    }
    self.checkpoint = checkpoint
    self.originals = originals
    self.ignoring = ignoring
    list = nil
  }

  init(listing list: WeightList, lowRank: LowRankLayers?) {
    (checkpoint, self.list, originals, ignoring, adapter) = (nil, list, [:], [], nil)
    self.lowRank = lowRank
  }

  private var path: String { checkpoint?.path ?? "a list of tensors" }

  func take(_ key: String, shape: [Int]) throws(CheckpointError) -> Weight {
    taken.insert(key)
    list?.add(key, shape)
    guard let original = originals[key], let (file, entry) = checkpoint?.locate(original) else {
      missing.append("\(key) \(described(shape: shape))")
      return try standIn(for: key, shape)
    }
    guard entry.shape == shape else {
      unfit.append("\(original) is \(described(shape: entry.shape)), expected \(described(shape: shape))")
      return try standIn(for: key, shape)
    }
    var weight: Weight
    if entry.type == .int8 {
      guard let scales = try scales(of: key, original, shape) else { return try standIn(for: key, shape) }
      weight = Weight(shape: shape, bytes: file.bytes(of: entry), scales: scales, owner: file.map)
      // A model that is trained is the same numbers with and without a tape.
      if lowRank == nil { weight = weight.multiplyingIntegers() }
    } else if let format = Weight.Format(entry.type) {
      weight = Weight(shape: shape, format: format, bytes: file.bytes(of: entry), owner: file.map)
    } else {
      unfit.append("\(original) is \(entry.type.rawValue), expected F32, BF16, F16 or I8 with scales")
      return try standIn(for: key, shape)
    }
    // To widen a small one for every product costs a tenth of the product, and its float32 copy hardly any memory.
    if weight.isWorthWidening { weight = Weight(weight.tensor()) }
    guard let adapter, key.hasSuffix(".weight"), case let layer = String(key.dropLast(7)),
      adapter.adapter.updates[layer] != nil
    else { return weight }
    adapted.insert(layer)
    guard let merged = adapter.merged(layer, into: weight) else {
      unfitAdapted.append("\(layer), whose weight is \(described(shape: shape))")
      return weight
    }
    return merged
  }

  /// The scales of a weight that rests as signed bytes, `[rows, groups]`; nil after noting why they cannot be used.
  private func scales(of key: String, _ original: String, _ shape: [Int]) throws(CheckpointError) -> Tensor? {
    taken.insert(key + Int8Quantization.suffix)
    let name = original + Int8Quantization.suffix
    guard let (file, entry) = checkpoint?.locate(name) else {
      missing.append("\(name), the scales of \(original)")
      return nil
    }
    let inner = shape.dropFirst().reduce(1, *)
    let groups = entry.shape.count == 1 ? 1 : entry.shape.last ?? 0
    guard entry.type == .float32, [1, 2].contains(entry.shape.count), entry.shape.first == shape.first,
      groups > 0, inner % groups == 0
    else {
      unfit.append(
        "\(name) is \(entry.type.rawValue) \(described(shape: entry.shape)), expected F32 [\(shape.first ?? 0), groups of \(inner)]"
      )
      return nil
    }
    let scales = Tensor(try file.floats(name), shape: [shape[0], groups])
    guard scales.isFinite else {
      unfit.append("\(name) has values that are not finite")
      return nil
    }
    return scales
  }

  private func standIn(for key: String, _ shape: [Int]) throws(CheckpointError) -> Weight {
    guard let count = SafetensorsDataType.float32.byteCount(of: shape) else {
      throw CheckpointError(
        file: path, key: key, problem: "is missing and its shape is impossible",
        expected: described(shape: shape), hint: "The sizes in config.json do not belong to these weights")
    }
    let zeros = try MappedFile(zeros: count, for: path)
    return Weight(shape: shape, format: .float32, bytes: zeros.bytes, owner: zeros)
  }

  func finish() throws(CheckpointError) {
    let unexpected = originals.filter { key, _ in
      !taken.contains(key) && !ignoring.contains { $0.matches(key) }
    }.values.sorted()
    if let adapter {
      let strangers = adapter.adapter.layers.filter { !adapted.contains($0) }
      guard strangers.isEmpty, unfitAdapted.isEmpty else {
        throw CheckpointError(
          file: adapter.adapter.path,
          problem: "the adapter does not fit the model: "
            + (strangers.isEmpty ? "" : "\(strangers.count) unknown layers (\(Listing.text(strangers))) ")
            + (unfitAdapted.isEmpty
              ? "" : "\(unfitAdapted.count) of another size (\(Listing.text(unfitAdapted)))"),
          hint: "Name the model that the adapter was trained on")
      }
    }
    try lowRank?.finish(model: path)
    let parts = [("missing", missing), ("misshapen", unfit), ("unexpected", unexpected)].filter {
      !$0.1.isEmpty
    }
    guard !parts.isEmpty else { return }
    throw CheckpointError(
      file: path,
      problem: "the tensors do not fit the model: "
        + parts.map { "\($0.1.count) \($0.0) (\(Listing.text($0.1)))" }.joined(separator: "; "),
      hint: "Check that config.json and the weights belong to the same model")
  }
}

extension Weight.Format {
  /// The format of weights that rest as the given type; nil for types that are no weights.
  init?(_ type: SafetensorsDataType) {
    switch type {
    case .float32: self = .float32
    case .bfloat16: self = .bfloat16
    case .float16: self = .float16
    default: return nil
    }
  }
}
