import Checkpoints
import Layers
import Tensors

/// A Swin transformer that gives the maps of some of its stages, normalised.
///
/// transformers 5.23.0 `models/swin/modeling_swin.py`, `SwinBackbone`. The window keeps its size on maps smaller than itself.
struct SwinBackbone: Sendable {
  let configuration: SwinConfiguration
  let patches: Weight  // embeddings.patch_embeddings.projection.weight
  let patchBias: Tensor
  let norm: LayerNorm  // embeddings.norm
  let stages: [SwinStage]  // encoder.layers
  /// One less than there are stages.
  let mergings: [SwinPatchMerging]  // encoder.layers.K.downsample
  let outputNorms: [Int: LayerNorm]  // hidden_states_norms, by stage counted from 1

  init(_ weights: WeightReader, _ configuration: SwinConfiguration) throws {
    self.configuration = configuration
    let embeddings = weights.scope("embeddings")
    let projection = embeddings.scope("patch_embeddings").scope("projection")
    let (width, patch) = (configuration.width, configuration.patchSize)
    patches = try projection.weight("weight", shape: [width, 3, patch, patch])
    patchBias = try projection.tensor("bias", shape: [width])
    // The norms outside the blocks are made with PyTorch's epsilon, whatever layer_norm_eps says.
    norm = try LayerNorm(embeddings.scope("norm"), width: width, epsilon: 1e-5)
    var stages: [SwinStage] = []
    var mergings: [SwinPatchMerging] = []
    for index in configuration.depths.indices {
      let stage = weights.scope("encoder").scope("layers", index)
      stages.append(try SwinStage(stage, index: index, configuration))
      if index < configuration.depths.count - 1 {
        mergings.append(
          try SwinPatchMerging(
            stage.scope("downsample"), width: configuration.channels(ofStage: index + 1)))
      }
    }
    (self.stages, self.mergings) = (stages, mergings)
    var norms: [Int: LayerNorm] = [:]
    for stage in configuration.outputStages {
      norms[stage] = try LayerNorm(
        weights.scope("hidden_states_norms").scope("stage\(stage)"),
        width: configuration.channels(ofStage: stage), epsilon: 1e-5)
    }
    outputNorms = norms
  }

  /// The maps of the chosen stages, largest first.
  ///
  /// - Parameter pixelValues: `[3, height, width]`; padded with zeros to whole patches.
  func callAsFunction(_ pixelValues: Tensor) -> [SwinMap] {
    var map = embedded(pixelValues)
    var outputs: [SwinMap] = []
    for index in stages.indices {
      map = stages[index](map)
      if let norm = outputNorms[index + 1] {
        outputs.append(SwinMap(tokens: norm(map.tokens), height: map.height, width: map.width))
      }
      if index < mergings.count { map = mergings[index](map) }
    }
    return outputs
  }

  private func embedded(_ pixelValues: Tensor) -> SwinMap {
    let image = FeatureMap(channelsFirst: pixelValues.reshaped([1] + pixelValues.shape), index: 0)
    let patch = configuration.patchSize
    let map = image.convolved(
      with: patches, bias: patchBias,
      ConvolutionGeometry(
        inputs: 3, outputs: configuration.width, size: patch, stride: patch, padding: (0, patch - 1)))
    return SwinMap(
      tokens: norm(map.tokens().reshaped(map.pixels, map.channels)), height: map.height, width: map.width)
  }
}
