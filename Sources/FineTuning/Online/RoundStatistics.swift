import Foundation
import GroundingDINO
import Tensors

/// Means over everything that a round learnt from.
struct RoundSums {
  private(set) var loss = 0.0
  private(set) var velocityDrift = 0.0
  private(set) var divergence = 0.0
  private(set) var clamped = 0.0
  private var weight = 0.0

  mutating func add(
    _ result: PreferenceLoss.Result, _ distance: (velocity: Double, divergence: Double), weight: Double
  ) {
    loss += weight * Double(result.loss.value.item)
    velocityDrift += weight * distance.velocity
    divergence += weight * distance.divergence
    clamped += weight * Double(result.clamped) / Double(result.logRatios.count)
    self.weight += weight
  }

  func mean(_ sum: KeyPath<RoundSums, Double>) -> Double { weight > 0 ? self[keyPath: sum] / weight : 0 }

  /// How far the policy has left its reference, and how often the clamp held it.
  var statistics: [(name: String, value: Double)] {
    [
      ("velocity_drift", mean(\.velocityDrift)), ("kl", mean(\.divergence)), ("clamped", mean(\.clamped)),
    ]
  }
}

extension PolicyStep {
  /// How far two policies are apart at this step: the mean size of the velocities' difference, and the divergence of their
  /// normal distributions, `(μ − μ_ref)²/2τ²`, a number's mean.
  func distance(of velocity: Tensor, from reference: Tensor) -> (velocity: Double, divergence: Double) {
    let (mean, deviation) = transition(velocity: velocity)
    let other = transition(velocity: reference).mean
    let count = Double(mean.count)
    let apart = velocity.withValues { a in
      reference.withValues { b in zip(a, b).reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) } }
    }
    let variance = Double(deviation) * Double(deviation)
    return (apart / count, (mean - other).sumOfSquares / count / (2 * variance))
  }
}

extension OnlineTrainer {
  /// Mean and spread of the rewards, and how far winners lead.
  static func statistics(of rewards: [[Float]]) -> [(name: String, value: Double)] {
    let all = rewards.flatMap { $0.map(Double.init) }
    let mean = all.reduce(0, +) / Double(max(1, all.count))
    let spread = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, all.count - 1))
    let leads = rewards.map { Double(($0.max() ?? 0) - ($0.min() ?? 0)) }
    return [
      ("reward_mean", mean), ("reward_std", spread.squareRoot()),
      ("reward_lead", leads.reduce(0, +) / Double(max(1, leads.count))),
    ]
  }

  /// The mean share of the picture that is inside a box.
  static func boxShare(_ boxes: [DetectionBox]) -> Double {
    let shares = boxes.map { Double(min($0.width, 1) * min($0.height, 1)) }
    return shares.reduce(0, +) / Double(max(1, boxes.count))
  }

  /// What the pictures look like on the whole: a policy that hacks its reward often shows here first.
  static func imageStatistics(_ drawings: [Drawings]) -> [(name: String, value: Double)] {
    var (brightness, contrast, saturation) = (0.0, 0.0, 0.0)
    var count = 0.0
    for drawings in drawings {
      let pixels = drawings.images.shape[2] * drawings.images.shape[3]
      drawings.images.withValues { values in
        for image in 0..<drawings.images.shape[0] {
          var (sum, squares, colour) = (0.0, 0.0, 0.0)
          let plane = image * 3 * pixels
          for pixel in 0..<pixels {
            let red = Double(values[plane + pixel])
            let (green, blue) = (
              Double(values[plane + pixels + pixel]), Double(values[plane + 2 * pixels + pixel])
            )
            let light = (red + green + blue) / 3
            sum += light
            squares += light * light
            colour += max(red, green, blue) - min(red, green, blue)
          }
          let mean = sum / Double(pixels)
          brightness += mean
          contrast += max(0, squares / Double(pixels) - mean * mean).squareRoot()
          saturation += colour / Double(pixels)
          count += 1
        }
      }
    }
    guard count > 0 else { return [] }
    return [
      ("brightness", brightness / count), ("contrast", contrast / count), ("saturation", saturation / count),
    ]
  }
}
