import Checkpoints
import Foundation
import Tensors
import Testing

@testable import FLUX

@Suite struct FluxPipelineTests {
  private func check(_ change: (inout [String: Any]) -> Void) throws {
    let folder = NSTemporaryDirectory() + "pipeline-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var index: [String: Any] = [
      "_class_name": "FluxPipeline", "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
      "text_encoder": ["transformers", "CLIPTextModel"],
      "text_encoder_2": ["transformers", "T5EncoderModel"],
      "tokenizer": ["transformers", "CLIPTokenizer"], "tokenizer_2": ["transformers", "T5TokenizerFast"],
      "transformer": ["diffusers", "FluxTransformer2DModel"], "vae": ["diffusers", "AutoencoderKL"],
      "image_encoder": [NSNull(), NSNull()],
    ]
    change(&index)
    let data = try JSONSerialization.data(withJSONObject: index)
    try data.write(to: URL(fileURLWithPath: "\(folder)/model_index.json"))
    try FluxModelIndex.check(folder: folder)
  }

  @Test func acceptsTheIndexOfAFluxFolder() throws { try check { _ in } }

  @Test(arguments: [
    ("_class_name", "StableDiffusionPipeline"), ("transformer", "SD3Transformer2DModel"),
    ("vae", "AutoencoderKLWan"),
    ("tokenizer_2", "LlamaTokenizer"), ("scheduler", "DDIMScheduler"),
  ])
  func refusesOtherClassesByName(part: String, name: String) {
    let error = #expect(throws: CheckpointError.self) {
      try check { $0[part] = part == "_class_name" ? name : ["diffusers", name] }
    }
    #expect(error?.key == part)
    #expect(error?.found?.contains(name) == true)
  }

  @Test func refusesFoldersWithoutAPart() {
    let error = #expect(throws: CheckpointError.self) { try check { $0["vae"] = nil } }
    #expect(error?.key == "vae")
    #expect(throws: CheckpointError.self) { try FluxPipeline(folder: "/nonexistent") }
  }

  @Test func roundsPixelsHalfToEven() {
    // 0.5/255 and 2.5/255 are ties that go down, 1.5/255 one that goes up.
    let values: [Float] = [0, 1, 0.5 / 255, 1.5 / 255, 2.5 / 255, 0.4]
    let images = Tensor([Float](repeating: 0.2, count: 6) + values, shape: [2, 3, 1, 2])
    #expect(FluxPipeline.pixels(of: images, index: 0) == [UInt8](repeating: 51, count: 6))
    #expect(FluxPipeline.pixels(of: images, index: 1) == [0, 0, 2, 255, 2, 102])
  }

  @Test func selectsEntriesOfAConditioning() {
    let conditioning = FluxPipeline.Conditioning(
      states: Tensor((0..<12).map { Float($0) }, shape: [2, 3, 2]), pooled: Tensor([1, 2], shape: [2, 1]))
    let selected = conditioning.selecting([1, 1, 0])
    #expect(selected.count == 3)
    #expect(selected.pooled.values == [2, 2, 1])
    #expect(selected.states.shape == [3, 3, 2])
    #expect(Array(selected.states.values.prefix(6)) == [6, 7, 8, 9, 10, 11])
  }

  @Test func saysWhereTheNumbersEnded() {
    #expect(SamplingError.step(2, sigma: 0.5).description.hasPrefix("the latents after step 3 (sigma 0.5)"))
    #expect(SamplingError.decoding.description.hasPrefix("the decoded image"))
  }
}
