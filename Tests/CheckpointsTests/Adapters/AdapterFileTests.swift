import Foundation
import Testing

@testable import Checkpoints

/// Which file and which layout it is, and what is refused before any factor is looked at.
@Suite struct AdapterFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let diffusers = AdapterSample.pair(
    "transformer.x.lora_A.weight", "transformer.x.lora_B.weight")
  private static let kohya = AdapterSample.pair(
    "lora_unet_img_in.lora_down.weight", "lora_unet_img_in.lora_up.weight")

  private static func number(_ key: String) -> AdapterSample.Member { (key, [1], [1, 1]) }

  @Test(arguments: [
    ("lora_unet_img_in.dora_scale", "magnitudes of a DoRA adapter"),
    ("transformer.x.lora_magnitude_vector", "magnitudes of a DoRA adapter"),
    ("lora_unet_img_in.hada_w1_a", "factors of a LoHa adapter"),
    ("lora_unet_img_in.lokr_w1", "factors of a LoKr adapter"),
    ("lora_unet_img_in.oft_blocks", "rotations of an OFT adapter"),
    ("lora_unet_img_in.lora_mid.weight", "factors of a convolution"),
    ("base_model.model.x.lora_embedding_A", "factors of an embedding"),
    ("time_in.in_layer.lora_B.bias", "biases"),
    ("lora_unet_img_in.diff_b", "biases"),
    ("diffusion_model.img_in.diff", "whole differences of weights"),
    ("lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", "for text encoders"),
    ("text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_A.weight", "for text encoders"),
    ("text_encoders.t5xxl.transformer.encoder.block.0.lora_up.weight", "for text encoders"),
    ("lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight", "for a U-Net"),
    ("unet.down_blocks.0.attentions.0.proj_in.lora.down.weight", "for a U-Net"),
  ])
  func refusesWhatIsNoPlainLoRAOfTheTransformer(key: String, kind: String) throws {
    let complaint = try AdapterSample(tensors: Self.diffusers + [Self.number(key)]).complaint(in: folder)
    #expect(
      complaint.contains("1 of 3 tensors are \(kind), which this program does not read; found \(key). "))
  }

  @Test(arguments: [
    "x", "x.lora_A.weight", "lora_unet_x.lora_down.weight", "transformer.lora_A.weight",
    "transformer.x.lora_A",
    "transformer.x.lora_C.weight", "transformer.x.lora_A.default.weight", "lycoris_img_in.lora_down.weight",
    "lora_unet_img_in.lora_A.weight", "double_blocks.0.processor.qkv_lora1.alpha",
    "double_blocks.0.img_attn.norm.query_norm.scale", "single_blocks.0.processor.qkv_lora1.down.weight",
    "transformer.single_transformer_blocks.0.attn.processor.to_out_lora.down.weight",
    "transformer_blocks.0.attn.to_x.lora_A.weight", "base_model.model..alpha",
  ])
  func listsKeysOfNoLayout(key: String) throws {
    let complaint = try AdapterSample(tensors: Self.diffusers + [Self.number(key)]).complaint(in: folder)
    #expect(
      complaint.contains(
        "1 of 3 tensors have names of no LoRA layout for FLUX that is known here; found \(key); "))
  }

  @Test func listsTwentyKeysAndCountsTheRest() throws {
    let strangers = (10..<33).map { Self.number("stranger\($0)") }
    let complaint = try AdapterSample(tensors: Self.diffusers + strangers).complaint(in: folder)
    #expect(complaint.contains("23 of 25 tensors have names of no LoRA layout"))
    #expect(complaint.contains("stranger29 and 3 more"))
    #expect(!complaint.contains("stranger30"))
  }

  @Test func refusesMixturesOfLayouts() throws {
    let complaint = try AdapterSample(tensors: Self.diffusers + Self.kohya).complaint(in: folder)
    #expect(complaint.contains("mixes tensors of 2 layouts; found 2 as diffusers (lora_A and lora_B): "))
    #expect(
      complaint.contains("2 as kohya's sd-scripts (lora_down and lora_up): lora_unet_img_in.lora_down.weight")
    )
  }

  @Test func refusesMixturesOfNamesOfFactors() throws {
    let other = AdapterSample.pair("transformer.y.lora_down.weight", "transformer.y.lora_up.weight")
    let complaint = try AdapterSample(tensors: Self.diffusers + other).complaint(in: folder)
    #expect(complaint.contains("mixes tensors of 2 layouts; found 2 as diffusers (lora_A and lora_B)"))
    let half = try AdapterSample(tensors: [
      Self.diffusers[0], ("transformer.x.lora_up.weight", [1, 1], [2, 1]),
    ])
    .complaint(in: folder)
    #expect(half.contains("mixes tensors of 2 layouts"))
  }

  @Test func refusesAlphasOfAnotherLayout() throws {
    let sample = AdapterSample(tensors: Self.diffusers + [("lora_unet_img_in.alpha", [1], [])])
    #expect(
      try sample.complaint(in: folder).contains("1 as kohya's sd-scripts (alpha): lora_unet_img_in.alpha"))
  }

  @Test func refusesFilesWithoutTensors() throws {
    #expect(try AdapterSample().complaint(in: folder).contains("holds no tensors"))
  }

  @Test func findsTheFileInAFolder() throws {
    try AdapterSample(tensors: Self.kohya).write(in: folder, as: "mine.safetensors")
    #expect(try LowRankAdapter(path: folder.path).layers == ["x_embedder"])
    try AdapterSample(tensors: Self.diffusers).write(in: folder)
    #expect(try LowRankAdapter(path: folder.path).layers == ["x"])
    #expect(try LowRankAdapter(path: "\(folder.path)/mine.safetensors").layers == ["x_embedder"])
  }

  @Test func refusesFoldersWithoutOrWithSeveralAdapters() throws {
    #expect { try LowRankAdapter(path: folder.path) } throws: {
      "\($0)".contains("holds no adapter; expected")
    }
    try AdapterSample(tensors: Self.kohya).write(in: folder, as: "a.safetensors")
    try AdapterSample(tensors: Self.kohya).write(in: folder, as: "b.safetensors")
    #expect { try LowRankAdapter(path: folder.path) } throws: {
      "\($0)".contains("holds several adapters; found a.safetensors, b.safetensors")
    }
    #expect { try LowRankAdapter(path: "\(folder.path)/none") } throws: { "\($0)".contains("No such file") }
  }
}
