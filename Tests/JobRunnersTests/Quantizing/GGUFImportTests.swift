import Checkpoints
import FLUX
import Foundation
import GGUFWriting
import Tensors
import Testing

@testable import JobRunners

extension ComputingTests {
  /// flux-mini's transformer as a file under Black Forest Labs' names, made a pipeline again.
  @Suite struct GGUFImportTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "gguf-\(UUID().uuidString)")
    private static let model = URL(filePath: #filePath).appending(path: "../../../../Spool/models/flux-mini")
      .standardizedFileURL.path

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private func remove() { try? FileManager.default.removeItem(at: folder) }

    /// The layers of a transformer with two blocks and four single ones, with those that are one in diffusers.
    private static let layers: [(name: String, parts: [String])] = {
      var layers: [(name: String, parts: [String])] = [
        ("img_in", ["x_embedder"]), ("txt_in", ["context_embedder"]), ("final_layer.linear", ["proj_out"]),
        ("final_layer.adaLN_modulation.1", ["norm_out.linear"]),
        ("time_in.in_layer", ["time_text_embed.timestep_embedder.linear_1"]),
        ("time_in.out_layer", ["time_text_embed.timestep_embedder.linear_2"]),
        ("vector_in.in_layer", ["time_text_embed.text_embedder.linear_1"]),
        ("vector_in.out_layer", ["time_text_embed.text_embedder.linear_2"]),
      ]
      for block in 0..<2 {
        let (from, to) = ("double_blocks.\(block).", "transformer_blocks.\(block).")
        layers += [
          ("img_attn.qkv", ["attn.to_q", "attn.to_k", "attn.to_v"]),
          ("txt_attn.qkv", ["attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"]),
          ("img_attn.proj", ["attn.to_out.0"]), ("txt_attn.proj", ["attn.to_add_out"]),
          ("img_mlp.0", ["ff.net.0.proj"]), ("img_mlp.2", ["ff.net.2"]),
          ("txt_mlp.0", ["ff_context.net.0.proj"]), ("txt_mlp.2", ["ff_context.net.2"]),
          ("img_mod.lin", ["norm1.linear"]), ("txt_mod.lin", ["norm1_context.linear"]),
        ].map { (from + $0.0, $0.1.map { to + $0 }) }
      }
      for block in 0..<4 {
        let (from, to) = ("single_blocks.\(block).", "single_transformer_blocks.\(block).")
        layers += [
          ("linear1", ["attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"]), ("linear2", ["proj_out"]),
          ("modulation.lin", ["norm.linear"]),
        ].map { (from + $0.0, $0.1.map { to + $0 }) }
      }
      return layers
    }()

    private static let norms: [(name: String, key: String)] =
      (0..<2).flatMap { block in
        [("img_attn", "norm_q", "norm_k"), ("txt_attn", "norm_added_q", "norm_added_k")].flatMap {
          [
            (
              "double_blocks.\(block).\($0.0).norm.query_norm.scale",
              "transformer_blocks.\(block).attn.\($0.1).weight"
            ),
            (
              "double_blocks.\(block).\($0.0).norm.key_norm.scale",
              "transformer_blocks.\(block).attn.\($0.2).weight"
            ),
          ]
        }
      }
      + (0..<4).flatMap { block in
        [("query", "q"), ("key", "k")].map {
          (
            "single_blocks.\(block).norm.\($0.0)_norm.scale",
            "single_transformer_blocks.\(block).attn.norm_\($0.1).weight"
          )
        }
      }

    private func write(_ change: (inout GGUFWriter) -> Void = { _ in }) throws -> String {
      let checkpoint = try Checkpoint(path: "\(Self.model)/transformer")
      func tensor(_ name: String, of keys: [String]) throws -> GGUFWriter.Tensor {
        let found = try keys.map { try #require(checkpoint.locate($0), "\($0)") }
        var values = try found.flatMap { try $0.file.floats($0.entry.name) }
        // Shift and scale have changed places.
        if name.hasPrefix("final_layer.adaLN") {
          values = Array(values[(values.count / 2)...] + values[..<(values.count / 2)])
        }
        let rows = found.reduce(0) { $0 + $1.entry.shape[0] }
        return (name, [rows] + found[0].entry.shape.dropFirst(), 0, GGUFWriter.floats(values))
      }
      var writer = GGUFWriter()
      writer.facts = [("general.architecture", 8, GGUFWriter.text("flux"))]
      writer.tensors = try Self.layers.flatMap { layer in
        try [".weight", ".bias"].map { ending in
          try tensor(layer.name + ending, of: layer.parts.map { $0 + ending })
        }
      }
      writer.tensors += try Self.norms.map { try tensor($0.name, of: [$0.key]) }
      change(&writer)
      let path = folder.appending(path: "flux-mini.gguf").path
      try Data(writer.content).write(to: URL(filePath: path))
      return path
    }

    private func latents(_ folder: String) throws -> Tensor {
      let pipeline = try FluxPipeline(folder: folder)
      var generator = TorchGenerator(seed: 3)
      var sampling = FluxPipeline.Sampling()
      sampling.steps = 2
      return try pipeline.sample(
        pipeline.noise(from: &generator, height: 64, width: 64),
        conditioning: pipeline.conditioning(["a green apple"], maxSequenceLength: 16), height: 64, width: 64,
        sampling)
    }

    @Test func `a pipeline made of the file draws what the file's model draws`() throws {
      defer { remove() }
      let target = folder.appending(path: "made").path
      try GGUFImport(file: write(), parts: Self.model).write(to: target)
      #expect(try latents(target) == latents(Self.model))
      let names = { (path: String) in Set(try FileManager.default.contentsOfDirectory(atPath: path)) }
      #expect(try names(target) == names(Self.model).subtracting(["adapters"]))
    }

    @Test func `a transformer that does not fit the folder leaves nothing`() throws {
      defer { remove() }
      let target = folder.appending(path: "made").path
      let file = try write { writer in writer.tensors.removeAll { $0.name == "img_in.bias" } }
      let error = try #require(throws: CheckpointError.self) {
        try GGUFImport(file: file, parts: Self.model).write(to: target)
      }
      #expect("\(error)".contains("x_embedder.bias"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["flux-mini.gguf"])
    }
  }
}
