import Tensors

/// FLUX's tokens: each 2 × 2 patch of latents becomes one token of four times the channels.
///
/// Channel `4c + 2·dy + dx` of a token is channel c of the patch's pixel (dy, dx): diffusers 0.42.1
/// `FluxPipeline._pack_latents`.
package enum PackedLatents {
  /// `[B, C, height, width]` to `[B, height/2 · width/2, 4C]`; height and width are even.
  package static func pack(_ latents: Tensor) -> Tensor {
    let (b, c, h, w) = (latents.shape[0], latents.shape[1], latents.shape[2], latents.shape[3])
    precondition(h % 2 == 0 && w % 2 == 0, "latents \(latents.shape) have no even height and width")
    return latents.reshaped(b, c, h / 2, 2, w / 2, 2).permuted(0, 2, 4, 1, 3, 5).reshaped(
      b, h / 2 * (w / 2), 4 * c)
  }

  /// `[B, L, 4C]` back to `[B, C, height, width]`, L being `height/2 · width/2`.
  package static func unpack(_ tokens: Tensor, height: Int, width: Int) -> Tensor {
    let (b, c) = (tokens.shape[0], tokens.shape[2] / 4)
    return tokens.reshaped(b, height / 2, width / 2, c, 2, 2).permuted(0, 3, 1, 4, 2, 5).reshaped(
      b, c, height, width)
  }
}
