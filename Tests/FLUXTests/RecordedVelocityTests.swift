import Autodiff
import Checkpoints
import FLUX
import Foundation
import Tensors
import Testing

/// The plain forward pass is the oracle of the recorded one, and of adapters beside the weights.
@Suite struct RecordedVelocityTests {
  /// Products are summed in another order: queries, keys and values are computed together, adapters beside the weights.
  private static let tolerance: Float = 2e-5
  private let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/parity/flux-pipeline-dev/pipe/transformer").standardized.path
  private let height = 3
  private let width = 2
  private let textTokens = 5
  private let batch = 2

  /// Low-rank updates of which both factors differ from zero.
  private func lowRank() throws -> LowRankLayers {
    let layers = LowRankLayers(.init(rank: 3, alpha: 6), generator: TorchGenerator(seed: 4))
    _ = try FluxTransformer2DModel(folder: folder, lowRank: layers)
    var generator = TorchGenerator(seed: 5)
    for pair in layers.pairs { pair.b.value = generator.normal(shape: pair.b.value.shape).affine(0.1) }
    return layers
  }

  private struct Inputs {
    let latents, context, pooled, sigma, guidance: Tensor
  }

  private func inputs(_ configuration: FluxTransformer2DModel.Configuration) -> Inputs {
    var generator = TorchGenerator(seed: 6)
    return Inputs(
      latents: generator.normal(shape: [batch, height * width, configuration.inChannels]),
      context: generator.normal(shape: [batch, textTokens, configuration.jointAttentionWidth]),
      pooled: generator.normal(shape: [batch, configuration.pooledProjectionWidth]),
      sigma: Tensor([0.9, 0.3]), guidance: Tensor([3.5, 1]))
  }

  private func plain(_ model: FluxTransformer2DModel) -> Tensor {
    let inputs = inputs(model.configuration)
    return model(
      latents: inputs.latents, context: inputs.context, pooled: inputs.pooled, sigma: inputs.sigma,
      guidance: inputs.guidance,
      rotary: model.rotaryTable(textTokens: textTokens, height: height, width: width))
  }

  private func recorded(_ model: FluxTransformer2DModel, on tape: Tape, isCheckpointed: Bool) -> Tensor {
    let inputs = inputs(model.configuration)
    return model.velocity(
      latents: inputs.latents, context: inputs.context, pooled: inputs.pooled, sigma: inputs.sigma,
      guidance: inputs.guidance,
      rotary: model.rotaryTable(textTokens: textTokens, height: height, width: width), on: tape,
      isCheckpointed: isCheckpointed
    ).value
  }

  private func expectClose(_ one: Tensor, _ other: Tensor, _ what: Comment) {
    #expect(one.shape == other.shape)
    let scale = one.values.map(abs).max() ?? 0
    let distance = zip(one.values, other.values).map { abs($0 - $1) }.max() ?? .infinity
    #expect(scale > 0.1 && distance <= Self.tolerance * scale, what)
  }

  @Test func `the recorded pass gives the plain one's velocity, kept or computed again`() throws {
    let layers = try lowRank()
    let model = try FluxTransformer2DModel(
      folder: folder, lowRank: LowRankLayers(layers.adapter))
    let expected = plain(model)
    expectClose(
      expected, recorded(model, on: Tape(isRecording: false), isCheckpointed: false), "not recorded")
    let kept = recorded(model, on: Tape(), isCheckpointed: false)
    expectClose(expected, kept, "recorded")
    #expect(recorded(model, on: Tape(), isCheckpointed: true) == kept)
    #expect(recorded(model, on: Tape(keeping: Tape.usualAllowance), isCheckpointed: true) == kept)
  }

  @Test func `an adapter merged into the weights and one beside them give the same velocity`() throws {
    let layers = try lowRank()
    let bare = plain(try FluxTransformer2DModel(folder: folder))
    let beside = plain(
      try FluxTransformer2DModel(folder: folder, lowRank: LowRankLayers(layers.adapter)))
    let merged = plain(
      try FluxTransformer2DModel(folder: folder, adapter: AppliedAdapter(layers.adapter, strength: 1)))
    expectClose(beside, merged, "merged")
    let change = zip(bare.values, beside.values).map { abs($0 - $1) }.max() ?? 0
    #expect(change > 100 * Self.tolerance, "the adapter changes something")
  }
}
