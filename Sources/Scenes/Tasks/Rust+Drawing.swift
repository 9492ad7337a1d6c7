import Foundation

extension Rust {
  /// How a metal surface is painted: smooth with a gloss, or dull with blotches.
  struct Surface {
    let base: Colour
    let isPolished: Bool
    /// Blotch centres and radii in unit coordinates, the same for both outcomes of a scene.
    let blotches: [(x: Double, y: Double, radius: Double)]

    var paint: Paint {
      isPolished
        ? .sideways(base.darker(0.75), base.lighter(0.28)) : .vertical(base.lighter(0.08), base.darker(0.82))
    }
    var edge: Colour { base.darker(0.42) }
  }

  static func draw(_ thing: Thing, surface: Surface, on canvas: Canvas) {
    switch thing.shape {
    case .gear: drawGear(surface, on: canvas)
    case .horseshoe: drawHorseshoe(surface, on: canvas)
    case .bucket: drawBucket(surface, on: canvas)
    case .padlock: drawPadlock(surface, on: canvas)
    case .kettle: drawKettle(surface, on: canvas)
    case .coin: drawCoin(surface, on: canvas)
    case .bell: drawBell(surface, on: canvas)
    case .cup: drawCup(surface, on: canvas)
    }
  }

  /// Fills one piece of metal; a corroded one gets its blotches, a polished one a band of light.
  private static func piece(_ outline: Outline, _ surface: Surface, gloss: Double? = nil, on canvas: Canvas) {
    canvas.fill(outline, surface.paint)
    canvas.clipped(to: outline) {
      if surface.isPolished {
        guard let x = gloss else { return }
        canvas.fill(
          .polygon([(x, 0), (x + 0.055, 0), (x + 0.015, 1), (x - 0.04, 1)]), .flat(surface.base.lighter(0.8)))
      } else {
        for (index, blotch) in surface.blotches.enumerated() {
          let colour = index % 2 == 0 ? surface.base.darker(0.72) : surface.base.lighter(0.22)
          canvas.fill(.ellipse(blotch.x, blotch.y, blotch.radius, 0.75 * blotch.radius), .flat(colour))
        }
      }
    }
    canvas.stroke(outline, surface.edge, width: 0.018)
  }

