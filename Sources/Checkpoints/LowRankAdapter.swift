import Foundation
import Tensors

/// A LoRA file: for every adapted layer a change `scale · B A` of its weight.
///
/// Reads what diffusers 0.42.1 `save_lora_weights` writes: keys `transformer.<layer>.lora_A.weight` `[r, in]` and
/// `….lora_B.weight` `[out, r]`. The scale is α/r, α from a key `….alpha`, else from the file's
/// `lora_adapter_metadata`, else r (as diffusers assumes).
package struct LowRankAdapter: Sendable {
  package let path: String
  let updates: [String: Update]

  struct Update: Sendable {
    /// `[r, in]`.
    let a: Tensor
    /// `[out, r]`.
    let b: Tensor
    let scale: Float
  }

  /// The layers that the adapter changes, sorted.
  package var layers: [String] { updates.keys.sorted() }

  /// Reads a file, or `pytorch_lora_weights.safetensors` in a folder.
  ///
  /// - Parameter component: What the names begin with, `transformer` for FLUX.
  /// - Throws: ``CheckpointError`` naming keys that belong to no pair, and matrices that do not fit each other.
  package init(path: String, component: String = "transformer") throws(CheckpointError) {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    self.path = exists && isFolder.boolValue ? "\(path)/pytorch_lora_weights.safetensors" : path
    let file = try SafetensorsFile(path: self.path)
    let defaultScale = try Self.defaultScale(of: file, component)
    var layers: [String: [String: Tensor]] = [:]
    for name in file.names {
      guard name.hasPrefix("\(component)."),
        let part = ["lora_A.weight", "lora_B.weight", "alpha"].first(where: { name.hasSuffix(".\($0)") })
      else {
        throw CheckpointError(
          file: self.path, key: name, problem: "is no part of an adapter in diffusers' layout",
          expected: "\(component).<layer>.lora_A.weight and .lora_B.weight",
          hint: "Save it with diffusers' save_lora_weights")
      }
      let layer = String(name.dropFirst(component.count + 1).dropLast(part.count + 1))
      layers[layer, default: [:]][part] = Tensor(try file.floats(name), shape: try file.entry(name).shape)
    }
    var updates: [String: Update] = [:]
    for (layer, parts) in layers {
      guard let a = parts["lora_A.weight"], let b = parts["lora_B.weight"], a.shape.count == 2,
        b.shape.count == 2, a.shape[0] == b.shape[1], a.shape[0] > 0
      else {
        throw CheckpointError(
          file: self.path, key: "\(component).\(layer)", problem: "has no fitting pair of matrices",
          expected: "lora_A.weight [r, in] and lora_B.weight [out, r]", hint: "Save the adapter again")
      }
      let rank = Float(a.shape[0])
      let alpha = parts["alpha"].map { $0.count == 1 ? $0.item / rank : .nan }
      updates[layer] = Update(a: a, b: b, scale: alpha ?? defaultScale ?? 1)
    }
    guard !updates.isEmpty, updates.values.allSatisfy({ $0.scale.isFinite }) else {
      throw CheckpointError(
        file: self.path,
        problem: updates.isEmpty ? "holds no layers" : "has an alpha that is no single finite number",
        hint: "Save the adapter again")
    }
    self.updates = updates
  }

  /// α/r from the metadata that diffusers writes when it is told peft's configuration.
  private static func defaultScale(of file: SafetensorsFile, _ component: String) throws(CheckpointError)
    -> Float?
  {
    guard let text = file.header.metadata["lora_adapter_metadata"],
      let values = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
    else { return nil }
    if let pattern = values["\(component).alpha_pattern"] as? [String: Any], !pattern.isEmpty {
      throw CheckpointError(
        file: file.path, key: "lora_adapter_metadata", problem: "gives layers alphas of their own",
        hint: "Save the adapter with one lora_alpha")
    }
    guard let alpha = values["\(component).lora_alpha"] as? Double,
      let rank = values["\(component).r"] as? Double,
      rank > 0
    else { return nil }
    return Float(alpha / rank)
  }
}

/// An adapter and how strongly it is applied.
package struct AppliedAdapter: Sendable {
  package let adapter: LowRankAdapter
  /// Multiplies the adapter's own scale.
  package let strength: Float

  package init(_ adapter: LowRankAdapter, strength: Float) {
    (self.adapter, self.strength) = (adapter, strength)
  }

  /// The layer's weight with the change added, as float32; nil when the matrices do not fit.
  func merged(_ layer: String, into weight: Weight) -> Weight? {
    guard let update = adapter.updates[layer] else { return weight }
    guard weight.shape == [update.b.shape[0], update.a.shape[1]] else { return nil }
    var sum = weight.tensor()
    sum.add(update.b.product(update.a), times: strength * update.scale)
    return Weight(sum)
  }
}
