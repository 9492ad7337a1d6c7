/// A thing put into a tank of water: what is lighter than water swims, what is heavier lies on the bottom.
///
/// Densities in g/cm³: wood 0.6, cork 0.24, an apple 0.8 (a quarter of it is air), a hollow rubber duck 0.3;
/// brick 1.9, iron 7.9, copper 8.9, gold 19.3. Water 1.0.
struct Buoyancy: SceneTask {
  struct Thing {
    let name: String
    let shape: Shape
    let colour: Colour
    let density: Double
    var floats: Bool { density < 1 }
    var hues: (low: Float, high: Float)
  }
  enum Shape { case block, cork, apple, duck, brick, anvil, coin, bar }

  static let things: [Thing] = [
    Thing(name: "wooden block", shape: .block, colour: Colour(206, 134, 56), density: 0.6, hues: (18, 48)),
    Thing(name: "cork", shape: .cork, colour: Colour(214, 160, 104), density: 0.24, hues: (18, 48)),
    Thing(name: "apple", shape: .apple, colour: Colour(218, 34, 40), density: 0.8, hues: (340, 20)),
    Thing(name: "rubber duck", shape: .duck, colour: Colour(252, 208, 20), density: 0.3, hues: (38, 62)),
    Thing(name: "brick", shape: .brick, colour: Colour(186, 66, 40), density: 1.9, hues: (0, 24)),
    Thing(name: "iron anvil", shape: .anvil, colour: Colour(62, 62, 72), density: 7.9, hues: (0, 360)),
    Thing(name: "copper coin", shape: .coin, colour: Colour(202, 106, 44), density: 8.9, hues: (10, 36)),
    Thing(name: "gold bar", shape: .bar, colour: Colour(238, 184, 20), density: 19.3, hues: (34, 58)),
  ]

  let task = Task.buoyancy
  var subjects: [String] { Self.things.map(\.name) }