  private static func drawGear(_ surface: Surface, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.9, width: 0.5)
    let teeth = 10
    var points: [(Double, Double)] = []
    for tooth in 0..<teeth {
      for (offset, radius) in [(-0.3, 0.27), (-0.2, 0.37), (0.2, 0.37), (0.3, 0.27)] {
        let angle = 2 * Double.pi * (Double(tooth) + offset) / Double(teeth)
        points.append((0.5 + radius * Foundation.cos(angle), 0.52 + radius * Foundation.sin(angle)))
      }
    }
    piece(.polygon(points) + .ellipse(0.5, 0.52, 0.1, 0.1), surface, gloss: 0.36, on: canvas)
  }

  private static func drawHorseshoe(_ surface: Surface, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.9, width: 0.56)
    piece(
      .smooth([
        (0.2, 0.88), (0.16, 0.6), (0.22, 0.33), (0.36, 0.17), (0.5, 0.14), (0.64, 0.17), (0.78, 0.33),
        (0.84, 0.6), (0.8, 0.88), (0.66, 0.88), (0.66, 0.62), (0.61, 0.44), (0.5, 0.35), (0.39, 0.44),
        (0.34, 0.62), (0.34, 0.88),
      ]), surface, gloss: 0.27, on: canvas)
    for (x, y) in [(0.26, 0.72), (0.29, 0.5), (0.38, 0.31), (0.62, 0.31), (0.71, 0.5), (0.74, 0.72)] {
      canvas.fill(.ellipse(x, y, 0.02, 0.02), .flat(surface.edge))
    }
  }

  private static func drawBucket(_ surface: Surface, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.89, width: 0.5)
    canvas.stroke(
      .smooth([(0.21, 0.4), (0.28, 0.17), (0.5, 0.1), (0.72, 0.17), (0.79, 0.4)], closed: false),
      surface.edge,
      width: 0.03)
    piece(
      .polygon([(0.19, 0.37), (0.81, 0.37), (0.71, 0.89), (0.29, 0.89)]), surface, gloss: 0.36, on: canvas)
    canvas.fill(.ellipse(0.5, 0.37, 0.31, 0.07), .flat(surface.base.darker(0.55)), edge: surface.edge)
    for y in [0.52, 0.78] {
      canvas.stroke(.polygon([(0.24, y), (0.76, y)], closed: false), surface.base.darker(0.6), width: 0.02)
    }
  }

  private static func drawPadlock(_ surface: Surface, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.9, width: 0.54)
    piece(
      .smooth([
        (0.27, 0.5), (0.27, 0.3), (0.37, 0.14), (0.5, 0.1), (0.63, 0.14), (0.73, 0.3), (0.73, 0.5),
        (0.62, 0.5),
        (0.61, 0.32), (0.5, 0.22), (0.39, 0.32), (0.38, 0.5),
      ]), surface, on: canvas)
    piece(.box(0.18, 0.43, 0.64, 0.46, round: 0.06), surface, gloss: 0.34, on: canvas)
    canvas.fill(.ellipse(0.5, 0.6, 0.055, 0.055), .flat(Colour(30, 28, 32)))
    canvas.fill(
      .polygon([(0.475, 0.6), (0.525, 0.6), (0.55, 0.77), (0.45, 0.77)]), .flat(Colour(30, 28, 32)))
  }

  private static func drawKettle(_ surface: Surface, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.89, width: 0.6)
    canvas.stroke(
      .smooth([(0.28, 0.46), (0.3, 0.2), (0.5, 0.11), (0.7, 0.2), (0.72, 0.46)], closed: false),
      Colour(50, 40, 38),
      width: 0.045)
    piece(
      .polygon([(0.7, 0.66), (0.86, 0.4), (0.95, 0.4), (0.93, 0.46), (0.8, 0.8)]), surface, on: canvas)
    piece(
      .smooth([
        (0.5, 0.38), (0.66, 0.42), (0.78, 0.58), (0.82, 0.76), (0.76, 0.88), (0.5, 0.89), (0.24, 0.88),
        (0.18, 0.76),
        (0.22, 0.58), (0.34, 0.42),
      ]), surface, gloss: 0.34, on: canvas)
    canvas.fill(.ellipse(0.5, 0.4, 0.15, 0.035), .flat(surface.base.darker(0.7)), edge: surface.edge)
    canvas.fill(.ellipse(0.5, 0.35, 0.035, 0.035), .flat(Colour(50, 40, 38)))
  }

  private static func drawCoin(_ surface: Surface, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.91, width: 0.4)
    piece(.ellipse(0.5, 0.53, 0.37, 0.37), surface, gloss: 0.32, on: canvas)
    canvas.stroke(.ellipse(0.5, 0.53, 0.3, 0.3), surface.base.darker(0.6), width: 0.016)
    // A head in profile with a laurel, as on old coins.
    let relief = surface.base.darker(0.58)
    canvas.fill(.ellipse(0.5, 0.46, 0.11, 0.13), .flat(relief))
    canvas.fill(.polygon([(0.58, 0.44), (0.65, 0.5), (0.58, 0.53)]), .flat(relief))
    canvas.fill(
      .smooth([
        (0.44, 0.55), (0.56, 0.55), (0.57, 0.63), (0.68, 0.73), (0.5, 0.78), (0.33, 0.73), (0.43, 0.63),
      ]),
      .flat(relief))
  }

  private static func drawBell(_ surface: Surface, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.92, width: 0.6)
    canvas.stroke(.ellipse(0.5, 0.16, 0.065, 0.055), surface.edge, width: 0.035)
    canvas.fill(.ellipse(0.5, 0.87, 0.075, 0.06), .flat(surface.base.darker(0.5)), edge: surface.edge)
    piece(
      .smooth([
        (0.5, 0.2), (0.62, 0.24), (0.7, 0.38), (0.73, 0.6), (0.8, 0.74), (0.88, 0.84), (0.5, 0.86),
        (0.12, 0.84),
        (0.2, 0.74), (0.27, 0.6), (0.3, 0.38), (0.38, 0.24),
      ]), surface, gloss: 0.38, on: canvas)
    for y in [0.4, 0.72] {
      let half = y < 0.5 ? 0.2 : 0.29
      canvas.stroke(
        .smooth([(0.5 - half, y), (0.5, y + 0.025), (0.5 + half, y)], closed: false),
        surface.base.darker(0.6),
        width: 0.018)
    }
  }

  private static func drawCup(_ surface: Surface, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.91, width: 0.42)
    piece(.smooth([(0.5, 0.8), (0.62, 0.84), (0.72, 0.91), (0.28, 0.91), (0.38, 0.84)]), surface, on: canvas)
    piece(.box(0.45, 0.6, 0.1, 0.24), surface, on: canvas)
    for side in [-1.0, 1.0] {
      canvas.stroke(
        .smooth(
          [
            (0.5 + side * 0.26, 0.26), (0.5 + side * 0.42, 0.28), (0.5 + side * 0.38, 0.46),
            (0.5 + side * 0.2, 0.52),
          ],
          closed: false), surface.base.darker(0.7), width: 0.045)
    }
    piece(
      .smooth([
        (0.2, 0.16), (0.5, 0.19), (0.8, 0.16), (0.79, 0.38), (0.7, 0.57), (0.5, 0.66), (0.3, 0.57),
        (0.21, 0.38),
      ]), surface, gloss: 0.36, on: canvas)
    canvas.fill(.ellipse(0.5, 0.17, 0.3, 0.05), .flat(surface.base.darker(0.6)), edge: surface.edge)
  }
}
