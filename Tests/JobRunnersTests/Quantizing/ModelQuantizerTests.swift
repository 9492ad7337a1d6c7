import Checkpoints
import FLUX
import Foundation
import Tensors
import Testing

@testable import JobRunners

extension ComputingTests {
  @Suite struct ModelQuantizerTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "int8-\(UUID().uuidString)")
    private static let models = URL(filePath: #filePath).appending(path: "../../../../Spool/models")
      .standardizedFileURL

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private func remove() { try? FileManager.default.removeItem(at: folder) }

    private func quantized(_ model: String, group: Int? = nil, keeping kept: [String] = []) throws -> String {
      let target = folder.appending(path: "\(model)-\(group ?? 0)-\(kept.joined(separator: "-"))").path
      var quantizer = try ModelQuantizer(folder: Self.models.appending(path: model).path)
      quantizer.groupSize = group
      quantizer.keptModules = kept
      let kinds = try quantizer.write(to: target)
      #expect(kinds.reduce(0) { $0 + $1.matrices } > 10)
      // Half a step of the largest value of a channel at most.
      for kind in kinds { #expect(kind.error > 0.001 && kind.error < 0.03, "\(kind.name)") }
      return target
    }

    private func latents(_ folder: String) throws -> Tensor {
      let pipeline = try FluxPipeline(folder: folder)
      var generator = TorchGenerator(seed: 3)
      let noise = pipeline.noise(from: &generator, height: 64, width: 64)
      var sampling = FluxPipeline.Sampling()
      sampling.steps = 8
      return try pipeline.sample(
        noise, conditioning: pipeline.conditioning(["a green apple"], maxSequenceLength: 16), height: 64,
        width: 64,
        sampling)
    }

    /// Relative to the size of what is compared.
    private func distance(_ one: Tensor, _ other: Tensor) -> Float {
      let (a, b) = (one.withValues { Array($0) }, other.withValues { Array($0) })
      let difference = zip(a, b).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      return (difference / b.reduce(0) { $0 + $1 * $1 }).squareRoot()
    }

    @Test func `a pipeline draws nearly the same, with groups nearer still`() throws {
      defer { remove() }
      let whole = try latents(Self.models.appending(path: "flux-mini").path)
      // A byte has 127 steps to the largest value of a channel, of which most values are a fifth: errors of a hundredth
      // in each weight, which eight steps and six blocks add up.
      let channels = distance(try latents(quantized("flux-mini")), whole)
      let groups = distance(try latents(quantized("flux-mini", group: 32)), whole)
      print(
        "int8 latents of flux-mini: off by \(channels) with a scale a channel, \(groups) with one for 32 inputs"
      )
      #expect(channels > 0 && channels < 0.1)
      #expect(groups < channels)
    }

    @Test func `norms, modulation, embeddings and last layers stay as they were`() throws {
      defer { remove() }
      let before = try Checkpoint(path: Self.models.appending(path: "flux-mini/transformer").path)
      let after = try Checkpoint(path: quantized("flux-mini") + "/transformer")
      for key in before.keys {
        let (old, new) = (before.locate(key)!, after.locate(key)!)
        let isKept = key.contains("norm") || !key.contains("transformer_blocks") || old.entry.shape.count != 2
        #expect((new.entry.type == .int8) == !isKept, "\(key)")
        guard isKept else { continue }
        #expect(try old.file.floats(old.entry.name) == new.file.floats(new.entry.name), "\(key)")
      }
      #expect(after.keys.count { $0.hasSuffix("_scale") } == after.keys.count - before.keys.count)
      #expect(after.byteCount < before.byteCount * 3 / 4)
    }

    @Test func `modules that are named keep their precision`() throws {
      defer { remove() }
      let copy = try quantized("flux-mini", keeping: ["attn.to_q", "transformer_blocks.1", "text_encoder_2"])
      let after = try Checkpoint(path: copy + "/transformer")
      for key in after.keys where key.hasPrefix("transformer_blocks.") && key.hasSuffix(".ff.net.2.weight") {
        let isKept = key.hasPrefix("transformer_blocks.1.")
        #expect((after.locate(key)?.entry.type == .int8) == !isKept, "\(key)")
      }
      for key in after.keys where key.hasSuffix("attn.to_q.weight") {
        #expect(after.locate(key)?.entry.type != .int8, "\(key)")
      }
      #expect(after.keys.contains { $0.hasSuffix("attn.to_k.weight_scale") })
      #expect(try !Checkpoint(path: copy + "/text_encoder_2").keys.contains { $0.hasSuffix("_scale") })
      let whole = try latents(Self.models.appending(path: "flux-mini").path)
      let off = distance(try latents(copy), whole)
      #expect(off > 0 && off < 0.1)
    }

    @Test func `a module that is not there is refused with those that are`() throws {
      defer { remove() }
      let error = #expect(throws: CheckpointError.self) {
        try quantized("flux-mini", keeping: ["attn", "att"])
      }
      #expect(
        error?.key == "att" && error?.hint?.contains("transformer.single_transformer_blocks.proj_mlp") == true
      )
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func `a scorer and all files beside the weights are copied`() throws {
      defer { remove() }
      let copy = try quantized("clip-mini")
      let names = { (path: String) in Set(try FileManager.default.contentsOfDirectory(atPath: path)) }
      #expect(try names(copy) == names(Self.models.appending(path: "clip-mini").path))
      #expect(throws: CheckpointError.self) { try ModelQuantizer(folder: folder.path) }
    }
  }
}
