import Foundation

extension LightRequirement {
  /// How a plant has grown: broad deep-green leaves, or pale ones on long thin stems (etiolation).
  struct Growth {
    let leaf: Colour
    let stem: Colour
    let isLeggy: Bool

    /// Leaves stay smaller in the dark.
    var leafScale: Double { isLeggy ? 0.82 : 1 }
    /// Stems stretch towards light that is not there.
    var stretch: Double { isLeggy ? 1.12 : 1 }
    var stemWidth: Double { isLeggy ? 0.02 : 0.035 }
  }

  private static let soilLine = 0.68

  static func draw(_ plant: Plant, growth: Growth, sway: Double, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.95, width: 0.44)
    canvas.fill(.ellipse(0.5, soilLine, 0.2, 0.03), .flat(Colour(80, 58, 45)))
    switch plant.habit {
    case .bean: drawStems(growth, sway: sway, tiers: 4, on: canvas)
    case .basil: drawBush(growth, sway: sway, on: canvas)
    case .fern: drawFronds(growth, sway: sway, on: canvas)
    case .lettuce: drawRosette(growth, sway: sway, on: canvas)
    case .grass: drawBlades(growth, sway: sway, on: canvas)
    case .palm: drawPalm(growth, sway: sway, on: canvas)
    case .cactus: drawCactus(growth, sway: sway, on: canvas)
    case .ivy: break
    }
    let pot = Colour(52, 98, 190)
    canvas.fill(
      .polygon([(0.27, 0.7), (0.73, 0.7), (0.66, 0.96), (0.34, 0.96)]),
      .sideways(pot.darker(0.8), pot.lighter(0.25)),
      edge: pot.darker(0.5))
    canvas.fill(.box(0.24, 0.675, 0.52, 0.065, round: 0.015), .flat(pot), edge: pot.darker(0.5))
    if plant.habit == .ivy { drawIvy(growth, sway: sway, on: canvas) }
  }

  /// A height above the soil (0 at the soil, 1 at the top of the picture's plant zone) as a y coordinate.
  private static func rise(_ height: Double, _ growth: Growth) -> Double {
    max(0.04, soilLine - 0.56 * height * growth.stretch)
  }

  private static func leaf(
    from stalk: (Double, Double), by dx: Double, _ dy: Double, width: Double, _ growth: Growth,
    shade: Double = 1,
    on canvas: Canvas
  ) {
    let colour = growth.leaf.darker(shade)
    let tip = (stalk.0 + growth.leafScale * dx, stalk.1 + growth.leafScale * dy)
    canvas.fill(
      .leaf(from: stalk, to: tip, width: width), .flat(colour), edge: colour.darker(0.62), width: 0.01)
    canvas.stroke(
      .polygon([stalk, (0.3 * stalk.0 + 0.7 * tip.0, 0.3 * stalk.1 + 0.7 * tip.1)], closed: false),
      colour.darker(0.75), width: 0.008)
  }

  private static func drawStems(_ growth: Growth, sway: Double, tiers: Int, on canvas: Canvas) {
    let top = rise(1, growth)
    let bend = 0.05 * sway
    canvas.stroke(
      .smooth(
        [(0.5, soilLine), (0.5 + 0.4 * bend, 0.5 * (soilLine + top)), (0.5 + bend, top)], closed: false),
      growth.stem, width: growth.stemWidth)
    for tier in 0..<tiers {
      let height = 0.25 + 0.7 * Double(tier) / Double(tiers - 1)
      let stalk = (0.5 + bend * height, rise(height, growth))
      let reach = 0.37 - 0.16 * Double(tier) / Double(tiers)
      leaf(from: stalk, by: -reach, -0.05, width: 0.42, growth, shade: 0.9, on: canvas)
      leaf(from: stalk, by: reach, -0.07, width: 0.42, growth, on: canvas)
    }
    leaf(from: (0.5 + bend, top + 0.06), by: 0.02, -0.14, width: 0.4, growth, on: canvas)
  }

  private static func drawBush(_ growth: Growth, sway: Double, on canvas: Canvas) {
    for (x, height) in [(0.3, 0.6), (0.7, 0.62), (0.5, 0.85)] {
      canvas.stroke(
        .polygon([(0.5, soilLine), (x, rise(height, growth))], closed: false), growth.stem,
        width: growth.stemWidth)
    }
    for (x, height, size) in [
      (0.32, 0.22, 0.2), (0.68, 0.22, 0.2), (0.5, 0.2, 0.2), (0.28, 0.55, 0.2), (0.72, 0.55, 0.2),
      (0.5, 0.5, 0.22),
      (0.38, 0.82, 0.19), (0.62, 0.82, 0.19), (0.5, 0.98, 0.17),
    ] {
      let stalk = (x + 0.02 * sway, rise(height, growth))
      leaf(from: stalk, by: -size, -0.09, width: 0.5, growth, shade: 0.88, on: canvas)
      leaf(from: stalk, by: size, -0.09, width: 0.5, growth, on: canvas)
      leaf(from: stalk, by: 0, -0.9 * size, width: 0.45, growth, shade: 1.0, on: canvas)
    }
  }

  private static func drawFronds(_ growth: Growth, sway: Double, on canvas: Canvas) {
    for (end, peak) in [(0.08, 0.75), (0.92, 0.75), (0.22, 1.0), (0.78, 1.0), (0.5, 1.08)] {
      let tip = (end + 0.02 * sway, rise(peak - abs(end - 0.5) * 0.9, growth))
      let crest = (0.5 + 0.55 * (end - 0.5), rise(peak * 0.85, growth))
      let foot = (0.5, soilLine)
      canvas.stroke(.smooth([foot, crest, tip], closed: false), growth.stem, width: growth.stemWidth)
      for step in 1...8 {
        let t = Double(step) / 8
        // The quadratic through foot, crest (at one half) and tip.
        let (a, b, c) = ((1 - t) * (1 - 2 * t), 4 * t * (1 - t), t * (2 * t - 1))
        let at = (a * foot.0 + b * crest.0 + c * tip.0, a * foot.1 + b * crest.1 + c * tip.1)
        let size = 0.15 * (1.15 - 0.75 * t)
        leaf(from: at, by: -size, -0.5 * size, width: 0.34, growth, shade: 0.86, on: canvas)
        leaf(from: at, by: size, -0.5 * size, width: 0.34, growth, on: canvas)
      }
    }
  }

  private static func drawRosette(_ growth: Growth, sway: Double, on canvas: Canvas) {
    let lift = growth.isLeggy ? 0.14 : 0
    if growth.isLeggy {
      canvas.stroke(
        .polygon([(0.5, soilLine), (0.5, soilLine - 0.2)], closed: false), growth.stem, width: 0.05)
    }
    for (index, (dx, dy, rx, ry)) in [
      (-0.27, -0.14, 0.17, 0.14), (0.27, -0.14, 0.17, 0.14), (-0.2, -0.3, 0.16, 0.16),
      (0.2, -0.3, 0.16, 0.16),
      (0, -0.37, 0.17, 0.15), (-0.12, -0.15, 0.16, 0.14), (0.12, -0.15, 0.16, 0.14), (0, -0.23, 0.12, 0.12),
    ].enumerated() {
      let (x, y) = (0.5 + dx + 0.01 * sway, soilLine - lift + dy * growth.stretch)
      let scale = growth.leafScale
      let colour = growth.leaf.darker(index % 2 == 0 ? 0.88 : 1)
      let ruffle = (0..<14).map { step in
        let angle = 2 * Double.pi * Double(step) / 14
        let reach = scale * (step % 2 == 0 ? 1.1 : 0.92)
        return (x + rx * reach * cos(angle), y + ry * reach * sin(angle))
      }
      canvas.fill(
        .smooth(ruffle), .vertical(colour.lighter(0.25), colour.darker(0.85)), edge: colour.darker(0.6),
        width: 0.012)
      canvas.stroke(
        .polygon([(x, y + 0.9 * ry), (x, y - 0.4 * ry)], closed: false), colour.lighter(0.5), width: 0.014)
    }
  }

  private static func drawBlades(_ growth: Growth, sway: Double, on canvas: Canvas) {
    let count = growth.isLeggy ? 15 : 19
    for index in 0..<count {
      let t = Double(index) / Double(count - 1)
      let foot = 0.32 + 0.36 * t
      let lean = (t - 0.5) * 0.75 + 0.07 * sway + 0.05 * sin(Double(index) * 2.4)
      let height = 0.72 + 0.25 * sin(Double(index) * 1.7)
      let colour = growth.leaf.darker(index % 3 == 0 ? 0.8 : index % 3 == 1 ? 1 : 0.9)
      let (half, top) = (0.03, rise(height, growth))
      canvas.fill(
        .smooth([
          (foot - half, soilLine + 0.01), (foot + 0.35 * lean - half, 0.5 * (top + soilLine)),
          (foot + lean, top), (foot + 0.35 * lean + half, 0.5 * (top + soilLine)),
          (foot + half, soilLine + 0.01),
        ]),
        .flat(colour), edge: colour.darker(0.65), width: 0.008)
    }
  }

  private static func drawPalm(_ growth: Growth, sway: Double, on canvas: Canvas) {
    let crown = (0.5 + 0.04 * sway, rise(0.62, growth))
    canvas.stroke(
      .polygon([(0.5, soilLine), crown], closed: false),
      growth.isLeggy ? growth.stem.darker(0.85) : Colour(125, 90, 55),
      width: growth.isLeggy ? 0.035 : 0.065)
    for (dx, dy) in [
      (-0.42, 0.12), (0.42, 0.12), (-0.43, -0.08), (0.43, -0.08), (-0.31, -0.22), (0.31, -0.22),
      (-0.13, -0.29),
      (0.13, -0.29), (-0.28, 0.24), (0.28, 0.24),
    ] {
      leaf(from: crown, by: dx, dy, width: 0.26, growth, shade: dy > 0.1 ? 0.85 : 1, on: canvas)
    }
  }

  private static func drawCactus(_ growth: Growth, sway: Double, on canvas: Canvas) {
    let width = growth.isLeggy ? 0.15 : 0.22
    let arm = growth.isLeggy ? 0.09 : 0.12
    let top = growth.isLeggy ? 0.05 : 0.14
    let edge = growth.leaf.darker(0.55)
    let paint = Paint.sideways(growth.leaf.darker(0.82), growth.leaf.lighter(0.2))
    for side in [-1.0, 1.0] {
      let (x, y) = (0.5 + side * 0.24, side < 0 ? 0.46 : 0.38)
      canvas.fill(
        .box(min(0.5, x), y, abs(x - 0.5), arm, round: 0.03), .flat(growth.leaf.darker(0.9)), edge: edge)
      canvas.fill(.box(x - arm / 2, y - 0.18, arm, 0.18 + arm, round: arm / 2), paint, edge: edge)
    }
    canvas.fill(.box(0.5 - width / 2, top, width, soilLine - top + 0.02, round: width / 2), paint, edge: edge)
    for row in 0..<7 {
      for x in [0.46, 0.54] {
        canvas.fill(.ellipse(x, 0.22 + 0.065 * Double(row), 0.01, 0.014), .flat(growth.leaf.lighter(0.75)))
      }
    }
  }

  private static func drawIvy(_ growth: Growth, sway: Double, on canvas: Canvas) {
    let vines: [[(Double, Double)]] = [
      [(0.5, 0.68), (0.3, 0.5), (0.14, 0.62), (0.1, 0.86)],
      [(0.5, 0.68), (0.7, 0.5), (0.86, 0.62), (0.9, 0.86)],
      [(0.5, 0.68), (0.42, 0.42), (0.3, rise(0.75, growth))],
      [(0.5, 0.68), (0.58, 0.42), (0.7, rise(0.75, growth))],
      [(0.5, 0.68), (0.5, 0.4), (0.5 + 0.04 * sway, rise(0.95, growth))],
    ]
    for vine in vines { canvas.stroke(.smooth(vine, closed: false), growth.stem, width: growth.stemWidth) }
    for vine in vines {
      for (start, end) in zip(vine, vine.dropFirst()) {
        for t in [0.4, 0.95] {
          let at = (start.0 + t * (end.0 - start.0), start.1 + t * (end.1 - start.1))
          let size = 0.14
          leaf(from: (at.0, at.1 - 0.02), by: 0.02, 1.1 * size, width: 0.6, growth, shade: 0.88, on: canvas)
          leaf(from: (at.0, at.1), by: -size, -0.03, width: 0.5, growth, on: canvas)
          leaf(from: (at.0, at.1), by: size, -0.03, width: 0.5, growth, on: canvas)
        }
      }
    }
  }
}
