import Kernels

extension FeatureMap {
  /// Group normalisation of the map as an activation for the convolution that follows it.
  ///
  /// Each of the `groups` shares one mean and one variance over all its pixels and channels. Nothing is written: the
  /// result is a scale and an offset a channel. Sums are joined in double precision, part by part, so the number of
  /// threads does not show in them.
  ///
  /// - Parameters:
  ///   - weight: One factor a channel, applied after normalising.
  ///   - bias: One summand a channel.
  ///   - silu: Whether `x·sigmoid(x)` follows.
  package func groupNormalization(
    groups: Int, epsilon: Float, weight: Tensor, bias: Tensor, silu: Bool
  ) -> ChannelActivation {
    precondition(channels % groups == 0, "\(channels) channels in \(groups) groups")
    precondition(
      weight.shape == [channels] && bias.shape == [channels],
      "factors \(weight.shape) and summands \(bias.shape) for \(channels) channels")
    let (weight, bias) = (weight.values, bias.values)
    let moments = channelMoments()
    let size = channels / groups
    var activation = ChannelActivation()
    activation.silu = silu
    for group in 0..<groups {
      let members = group * size..<(group + 1) * size
      let mean = members.reduce(0.0) { $0 + moments.mean[$1] } / Double(size)
      let squares = members.reduce(0.0) { sum, channel in
        let distance = moments.mean[channel] - mean
        return sum + moments.squares[channel] + Double(pixels) * distance * distance
      }
      let factor = 1 / (squares / Double(pixels * size) + Double(epsilon)).squareRoot()
      for channel in members {
        activation.scale.append(Float(factor * Double(weight[channel])))
        activation.offset.append(Float(Double(bias[channel]) - mean * factor * Double(weight[channel])))
      }
    }
    return activation
  }

  /// Mean and summed squared distance from it, a channel.
  private func channelMoments() -> (mean: [Double], squares: [Double]) {
    let part = 4096
    let parts = (pixels + part - 1) / part
    var means = [Double](repeating: 0, count: parts * channels)
    var squares = means
    means.withUnsafeMutableBufferPointer { means in
      squares.withUnsafeMutableBufferPointer { squares in
        nonisolated(unsafe) let (means, squares) = (means.baseAddress!, squares.baseAddress!)
        Parallelism.forEachItem(parts, scratch: 2 * channels) { index, scratch in
          let start = index * part
          conv_moments(
            values + start * channels, min(part, pixels - start), channels, means + index * channels,
            squares + index * channels, scratch)
        }
      }
    }
    var mean = Array(means.prefix(channels))
    var square = Array(squares.prefix(channels))
    for index in 1..<max(parts, 1) {
      let before = Double(index * part)
      let now = Double(min(part, pixels - index * part))
      for channel in 0..<channels {
        let distance = means[index * channels + channel] - mean[channel]
        mean[channel] += distance * now / (before + now)
        square[channel] +=
          squares[index * channels + channel] + distance * distance * before * now / (before + now)
      }
    }
    return (mean, square)
  }
}
