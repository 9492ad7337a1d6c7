import Checkpoints
import FLUX
import Foundation
import Tensors
import Testing
import Tokenizers

@testable import Synthesis

@Suite struct SyntheticModelTests {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "synthetic-\(UUID().uuidString)")

  private func remove() { try? FileManager.default.removeItem(at: folder) }

  /// The published parts, made small.
  private static func small() throws -> SyntheticModel {
    let sizes = [
      "\"num_layers\": 19": "\"num_layers\": 1", "\"num_single_layers\": 38": "\"num_single_layers\": 1",
      "\"num_layers\": 24": "\"num_layers\": 1", "\"num_attention_heads\": 24": "\"num_attention_heads\": 2",
      "\"attention_head_dim\": 128": "\"attention_head_dim\": 16", "[16, 56, 56]": "[4, 6, 6]",
      "\"joint_attention_dim\": 4096": "\"joint_attention_dim\": 32", "\"d_model\": 4096": "\"d_model\": 32",
      "\"d_ff\": 10240": "\"d_ff\": 64", "\"num_heads\": 64": "\"num_heads\": 2",
      "\"d_kv\": 64": "\"d_kv\": 16",
      "\"pooled_projection_dim\": 768": "\"pooled_projection_dim\": 32",
      "\"hidden_size\": 768": "\"hidden_size\": 32",
      "\"intermediate_size\": 3072": "\"intermediate_size\": 64",
      "\"num_hidden_layers\": 12": "\"num_hidden_layers\": 1",
      "\"num_attention_heads\": 12": "\"num_attention_heads\": 2", "[128, 256, 512, 512]": "[32, 32, 32, 32]",
    ]
    let parts = PublishedShape.fluxDev.parts.map { part in
      ModelPart(
        part.architecture, folder: part.folder,
        configuration: sizes.reduce(part.configuration) { $0.replacing($1.key, with: $1.value) })
    }
    return try SyntheticModel(parts: parts, files: PublishedShape.fluxDev.files)
  }

  @Test func theShapesHaveThePublishedNumbersOfParameters() throws {
    // Black Forest Labs' transformer of dev, laion's ViT-H/14 and Google's encoder of T5 v1.1 XXL.
    let dev = try PublishedShape.fluxDev.parts.map { ($0.architecture, try $0.tensors()) }
    let sums = dev.map { $0.1.parameters }
    #expect(sums[0] == 11_901_408_320)
    #expect(sums[1] == 83_819_683)
    #expect(sums[2] == 123_060_480)
    #expect(sums[3] == 4_762_310_656)
    #expect(try SyntheticModel(like: .clipViTH14).parameters == 986_109_441)
  }

  @Test func aSmallOneIsDrawnWith() throws {
    defer { remove() }
    try Self.small().write(to: folder.path)
    let pipeline = try FluxPipeline(folder: folder.path)
    let conditioning = pipeline.conditioning(["a green apple"], maxSequenceLength: 16)
    #expect(conditioning.states.isFinite && conditioning.pooled.isFinite)
    var generator = TorchGenerator(seed: 1)
    let noise = pipeline.noise(from: &generator, height: 32, width: 32)
    var sampling = FluxPipeline.Sampling()
    sampling.steps = 2
    let latents = try pipeline.sample(
      noise, conditioning: conditioning, height: 32, width: 32, sampling, noise: { _ in noise },
      onStep: { _, _ in })
    #expect(latents.isFinite)
    _ = try pipeline.images(from: latents, height: 32, width: 32)
  }

  @Test func shardsAreCutAndIndexedAndDependOnTheSeedAlone() throws {
    defer { remove() }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var model = try Self.small()
    model.shardBytes = 40_000
    func bytes(_ name: String, seed: UInt64) throws -> Data {
      model.seed = seed
      let place = folder.appending(path: name)
      try model.write(to: place.path)
      let shards = try FileManager.default.contentsOfDirectory(atPath: place.path + "/transformer").sorted()
      #expect(shards.contains("diffusion_pytorch_model.safetensors.index.json"))
      #expect(shards.contains { $0.hasPrefix("diffusion_pytorch_model-00001-of-") })
      // Strict: all shards are found by the index, no tensor is missing or stands in two.
      _ = try FluxTransformer2DModel(folder: place.path + "/transformer")
      return try shards.reduce(Data()) {
        $0 + (try Data(contentsOf: place.appending(path: "transformer/\($1)")))
      }
    }
    let first = try bytes("a", seed: 1)
    #expect(try bytes("b", seed: 1) == first)
    #expect(try bytes("c", seed: 2) != first)
  }

  @Test func whatCannotBeWrittenLeavesNothing() throws {
    defer { remove() }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try Self.small().write(to: folder.appending(path: "m").path) { if $0 > 10_000 { throw Stop() } }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func theTokenizersHaveThePublishedSizes() throws {
    defer { remove() }
    for (path, text) in PublishedShape.fluxDev.files where path.hasPrefix("tokenizer") {
      let file = folder.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let clip = try CLIPTokenizer(folder: folder.appending(path: "tokenizer").path)
    #expect(clip.vocabularySize == 49_408)
    #expect(clip.encode("a green apple")[0] == 49_406 && clip.encode("a green apple").last == 49_407)
    #expect((5...20).contains(clip.encode("a green apple on an old table").count))
    let t5 = try T5Tokenizer(folder: folder.appending(path: "tokenizer_2").path)
    #expect(t5.vocabularySize == 32_100 && t5.modelMaxLength == 512)
    let ids = t5.encode("a green apple on an old table")
    #expect((5...24).contains(ids.count) && ids.last == 1 && !ids.contains(2))
  }
}
