import Foundation

extension WaterRequirement {
  /// How a potted flower stands: upright and green, or hanging over, brown and shrivelled.
  struct Posture {
    let leaf: Colour
    let petal: Colour
    let isWilted: Bool
  }

  private static let soilLine = 0.7

  static func draw(_ flower: Flower, posture: Posture, sway: Double, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.96, width: 0.44)
    canvas.fill(
      .ellipse(0.5, soilLine, 0.2, 0.03), .flat(posture.isWilted ? Colour(165, 135, 105) : Colour(70, 50, 40))
    )
    let bend = 0.04 * sway
    if posture.isWilted {
      drawWilted(flower, posture, bend: bend, on: canvas)
    } else {
      drawUpright(flower, posture, bend: bend, on: canvas)
    }
    let pot = Colour(205, 92, 58)
    canvas.fill(
      .polygon([(0.29, 0.72), (0.71, 0.72), (0.64, 0.97), (0.36, 0.97)]),
      .sideways(pot.darker(0.8), pot.lighter(0.2)),
      edge: pot.darker(0.5))
    canvas.fill(.box(0.26, 0.695, 0.48, 0.065, round: 0.015), .flat(pot), edge: pot.darker(0.5))
    if posture.isWilted { drawHangingLeaves(posture, bend: bend, on: canvas) }
  }

  private static func drawUpright(_ flower: Flower, _ posture: Posture, bend: Double, on canvas: Canvas) {
    let head = (0.5 + bend, 0.22)
    canvas.stroke(
      .smooth([(0.5, soilLine), (0.5 + 0.4 * bend, 0.46), head], closed: false), posture.leaf.darker(0.85),
      width: 0.045)
    for (side, y, reach, lift) in [
      (-1.0, 0.66, 0.38, -0.2), (1.0, 0.66, 0.38, -0.2), (-1.0, 0.52, 0.32, -0.17), (1.0, 0.52, 0.32, -0.17),
    ] {
      let colour = side < 0 ? posture.leaf.darker(0.88) : posture.leaf
      canvas.fill(
        .leaf(from: (0.5, y), to: (0.5 + side * reach, y + lift), width: 0.34), .flat(colour),
        edge: colour.darker(0.6), width: 0.012)
    }
    drawBloom(flower, at: head, petal: posture.petal, centre: flower.centre, size: 1, turn: 0, on: canvas)
  }

  private static func drawWilted(_ flower: Flower, _ posture: Posture, bend: Double, on canvas: Canvas) {
    let head = (0.79 + bend, 0.5)
    canvas.stroke(
      .smooth([(0.5, soilLine), (0.47, 0.45), (0.54 + bend, 0.28), (0.7 + bend, 0.29), head], closed: false),
      posture.leaf.darker(0.8), width: 0.045)
    drawBloom(
      flower, at: head, petal: posture.petal, centre: flower.centre.darker(0.6), size: 0.72, turn: .pi * 0.8,
      on: canvas)
  }

  /// Limp leaves fall over the rim, so they are painted after the pot.
  private static func drawHangingLeaves(_ posture: Posture, bend: Double, on canvas: Canvas) {
    for (from, to) in [
      ((0.49, 0.55), (0.22, 0.74)), ((0.47, 0.44), (0.25, 0.6)), ((0.5, 0.64), (0.33, 0.9)),
      ((0.5, 0.58), (0.68, 0.84)),
      ((0.48, 0.5), (0.6, 0.72)),
    ] {
      let colour = to.0 < 0.5 ? posture.leaf : posture.leaf.darker(0.85)
      canvas.fill(
        .leaf(from: from, to: (to.0 + bend, to.1), width: 0.3), .flat(colour), edge: colour.darker(0.55),
        width: 0.012)
    }
  }

  private static func drawBloom(
    _ flower: Flower, at head: (Double, Double), petal: Colour, centre: Colour, size: Double, turn: Double,
    on canvas: Canvas
  ) {
    let edge = petal.darker(0.6)
    func turned(_ x: Double, _ y: Double) -> (Double, Double) {
      (head.0 + size * (x * cos(turn) - y * sin(turn)), head.1 + size * (x * sin(turn) + y * cos(turn)))
    }
    switch flower.bloom {
    case .rays(let count):
      for index in 0..<count {
        let angle = 2 * Double.pi * Double(index) / Double(count)
        canvas.fill(
          .leaf(from: head, to: turned(0.235 * cos(angle), 0.235 * sin(angle)), width: 0.29), .flat(petal),
          edge: edge,
          width: 0.01)
      }
      canvas.fill(
        .ellipse(head.0, head.1, 0.075 * size, 0.075 * size), .ball(centre), edge: centre.darker(0.6))
    case .tulip:
      canvas.fill(
        .smooth([
          turned(-0.15, -0.18), turned(-0.07, -0.06), turned(0, -0.2), turned(0.07, -0.06),
          turned(0.15, -0.18),
          turned(0.18, 0.05), turned(0.09, 0.17), turned(-0.09, 0.17), turned(-0.18, 0.05),
        ]), .vertical(petal.lighter(0.2), petal.darker(0.85)), edge: edge)
    case .rose:
      for (radius, shade) in [(0.2, 0.8), (0.155, 0.95), (0.105, 0.85), (0.055, 1.0)] {
        canvas.fill(
          .ellipse(head.0, head.1, radius * size, 0.92 * radius * size), .flat(petal.darker(shade)),
          edge: edge)
      }
    case .spike:
      for index in 0..<6 {
        for side in [-1.0, 1.0] {
          let (x, y) = turned(side * (0.075 - 0.008 * Double(index)), 0.16 - 0.075 * Double(index))
          canvas.fill(
            .ellipse(x, y, 0.075 * size, 0.06 * size), .flat(petal.darker(index % 2 == 0 ? 0.85 : 1)),
            edge: edge, width: 0.008)
        }
      }
    case .ball:
      for index in 0..<12 {
        let angle = Double(index) * 2.4
        let reach = 0.155 * (Double(index) / 12).squareRoot()
        let (x, y) = turned(reach * cos(angle), reach * sin(angle))
        canvas.fill(
          .ellipse(x, y, 0.075 * size, 0.075 * size), .flat(petal.darker(index % 2 == 0 ? 0.85 : 1)),
          edge: edge, width: 0.008)
      }
    }
  }
}
