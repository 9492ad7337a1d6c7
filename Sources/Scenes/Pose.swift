/// How a subject that is drawn in the unit square stands in the picture: a little smaller, a little aside.
struct Pose {
  let x: Double
  let y: Double
  let scale: Double

  /// Standing on the ground near the middle, filling most of the picture.
  static func standing(_ random: inout SceneRandom) -> Pose {
    let scale = random.uniform(0.86...0.98)
    let x = (1 - scale) / 2 + random.uniform(-0.05...0.05)
    return Pose(x: x, y: 1 - scale - random.uniform(0...0.03), scale: scale)
  }

  func apply(to canvas: Canvas, _ draw: () -> Void) {
    canvas.placed(x: x, y: y, scale: scale, draw)
  }

  /// A box of the unit square as a box of the picture.
  func box(_ left: Double, _ top: Double, _ right: Double, _ bottom: Double) -> EntityBox {
    EntityBox(
      left: x + scale * left, top: y + scale * top, right: x + scale * right, bottom: y + scale * bottom)
  }
}

extension ColourReading.Cell {
  /// A strong colour of the given hue arc.
  func isVivid(_ hues: (low: Float, high: Float), chroma least: Float = 60) -> Bool {
    chroma >= least && hasHue(from: hues.low, to: hues.high)
  }
}

/// "a book", "an apple".
func withArticle(_ noun: String) -> String {
  "aeiou".contains(noun.first ?? "x") ? "an \(noun)" : "a \(noun)"
}
