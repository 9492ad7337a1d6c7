import Checkpoints
import Foundation
import Tensors

/// A folder with a small autoencoder of random weights, removed when the test ends.
final class TinyAutoencoder {
  struct Options {
    var channels = [4, 6, 8]
    var groups = 2
    var latents = 3
    var layers = 2
    var hasAttention = true
    var hasQuantConvs = false
    /// Attention names of diffusers' first versions.
    var usesFormerNames = false
    var type = SafetensorsWriter.FloatType.float32
  }

  let path: String
  private(set) var config: [String: Any]
  private var writer = SafetensorsWriter()
  private let options: Options
  private var generator = TorchGenerator(seed: 7)

  init(_ options: Options = Options()) throws {
    self.options = options
    path = NSTemporaryDirectory() + "autoencoder-\(UUID().uuidString)"
    let levels = options.channels.count
    config = [
      "_class_name": "AutoencoderKL", "block_out_channels": options.channels,
      "norm_num_groups": options.groups,
      "latent_channels": options.latents, "layers_per_block": options.layers, "act_fn": "silu",
      "in_channels": 3,
      "out_channels": 3, "down_block_types": [String](repeating: "DownEncoderBlock2D", count: levels),
      "up_block_types": [String](repeating: "UpDecoderBlock2D", count: levels),
      "mid_block_add_attention": options.hasAttention, "use_quant_conv": options.hasQuantConvs,
      "use_post_quant_conv": options.hasQuantConvs, "scaling_factor": 0.5, "shift_factor": 0.25,
      "sample_size": 32,
      "force_upcast": true, "latents_mean": NSNull(), "latents_std": NSNull(),
    ]
    addCoders()
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try writer.write(to: "\(path)/diffusion_pytorch_model.safetensors")
    try write(config: config)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(config: [String: Any]) throws {
    let data = try JSONSerialization.data(withJSONObject: config)
    try data.write(to: URL(fileURLWithPath: "\(path)/config.json"))
  }

  private func addCoders() {
    let channels = options.channels
    let last = channels.count - 1
    conv("encoder.conv_in", channels[0], 3)
    conv("decoder.conv_in", channels[last], options.latents)
    for level in 0...last {
      let down = "encoder.down_blocks.\(level)"
      for layer in 0..<options.layers {
        resnet(
          "\(down).resnets.\(layer)", layer == 0 ? channels[max(level - 1, 0)] : channels[level],
          channels[level])
      }
      if level < last { conv("\(down).downsamplers.0.conv", channels[level], channels[level]) }
      let up = "decoder.up_blocks.\(level)"
      let width = channels[last - level]
      for layer in 0...options.layers {
        resnet("\(up).resnets.\(layer)", layer == 0 ? channels[min(last - level + 1, last)] : width, width)
      }
      if level < last { conv("\(up).upsamplers.0.conv", width, width) }
    }
    for (coder, outer, outputs) in [
      ("encoder", channels[last], 2 * options.latents), ("decoder", channels[0], 3),
    ] {
      middle("\(coder).mid_block", channels[last])
      norm("\(coder).conv_norm_out", outer)
      conv("\(coder).conv_out", outputs, outer)
    }
    guard options.hasQuantConvs else { return }
    identity("quant_conv", 2 * options.latents)
    identity("post_quant_conv", options.latents)
  }

  private func middle(_ name: String, _ channels: Int) {
    for index in 0..<2 { resnet("\(name).resnets.\(index)", channels, channels) }
    guard options.hasAttention else { return }
    norm("\(name).attentions.0.group_norm", channels)
    let layers =
      options.usesFormerNames
      ? ["query", "key", "value", "proj_attn"] : ["to_q", "to_k", "to_v", "to_out.0"]
    for layer in layers {
      random("\(name).attentions.0.\(layer).weight", [channels, channels], 1 / Float(channels).squareRoot())
      random("\(name).attentions.0.\(layer).bias", [channels], 0.1)
    }
  }

  private func resnet(_ name: String, _ inputs: Int, _ outputs: Int) {
    norm("\(name).norm1", inputs)
    conv("\(name).conv1", outputs, inputs)
    norm("\(name).norm2", outputs)
    conv("\(name).conv2", outputs, outputs)
    if inputs != outputs { conv("\(name).conv_shortcut", outputs, inputs, size: 1) }
  }

  private func conv(_ name: String, _ outputs: Int, _ inputs: Int, size: Int = 3) {
    random("\(name).weight", [outputs, inputs, size, size], 1 / Float(inputs * size * size).squareRoot())
    random("\(name).bias", [outputs], 0.1)
  }

  private func norm(_ name: String, _ channels: Int) {
    random("\(name).weight", [channels], 0.1, around: 1)
    random("\(name).bias", [channels], 0.1)
  }

  private func identity(_ name: String, _ channels: Int) {
    let values = (0..<channels * channels).map { Float($0 / channels == $0 % channels ? 1 : 0) }
    writer.add("\(name).weight", values, shape: [channels, channels, 1, 1])
    writer.add("\(name).bias", .init(repeating: 0, count: channels), shape: [channels])
  }

  private func random(_ name: String, _ shape: [Int], _ deviation: Float, around mean: Float = 0) {
    let values = generator.normal(shape: shape).affine(deviation, mean).values
    writer.add(name, values, shape: shape, as: options.type)
  }
}
