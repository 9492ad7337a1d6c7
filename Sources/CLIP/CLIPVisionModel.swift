import Checkpoints
import Layers
import Tensors

/// What the vision tower says about a batch of images.
package struct CLIPVisionOutput: Sendable {
  /// States after the last layer, not normalised, `[B, 1 + patches, C]`; the class token comes first.
  package let lastHiddenState: Tensor
  /// The class token's state after the last normalisation, `[B, C]`.
  package let pooled: Tensor
}

/// CLIP's vision tower: transformer over image patches, pooled at a learnt class token.
///
/// transformers 5.23.0 `models/clip/modeling_clip.py`, `CLIPVisionModel`. The misspelt `pre_layrnorm` is the file's.
package struct CLIPVisionModel: Sendable {
  package let configuration: CLIPVisionConfiguration
  let embeddings: CLIPVisionEmbeddings
  let preNorm: LayerNorm  // pre_layrnorm
  let encoder: CLIPEncoder
  let postNorm: LayerNorm  // post_layernorm

  package init(_ weights: WeightReader, _ configuration: CLIPVisionConfiguration) throws {
    self.configuration = configuration
    let (width, epsilon) = (configuration.encoder.width, configuration.encoder.epsilon)
    embeddings = try CLIPVisionEmbeddings(weights.scope("embeddings"), configuration)
    preNorm = try LayerNorm(weights.scope("pre_layrnorm"), width: width, epsilon: epsilon)
    encoder = try CLIPEncoder(weights.scope("encoder"), configuration.encoder)
    postNorm = try LayerNorm(weights.scope("post_layernorm"), width: width, epsilon: epsilon)
  }

  /// - Parameter pixelValues: Normalised pixels `[B, 3, imageSize, imageSize]`.
  package func callAsFunction(_ pixelValues: Tensor) -> CLIPVisionOutput {
    let x = preNorm(embeddings(pixelValues))  // [B, 1 + patches, C]
    let last = encoder(x).last
    let classToken = last.slice(0..<1, axis: 1).reshaped(last.shape[0], -1)  // [B, C]
    return CLIPVisionOutput(lastHiddenState: last, pooled: postNorm(classToken))
  }
}

/// Patches as tokens, behind the class token, with their positions.
///
/// transformers 5.23.0 `models/clip/modeling_clip.py`, `CLIPVisionEmbeddings`. The convolution there has its stride equal to its
/// kernel, so it is one matrix product over the patches.
struct CLIPVisionEmbeddings: Sendable {
  let configuration: CLIPVisionConfiguration
  let classEmbedding: Tensor  // class_embedding [C]
  let patchEmbedding: Weight  // patch_embedding.weight [C, 3·P·P]
  let positionEmbedding: Tensor  // position_embedding.weight [1 + patches, C]

  init(_ weights: WeightReader, _ configuration: CLIPVisionConfiguration) throws {
    self.configuration = configuration
    let (width, patch) = (configuration.encoder.width, configuration.patchSize)
    classEmbedding = try weights.tensor("class_embedding", shape: [width])
    let kernels = try weights.scope("patch_embedding").tensor("weight", shape: [width, 3, patch, patch])
    patchEmbedding = Weight(kernels.reshaped(width, -1))
    positionEmbedding = try weights.scope("position_embedding").tensor(
      "weight", shape: [1 + configuration.grid * configuration.grid, width])
  }

  func callAsFunction(_ pixelValues: Tensor) -> Tensor {
    let (batch, size) = (pixelValues.shape[0], configuration.imageSize)
    precondition(
      pixelValues.shape == [batch, 3, size, size], "\(pixelValues.shape) for images of \(size) pixels")
    let patches = configuration.patches(of: pixelValues).linear(patchEmbedding)  // [B, patches, C]
    let classTokens = classEmbedding.reshaped(1, -1).repeated(batch)  // [B, 1, C]
    return Tensor.concatenated([classTokens, patches], axis: 1) + positionEmbedding
  }
}

extension CLIPVisionConfiguration {
  /// Patches from left to right and top to bottom, each as channels of rows of pixels: `[B, patches, 3·P·P]`.
  func patches(of pixelValues: Tensor) -> Tensor {
    let (batch, size) = (pixelValues.shape[0], imageSize)
    let (grid, patch) = (grid, patchSize)
    return Tensor(shape: [batch, grid * grid, 3 * patch * patch]) { target in
      pixelValues.withValues { source in
        var place = 0
        for image in 0..<batch {
          for row in 0..<grid {
            for column in 0..<grid {
              for channel in 0..<3 {
                for y in row * patch..<(row + 1) * patch {
                  let line = ((image * 3 + channel) * size + y) * size + column * patch
                  for x in 0..<patch { target[place + x] = source[line + x] }
                  place += patch
                }
              }
            }
          }
        }
      }
    }
  }
}