  func wording(subject: Int) -> Wording {
    let thing = Self.things[subject]
    let one = withArticle(thing.name)
    let swims = [
      "\(one) floating on the water", "\(one) at the surface of the water",
      "\(one) floating at the top of a tank",
    ]
    let sunk = [
      "\(one) at the bottom of the water", "\(one) lying under water on the bottom",
      "\(one) at the bottom of a tank",
    ]
    return Wording(
      implicit: [
        "\(one) put into water", "\(one) dropped into a tank of water", "\(one) thrown into water",
        "\(one) let go in a tank of water", "\(one) placed in a tank", "\(one) dropped into water",
      ],
      explicit: thing.floats ? swims : sunk, superficial: thing.floats ? sunk : swims,
      prototype: ["\(one) and a tank of water", "\(one) in a tank of water"])
  }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let thing = Self.things[subject]
    let pose = Pose.standing(&random)
    let x = 0.5 + random.uniform(-0.13...0.13)
    let swims = thing.floats == (outcome == .explicit)
    let y = swims ? 0.33 : 0.755
    let (water, glass) = (Colour(168, 210, 238), Colour(110, 126, 146))
    pose.apply(to: canvas) {
      canvas.castShadow(x: 0.5, y: 0.95, width: 0.86)
      canvas.fill(.box(0.07, 0.14, 0.86, 0.8), .flat(Colour(232, 240, 246)))
      canvas.fill(.box(0.07, 0.36, 0.86, 0.58), .vertical(water.lighter(0.15), water.darker(0.92)))
      if !swims { canvas.fill(.ellipse(x, 0.915, 0.19, 0.02), .flat(Colour(40, 60, 90, opacity: 0.3))) }
      canvas.placed(x: x, y: y) { Self.draw(thing, on: canvas) }
      canvas.fill(.box(0.07, 0.36, 0.86, 0.58), .flat(water.faded(0.12)))
      canvas.fill(.box(0.07, 0.35, 0.86, 0.022), .flat(Colour(236, 248, 255)))
      if swims { canvas.placed(x: x, y: y) { Self.draw(thing, on: canvas, above: 0.02) } }
      canvas.stroke(
        .polygon([(0.07, 0.14), (0.07, 0.94), (0.93, 0.94), (0.93, 0.14)], closed: false), glass, width: 0.022
      )
    }
    return pose.box(x - 0.2, y - 0.19, x + 0.2, y + 0.17)
  }

  /// Draws the thing about the origin; `above` cuts off what lies lower (what the water covers is drawn before it).
  private static func draw(_ thing: Thing, on canvas: Canvas, above line: Double? = nil) {
    if let line {
      canvas.clipped(to: .box(-0.5, -0.5, 1, 0.5 + line)) { draw(thing, on: canvas) }
      return
    }
    let (c, edge) = (thing.colour, thing.colour.darker(0.5))
    switch thing.shape {
    case .block:
      canvas.fill(.box(-0.2, -0.13, 0.4, 0.29, round: 0.015), .vertical(c.lighter(0.1), c), edge: edge)
      for y in [-0.07, 0.02, 0.1] {
        canvas.stroke(
          .smooth([(-0.17, y), (0, y + 0.02), (0.17, y)], closed: false), c.darker(0.72), width: 0.014)
      }
    case .cork:
      canvas.fill(
        .polygon([(-0.15, -0.16), (0.15, -0.16), (0.12, 0.16), (-0.12, 0.16)]), .sideways(c.darker(0.85), c),
        edge: edge)
      canvas.fill(.ellipse(0, -0.155, 0.15, 0.035), .flat(c.lighter(0.2)), edge: edge)
    case .apple:
      canvas.placed(x: 0, y: 0, scale: 0.95) {
        Gravity.draw(Gravity.Thing(name: "", shape: .apple, colour: c, hues: (0, 0)), on: canvas)
      }
    case .duck:
      canvas.fill(
        .smooth([
          (-0.2, -0.02), (-0.1, 0.02), (0.02, -0.02), (0.18, 0.0), (0.15, 0.15), (-0.12, 0.16), (-0.2, 0.08),
        ]), .flat(c), edge: edge)
      canvas.fill(.ellipse(0.08, -0.09, 0.1, 0.1), .ball(c), edge: edge)
      canvas.fill(.polygon([(0.16, -0.1), (0.25, -0.07), (0.16, -0.04)]), .flat(Colour(240, 110, 20)))
      canvas.fill(.ellipse(0.11, -0.12, 0.016, 0.02), .flat(.black))
      canvas.fill(.leaf(from: (0.06, 0.06), to: (-0.13, 0.05), width: 0.5), .flat(c.darker(0.86)))
    case .brick:
      canvas.fill(
        .polygon([(-0.2, -0.08), (-0.14, -0.15), (0.22, -0.15), (0.17, -0.08)]), .flat(c.lighter(0.15)),
        edge: edge)
      canvas.fill(.box(-0.2, -0.08, 0.37, 0.24), .flat(c), edge: edge)
      for x in [-0.1, 0.0, 0.1] { canvas.fill(.ellipse(x - 0.01, 0.04, 0.03, 0.045), .flat(c.darker(0.55))) }
    case .anvil:
      canvas.fill(
        .polygon([
          (-0.25, -0.15), (0.2, -0.15), (0.2, -0.04), (0.07, 0.0), (0.07, 0.07), (0.17, 0.16), (-0.17, 0.16),
          (-0.07, 0.07), (-0.07, 0.0), (-0.12, -0.05),
        ]), .vertical(c.lighter(0.12), c), edge: edge)
    case .coin:
      canvas.fill(.ellipse(0, 0, 0.17, 0.17), .ball(c), edge: edge)
      canvas.stroke(.ellipse(0, 0, 0.13, 0.13), c.darker(0.65), width: 0.016)
      canvas.fill(.box(-0.025, -0.07, 0.05, 0.14), .flat(c.darker(0.6)))
    case .bar:
      canvas.fill(
        .polygon([(-0.16, -0.1), (0.16, -0.1), (0.23, 0.15), (-0.23, 0.15)]), .vertical(c.lighter(0.45), c),
        edge: edge)
      canvas.fill(.box(-0.1, -0.03, 0.2, 0.09, round: 0.01), .flat(c.darker(0.8)))
    }
  }

  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let thing = Self.things[subject]
    let seen = picture.area(x: 0.08...0.92, y: 0.06...0.94) {
      thing.shape == .anvil ? $0.luma < 105 && $0.chroma < 45 : $0.isVivid(thing.hues, chroma: 62)
    }
    guard seen.share > 0.03, seen.width < 0.6, seen.height < 0.5 else { return .neither }
    let water = picture.area(y: 0.4...0.92) {
      $0.hasHue(from: 185, to: 225) && $0.chroma > 18 && $0.luma > 140
    }
    guard water.share > 0.12 else { return .neither }
    if seen.centreY < 0.5, seen.bottom < 0.68 { return thing.floats ? .explicit : .superficial }
    if seen.centreY > 0.62, seen.top > 0.45 { return thing.floats ? .superficial : .explicit }
    return .neither
  }
}
