import FLUX
import GroundingDINO
import Tensors

// Which latents an entity's box covers.
extension DetectionBox {
  /// The latents inside the box, as rows and columns of a map of the given size.
  ///
  /// - Parameter wrapsAround: Whether a border left of or above the image counts from the far side, as Python's slices
  ///   do, which in most cases leaves nothing. The reference has this; without it, such borders are the image's.
  package func places(height rows: Int, width columns: Int, wrapsAround: Bool = false) -> (
    rows: Range<Int>, columns: Range<Int>
  ) {
    func range(_ centre: Float, _ side: Float, _ count: Int) -> Range<Int> {
      func border(_ place: Float) -> Int {
        let index = Int(place * Float(count))
        guard index < 0 else { return min(index, count) }
        return wrapsAround ? max(0, count + index) : 0
      }
      let (first, end) = (border(centre - side / 2), border(centre + side / 2))
      return first..<max(first, end)
    }
    return (range(centreY, self.height, rows), range(centreX, self.width, columns))
  }

  /// 1 inside the box, 0 outside: `[height, width]`.
  package func mask(height: Int, width: Int, wrapsAround: Bool = false) -> Tensor {
    let inside = places(height: height, width: width, wrapsAround: wrapsAround)
    return Tensor(shape: [height, width]) { values in
      for row in 0..<height {
        for column in 0..<width {
          values[row * width + column] = inside.rows.contains(row) && inside.columns.contains(column) ? 1 : 0
        }
      }
    }
  }

  /// The box as a mask over packed latents `[1, L, 4C]` of maps of `height × width`.
  package func packedMask(height: Int, width: Int, channels: Int, wrapsAround: Bool = false) -> Tensor {
    let plane = mask(height: height, width: width, wrapsAround: wrapsAround).reshaped(1, 1, height, width)
    return PackedLatents.pack(.concatenated(Array(repeating: plane, count: channels), axis: 1))
  }
}
