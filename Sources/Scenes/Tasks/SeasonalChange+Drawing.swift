import Foundation

extension SeasonalChange {
  /// Draws the tree with the look of a season: a full crown of one colour, or bare boughs under snow.
  ///
  /// `lean` in −1...1 shifts the clumps of the crown, the same for both outcomes of a scene.
  static func draw(_ tree: Tree, look: Look, lean: Double, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.93, width: 0.5)
    switch look {
    case .crown(let colour):
      drawTrunk(tree, on: canvas)
      drawCrown(tree, colour: colour, lean: lean, on: canvas)
    case .snow: drawBareTree(tree, lean: lean, on: canvas)
    }
  }

  private static func drawTrunk(_ tree: Tree, on canvas: Canvas) {
    let bark = tree.bark
    canvas.fill(
      .smooth([(0.44, 0.5), (0.45, 0.75), (0.38, 0.94), (0.5, 0.92), (0.62, 0.94), (0.55, 0.75), (0.56, 0.5)]
      ),
      .sideways(bark.darker(0.75), bark.lighter(0.15)), edge: bark.darker(0.5))
    if tree.isBirch {
      for (x, y) in [(0.45, 0.7), (0.5, 0.77), (0.46, 0.85)] {
        canvas.stroke(.polygon([(x, y), (x + 0.05, y)], closed: false), Colour(40, 40, 44), width: 0.016)
      }
    }
  }

  private static func clumps(of crown: Crown) -> [(x: Double, y: Double, radius: Double)] {
    switch crown {
    case .round:
      [
        (0.27, 0.42, 0.19), (0.73, 0.42, 0.19), (0.36, 0.25, 0.18), (0.64, 0.25, 0.18), (0.5, 0.18, 0.16),
        (0.5, 0.46, 0.23),
      ]
    case .broad:
      [
        (0.18, 0.44, 0.15), (0.82, 0.44, 0.15), (0.3, 0.32, 0.19), (0.7, 0.32, 0.19), (0.5, 0.27, 0.21),
        (0.5, 0.47, 0.22),
      ]
    case .tall:
      [
        (0.5, 0.14, 0.12), (0.42, 0.28, 0.15), (0.58, 0.28, 0.15), (0.37, 0.43, 0.16), (0.63, 0.43, 0.16),
        (0.5, 0.55, 0.18),
      ]
    case .fan:
      [
        (0.2, 0.3, 0.16), (0.8, 0.3, 0.16), (0.38, 0.19, 0.17), (0.62, 0.19, 0.17), (0.5, 0.36, 0.2),
        (0.36, 0.45, 0.14), (0.64, 0.45, 0.14),
      ]
    }
  }

  private static func drawCrown(_ tree: Tree, colour: Colour, lean: Double, on canvas: Canvas) {
    let clumps = clumps(of: tree.crown).map { ($0.x + 0.02 * lean * ($0.y - 0.3) * 10, $0.y, $0.radius) }
    for (x, y, radius) in clumps {
      canvas.fill(.ellipse(x, y, radius + 0.012, radius + 0.012), .flat(colour.darker(0.6)))
    }
    for (x, y, radius) in clumps {
      canvas.fill(.ellipse(x, y, radius, radius), .vertical(colour.lighter(0.12), colour.darker(0.84)))
    }
    for (index, clump) in clumps.enumerated() {
      for step in 0..<6 {
        let angle = Double(step * 67 + index * 41) * .pi / 180
        let (x, y) = (clump.0 + 0.62 * clump.2 * cos(angle), clump.1 + 0.62 * clump.2 * sin(angle))
        canvas.fill(
          .ellipse(x, y, 0.028, 0.02), .flat(step % 2 == 0 ? colour.lighter(0.3) : colour.darker(0.78)))
      }
    }
  }

  private static func drawBareTree(_ tree: Tree, lean: Double, on canvas: Canvas) {
    let bark = tree.bark.darker(0.62)
    let snow = Colour(252, 253, 255)
    let shape: [([(Double, Double)], Double)] = [
      ([(0.5, 0.7), (0.5, 0.4), (0.5 + 0.02 * lean, 0.1)], 0.07),
      ([(0.5, 0.62), (0.33, 0.45), (0.16, 0.36)], 0.06), ([(0.5, 0.6), (0.68, 0.44), (0.85, 0.34)], 0.06),
      ([(0.5, 0.46), (0.38, 0.28), (0.29, 0.12)], 0.055), ([(0.5, 0.44), (0.62, 0.27), (0.72, 0.12)], 0.055),
      ([(0.34, 0.46), (0.24, 0.32), (0.17, 0.22)], 0.045), ([(0.66, 0.45), (0.77, 0.3), (0.84, 0.2)], 0.045),
      ([(0.5, 0.3), (0.44, 0.18), (0.41, 0.08)], 0.04), ([(0.5, 0.3), (0.57, 0.18), (0.6, 0.07)], 0.04),
      ([(0.36, 0.48), (0.2, 0.49), (0.1, 0.5)], 0.045), ([(0.64, 0.48), (0.8, 0.48), (0.92, 0.49)], 0.045),
    ]
    let reach = tree.crown == .tall ? 0.72 : 1
    let boughs = shape.map { points, width in (points.map { (0.5 + reach * ($0.0 - 0.5), $0.1) }, width) }
    for (points, width) in boughs { canvas.stroke(.smooth(points, closed: false), bark, width: 1.35 * width) }
    canvas.fill(
      .smooth([(0.44, 0.5), (0.45, 0.75), (0.36, 0.95), (0.5, 0.93), (0.64, 0.95), (0.55, 0.75), (0.56, 0.5)]
      ),
      .flat(bark))
    // Snow lies along the upper side of every bough and in a bank at the foot.
    for (points, width) in boughs.dropFirst() {
      let above = points.map { ($0.0, $0.1 - 0.6 * width) }
      canvas.stroke(.smooth(above, closed: false), snow, width: 0.32 * width)
    }
    canvas.fill(
      .smooth([(0.0, 0.98), (0.08, 0.88), (0.28, 0.83), (0.5, 0.88), (0.72, 0.82), (0.92, 0.88), (1.0, 0.98)]
      ),
      .flat(snow),
      edge: Colour(170, 190, 220))
  }
}
