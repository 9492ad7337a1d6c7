import Foundation

/// A filter for resampling, as Pillow names them.
package enum ResamplingFilter: Sendable {
  case bilinear
  /// Catmull–Rom's cousin with a = −0.5.
  case bicubic
  /// A sinc windowed by a sinc three times as wide.
  case lanczos

  /// Half of the filter's width in source pixels when nothing is scaled down.
  var support: Double {
    switch self {
    case .bilinear: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  func callAsFunction(_ x: Double) -> Double {
    let x = abs(x)
    switch self {
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    case .lanczos: return x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
    }
  }

  private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
}

extension RGBImage {
  /// The picture scaled to another size, byte for byte as Pillow's `Image.resize` does it.
  ///
  /// Two passes of fixed-point arithmetic (22 bits), horizontal first, each rounded and clipped to bytes; a pass that
  /// changes nothing is left out. Pillow 12 `src/libImaging/Resample.c`.
  package func resized(width newWidth: Int, height newHeight: Int, filter: ResamplingFilter) -> RGBImage {
    precondition(newWidth > 0 && newHeight > 0, "a size of \(newWidth)×\(newHeight)")
    var result = self
    if newWidth != width { result = result.resampledHorizontally(Kernel(from: width, to: newWidth, filter)) }
    if newHeight != height {
      result = result.resampledVertically(Kernel(from: height, to: newHeight, filter))
    }
    return result
  }

  /// Weights in units of 2⁻²² and where they start, for every output position along one axis.
  private struct Kernel {
    static let bits = 22
    let starts: [Int]
    let weights: [[Int32]]

    init(from source: Int, to target: Int, _ filter: ResamplingFilter) {
      let scale = Double(source) / Double(target)
      let stretch = max(scale, 1)
      let support = filter.support * stretch
      var starts: [Int] = []
      var weights: [[Int32]] = []
      for i in 0..<target {
        let centre = (Double(i) + 0.5) * scale
        let low = max(Int(centre - support + 0.5), 0)
        let high = min(Int(centre + support + 0.5), source)
        var line = (low..<high).map { filter((Double($0) - centre + 0.5) * (1 / stretch)) }
        let sum = line.reduce(0, +)
        if sum != 0 { for j in line.indices { line[j] /= sum } }
        starts.append(low)
        weights.append(line.map { Int32($0 * Double(1 << Self.bits) + ($0 < 0 ? -0.5 : 0.5)) })
      }
      (self.starts, self.weights) = (starts, weights)
    }

    static func level(_ sum: Int) -> UInt8 { UInt8(max(0, min(255, sum >> bits))) }
  }

  private func resampledHorizontally(_ kernel: Kernel) -> RGBImage {
    let target = kernel.starts.count
    var out = [UInt8](repeating: 0, count: 3 * target * height)
    pixels.withUnsafeBufferPointer { pixels in
      out.withUnsafeMutableBufferPointer { out in
        for x in 0..<target {
          kernel.weights[x].withUnsafeBufferPointer { weights in
            for y in 0..<height {
              var (r, g, b) = (1 << (Kernel.bits - 1), 1 << (Kernel.bits - 1), 1 << (Kernel.bits - 1))
              var at = 3 * (y * width + kernel.starts[x])
              for weight in weights {
                r &+= Int(weight) &* Int(pixels[at])
                g &+= Int(weight) &* Int(pixels[at + 1])
                b &+= Int(weight) &* Int(pixels[at + 2])
                at += 3
              }
              let to = 3 * (y * target + x)
              (out[to], out[to + 1], out[to + 2]) = (Kernel.level(r), Kernel.level(g), Kernel.level(b))
            }
          }
        }
      }
    }
    return RGBImage(width: target, height: height, pixels: out)
  }

  private func resampledVertically(_ kernel: Kernel) -> RGBImage {
    let target = kernel.starts.count
    let row = 3 * width
    var out = [UInt8](repeating: 0, count: row * target)
    var sums = [Int](repeating: 0, count: row)
    pixels.withUnsafeBufferPointer { pixels in
      for y in 0..<target {
        for i in 0..<row { sums[i] = 1 << (Kernel.bits - 1) }
        for (step, weight) in kernel.weights[y].enumerated() {
          let from = (kernel.starts[y] + step) * row
          for i in 0..<row { sums[i] &+= Int(weight) &* Int(pixels[from + i]) }
        }
        for i in 0..<row { out[y * row + i] = Kernel.level(sums[i]) }
      }
    }
    return RGBImage(width: width, height: target, pixels: out)
  }

  /// The middle `newWidth × newHeight` pixels; where the picture is smaller, black surrounds it.
  ///
  /// Offsets as transformers' `center_crop` has them: rounded down when cutting, up when padding.
  package func centreCropped(width newWidth: Int, height newHeight: Int) -> RGBImage {
    let left = Self.offset(of: newWidth, in: width)
    let top = Self.offset(of: newHeight, in: height)
    var out = [UInt8](repeating: 0, count: 3 * newWidth * newHeight)
    let (x0, x1) = (max(0, left), min(width, left + newWidth))
    for y in 0..<newHeight where (0..<height).contains(y + top) && x0 < x1 {
      let from = 3 * ((y + top) * width + x0)
      let to = 3 * (y * newWidth + x0 - left)
      out.replaceSubrange(to..<to + 3 * (x1 - x0), with: pixels[from..<from + 3 * (x1 - x0)])
    }
    return RGBImage(width: newWidth, height: newHeight, pixels: out)
  }

  /// Where the window begins in the picture; negative when it is the larger one.
  private static func offset(of window: Int, in length: Int) -> Int {
    length >= window ? (length - window) / 2 : -((window - length + 1) / 2)
  }
}
