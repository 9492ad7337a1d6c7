import Tensors

/// Where an entity is in an image: centre and size in fractions of the image.
package struct EntityBox: Equatable, Sendable {
  package var centreX: Float
  package var centreY: Float
  package var width: Float
  package var height: Float

  package init(centreX: Float, centreY: Float, width: Float, height: Float) {
    (self.centreX, self.centreY) = (centreX, centreY)
    (self.width, self.height) = (width, height)
  }

  package static let wholeImage = EntityBox(centreX: 0.5, centreY: 0.5, width: 1, height: 1)

  /// One box around all that were found, grown by a tenth of the image where it is not that large already.
  ///
  /// Science-T2I (arXiv 2504.13129): sides up to 0.9 grow by 0.1, longer ones become 1; nothing found is the whole image.
  package static func enclosing(_ boxes: [EntityBox]) -> EntityBox {
    guard !boxes.isEmpty else { return .wholeImage }
    let left = boxes.map { $0.centreX - $0.width / 2 }.min()!
    let right = boxes.map { $0.centreX + $0.width / 2 }.max()!
    let top = boxes.map { $0.centreY - $0.height / 2 }.min()!
    let bottom = boxes.map { $0.centreY + $0.height / 2 }.max()!
    func grown(_ side: Float) -> Float { side <= 0.9 ? side + 0.1 : 1 }
    return EntityBox(
      centreX: (left + right) / 2, centreY: (top + bottom) / 2, width: grown(right - left),
      height: grown(bottom - top))
  }

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
}
