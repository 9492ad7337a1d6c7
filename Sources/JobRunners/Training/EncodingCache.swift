import Checkpoints
import FLUX
import Fingerprints
import Foundation
import Tensors

/// Encoded prompts and pictures, computed once and kept in files of their own, from one job to the next.
///
/// Keyed by what they were made of: the text or the file's bytes, and the state of the encoder's files. When the files
/// exceed the limit, those not used for longest go. Recently used ones are held in memory, too.
final class EncodingCache {
  typealias Tensors = [String: Tensor]

  private let folder: String
  private let limit: Int
  private var memory: [String: Tensors] = [:]
  private var oldestFirst: [String] = []
  private var heldBytes = 0
  /// Bytes written since files were last counted.
  private var written = 0
  /// Of files, by path and state: a run draws the same pictures again and again.
  private var digests: [String: String] = [:]
  private static let memoryLimit = 512 << 20

  /// - Parameters:
  ///   - folder: Made when the first file is written.
  ///   - limit: Bytes of all files together, kept to within a sixteenth; 0 keeps none.
  init(folder: String, limit: Int) {
    (self.folder, self.limit) = (folder, limit)
    if limit > 0 { trim() }
  }

  /// The spool's, which all its jobs share.
  convenience init(spoolRoot: String, limit: Int) {
    self.init(folder: "\(spoolRoot)/cache/encodings", limit: limit)
  }

  /// The state of all that a pipeline's encoded prompts depend on.
  static func encoders(of folder: String) -> [String] {
    ["text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"].map {
      FolderIdentity(of: "\(folder)/\($0)").description
    }
  }

  /// A prompt as a pipeline's encoders see it, computed when it is nowhere.
  func conditioning(
    _ prompt: String, maxSequenceLength: Int, encoders: [String],
    compute: () throws -> FluxPipeline.Conditioning
  ) throws -> FluxPipeline.Conditioning {
    let tensors = try tensors(for: ["prompt", prompt, "\(maxSequenceLength)"] + encoders) {
      let new = try compute()
      return ["states": new.states, "pooled": new.pooled]
    }
    guard let states = tensors["states"], let pooled = tensors["pooled"] else { return try compute() }
    return FluxPipeline.Conditioning(states: states, pooled: pooled)
  }

  /// The tensors of a key, computed when they are nowhere.
  func tensors(for parts: [String], compute: () throws -> Tensors) throws -> Tensors {
    let key = SHA256.hexDigest(of: Data(parts.joined(separator: "\u{0}").utf8))
    if let held = memory[key] { return held }
    let path = "\(folder)/\(key).safetensors"
    let tensors: Tensors
    if limit > 0, let kept = Self.read(path) {
      tensors = kept
      // Used now: not the next to go.
      try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path)
    } else {
      tensors = try compute()
      if limit > 0 { write(tensors, to: path) }
    }
    hold(tensors, key)
    return tensors
  }

  private static func read(_ path: String) -> Tensors? {
    guard let file = try? SafetensorsFile(path: path) else { return nil }
    var tensors: Tensors = [:]
    for name in file.names {
      guard let floats = try? file.floats(name), let entry = try? file.entry(name) else { return nil }
      tensors[name] = Tensor(floats, shape: entry.shape)
    }
    return tensors
  }

  /// A cache that cannot be written is no reason to fail: what it would have kept is computed again.
  private func write(_ tensors: Tensors, to path: String) {
    var writer = SafetensorsWriter()
    for (name, tensor) in tensors { writer.add(name, tensor.values, shape: tensor.shape) }
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try? writer.write(to: path)
    written += Self.bytes(tensors)
    // Counting is a look at every file: not after each.
    if written > limit / 16 { trim() }
  }

  /// The digest of a file's content, read once as long as its size and date stay.
  func digest(ofFile path: String) throws -> String {
    let state = "\(path)\n\(FolderIdentity(of: path).description)"
    if let known = digests[state] { return known }
    let digest = try SHA256.hexDigest(ofFile: URL(filePath: path))
    digests[state] = digest
    return digest
  }

  private func hold(_ tensors: Tensors, _ key: String) {
    memory[key] = tensors
    oldestFirst.append(key)
    heldBytes += Self.bytes(tensors)
    while heldBytes > Self.memoryLimit && oldestFirst.count > 1 {
      if let gone = memory.removeValue(forKey: oldestFirst.removeFirst()) { heldBytes -= Self.bytes(gone) }
    }
  }

  private static func bytes(_ tensors: Tensors) -> Int { tensors.values.reduce(0) { $0 + 4 * $1.count } }

  /// Removes files, the least recently used first, until the limit holds.
  private func trim() {
    written = 0
    let manager = FileManager.default
    var files: [(path: String, size: Int, used: Date)] = []
    for name in (try? manager.contentsOfDirectory(atPath: folder)) ?? [] {
      let path = "\(folder)/\(name)"
      guard let facts = try? manager.attributesOfItem(atPath: path) else { continue }
      files.append((path, facts[.size] as? Int ?? 0, facts[.modificationDate] as? Date ?? .distantPast))
    }
    var sum = files.reduce(0) { $0 + $1.size }
    for file in files.sorted(by: { $0.used < $1.used }) where sum > limit - limit / 16 {
      try? manager.removeItem(atPath: file.path)
      sum -= file.size
    }
  }
}
