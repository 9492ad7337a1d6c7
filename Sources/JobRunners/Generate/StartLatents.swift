import Checkpoints
import Jobs
import Tensors

/// The packed latents that a job brings instead of seeded noise: one `[L, 4C]` an image.
struct StartLatents {
  private let values: Tensor

  /// Reads the tensor `latents`, or the only one, of a safetensors file.
  ///
  /// - Parameters:
  ///   - shape: `[images, L, 4C]`, which the tensor must have.
  ///   - name: The file as the job calls it.
  /// - Throws: ``JobFailure`` of the field `latents`.
  init(path: String, name: String, shape: [Int]) throws(JobFailure) {
    let field = GenerateRequest.Field.latents.rawValue
    let file = try JobFailure.of(field) { try SafetensorsFile(path: path) }
    let tensors = file.names
    guard let tensor = tensors.contains("latents") ? "latents" : tensors.count == 1 ? tensors.first : nil
    else {
      throw JobFailure(
        .badInput, "\(name.quotedForMessage()) has \(tensors.count) tensors, none of them called \"latents\"",
        field: field)
    }
    let found = try JobFailure.of(field) { try file.entry(tensor).shape }
    guard found == shape else {
      throw JobFailure(
        .badInput,
        "\(name.quotedForMessage()): the tensor \(tensor.quotedForMessage()) has the shape \(found), expected \(shape)",
        hint: "That is [images, image tokens, 4 · latent channels]: latents packed as diffusers packs them.",
        field: field)
    }
    let numbers = try JobFailure.of(field) { try file.floats(tensor) }
    guard numbers.allSatisfy(\.isFinite) else {
      throw JobFailure(.badInput, "\(name.quotedForMessage()) has values that are not finite", field: field)
    }
    values = Tensor(numbers, shape: shape)
  }

  /// `[1, L, 4C]` of one image.
  subscript(image: Int) -> Tensor { values.slice(image..<image + 1, axis: 0) }
}
