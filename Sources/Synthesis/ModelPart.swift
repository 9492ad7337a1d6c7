import CLIP
import Checkpoints
import FLUX
import T5

/// A part of a model with weights of its own, and what of it is asked for.
package struct ModelPart: Sendable {
  package enum Architecture: Sendable { case fluxTransformer, autoencoder, clipText, clip, t5 }

  let architecture: Architecture
  /// Within the model's folder; empty for the folder itself.
  let folder: String
  /// The content of `config.json`.
  let configuration: String

  package init(_ architecture: Architecture, folder: String, configuration: String) {
    (self.architecture, self.folder, self.configuration) = (architecture, folder, configuration)
  }

  /// What its weights are called, without ending and number.
  var stem: String {
    switch architecture {
    case .fluxTransformer, .autoencoder: "diffusion_pytorch_model"
    case .clipText, .clip, .t5: "model"
    }
  }

  /// All of its tensors: the model itself is built, of zeros that take no memory, and says what it needs.
  package func tensors() throws -> WeightList {
    let (list, file) = (
      WeightList(), try ModelConfiguration(text: configuration, path: "\(folder)/config.json")
    )
    let reader = WeightReader(listing: list)
    switch architecture {
    case .fluxTransformer: _ = try FluxTransformer2DModel(reader, .init(file))
    case .autoencoder: _ = try AutoencoderKL(reader, .init(file))
    // Published files put the model's name before every other.
    case .clipText: _ = try CLIPTextModel(reader.scope("text_model"), CLIPTextConfiguration(file))
    case .clip: _ = try CLIPModel(reader, CLIPConfiguration(file))
    case .t5: _ = try T5EncoderModel(reader, T5Configuration(file))
    }
    return list
  }
}
