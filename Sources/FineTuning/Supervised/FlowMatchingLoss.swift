import Autodiff
import Tensors

/// The regression that rectified flows are trained by.
///
/// Science-T2I's SFT (arXiv 2504.13129, `sft_flux.py`): `z = (1 − σ)x + σε`, target `ε − x`, and the mean of the squared
/// differences over all numbers.
package enum FlowMatchingLoss {
  /// The noise levels that training draws from: `(1000 − index)/1000`, not shifted even where sampling shifts them.
  package static func sigma(timestepIndex index: Int) -> Float {
    precondition((0..<1000).contains(index), "timestep index \(index)")
    return Float(1000 - index) / 1000
  }

  /// Clean latents and noise `[B, …]` mixed at each entry's level `[B]`.
  package static func mixed(_ latents: Tensor, noise: Tensor, sigma: Tensor) -> Tensor {
    precondition(
      latents.shape == noise.shape && sigma.shape == [latents.shape[0]],
      "latents \(latents.shape), noise \(noise.shape) at levels \(sigma.shape)")
    let entry = latents.count / max(1, latents.shape[0])
    return Tensor(shape: latents.shape) { target in
      latents.withValues { x in
        noise.withValues { e in
          for (row, level) in sigma.values.enumerated() {
            for index in row * entry..<(row + 1) * entry {
              target[index] = (1 - level) * x[index] + level * e[index]
            }
          }
        }
      }
    }
  }

  /// The mean over all numbers of `(velocity − (noise − latents))²`.
  package static func loss(velocity: Variable, latents: Tensor, noise: Tensor) -> Variable {
    let difference = velocity.value - (noise - latents)
    let count = Double(difference.count)
    return .result(Tensor([Float(difference.sumOfSquares / count)], shape: []), of: [velocity]) {
      [target = velocity.target] sink, gradient in
      sink.add(difference.affine(Float(2 / count) * gradient.item), to: target)
    }
  }
}
