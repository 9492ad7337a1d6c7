import Checkpoints
import FLUX
import Tensors
import Testing

/// A FLUX `transformer` folder with the inputs of one forward pass.
enum FluxTransformerParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool {
    parityCase.has("transformer/config.json") && parityCase.comparisons.contains { $0.tensor == "rope_cos" }
  }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    let transformer = try FluxTransformer2DModel(folder: "\(parityCase.folder)/transformer")
    let inputs = try parityCase.file("inputs.safetensors")
    func input(_ name: String) throws -> Tensor {
      Tensor(try inputs.floats(name), shape: try inputs.entry(name).shape)
    }
    let ids = Tensor.concatenated([try input("txt_ids"), try input("img_ids")], axis: 0)
    var results: [String: [Float]] = [:]
    let output = transformer(
      latents: try input("hidden_states"), context: try input("encoder_hidden_states"),
      pooled: try input("pooled_projections"), sigma: try input("timestep"),
      guidance: transformer.configuration.hasGuidance ? try input("guidance") : nil,
      rotary: FluxRotaryPositions.table(ids: ids, axes: transformer.configuration.rotaryAxes)
    ) { observation in
      switch observation {
      case .rotary(let table):
        // The reference stores every angle twice, once for each channel of a pair.
        results["rope_cos"] = table.cosine.values.flatMap { [$0, $0] }
        results["rope_sin"] = table.sine.values.flatMap { [$0, $0] }
      case .temb(let temb): results["temb"] = temb.values
      case .doubleBlock(let index, let hidden, let context):
        results["block\(index)_img"] = hidden.values
        results["block\(index)_txt"] = context.values
      case .singleBlock(let index, let tokens, let textTokens):
        results["single\(index)_txt"] = tokens.slice(0..<textTokens, axis: 1).values
        results["single\(index)_img"] = tokens.slice(textTokens..<tokens.shape[1], axis: 1).values
      }
    }
    results["output"] = output.values
    return results
  }
}
