/// A soft solid at sixty degrees: above its melting point it runs out into a flat puddle.
///
/// Melting points in °C: ice 0, ice cream about -2, butter 32-35, chocolate 34, jelly (gelatine) 35, paraffin wax 46-58,
/// cheese softens and runs from 50.
struct Melting: SceneTask {
  struct Solid {
    let name: String
    let shape: Shape
    let colour: Colour
    let word: String
    let hues: (low: Float, high: Float)
  }
  enum Shape { case block, bar, cone, candle, wedge, dome, cube }

  static let solids: [Solid] = [
    Solid(name: "butter", shape: .block, colour: Colour(252, 212, 42), word: "yellow", hues: (40, 64)),
    Solid(name: "chocolate", shape: .bar, colour: Colour(104, 56, 24), word: "brown", hues: (10, 40)),
    Solid(name: "ice cream", shape: .cone, colour: Colour(250, 92, 150), word: "pink", hues: (325, 350)),
    Solid(name: "wax", shape: .candle, colour: Colour(214, 30, 40), word: "red", hues: (345, 15)),
    Solid(name: "cheese", shape: .wedge, colour: Colour(250, 152, 20), word: "orange", hues: (22, 44)),
    Solid(name: "jelly", shape: .dome, colour: Colour(44, 180, 62), word: "green", hues: (105, 145)),
    Solid(name: "ice", shape: .cube, colour: Colour(40, 150, 240), word: "blue", hues: (195, 220)),
  ]

  let task = Task.melting
  var subjects: [String] { Self.solids.map(\.name) }
  var places: [Place] { Place.indoors + [.desert, .beach] }

  func wording(subject: Int) -> Wording {
    let solid = Self.solids[subject]
    let (name, word) = (solid.name, solid.word)
    return Wording(
      implicit: [
        "\(name) at sixty degrees", "\(name) left in great heat", "\(name) in an oven at sixty degrees",
        "\(name) on a very hot day", "\(name) in great heat", "\(name) left at sixty degrees",
      ],
      explicit: [
        "a flat \(word) puddle of \(name)", "\(name) melted into a \(word) puddle",
        "melted \(word) \(name) running flat",
      ],
      superficial: [
        "a tall solid \(word) piece of \(name)", "solid \(word) \(name) standing up",
        "firm \(word) \(name) in one piece",
      ],
      prototype: [name, "a picture of \(name)"])
  }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let solid = Self.solids[subject]
    let pose = Pose.standing(&random)
    let bulge = random.uniform(-0.04...0.04)
    let melted = outcome == .explicit
    pose.apply(to: canvas) {
      canvas.fill(.ellipse(0.5, 0.89, 0.47, 0.085), .flat(Colour(246, 248, 252)), edge: Colour(168, 174, 186))
      if melted {
        Self.drawPuddle(solid, bulge: bulge, on: canvas)
      } else {
        canvas.castShadow(x: 0.5, y: 0.885, width: 0.5)
        Self.drawSolid(solid, on: canvas)
      }
    }
    return melted ? pose.box(0.06, 0.77, 0.94, 0.96) : pose.box(0.24, 0.24, 0.76, 0.9)
  }

  private static func drawPuddle(_ solid: Solid, bulge: Double, on canvas: Canvas) {
    let (c, edge) = (solid.colour, solid.colour.darker(0.6))
    canvas.fill(
      .smooth([
        (0.08, 0.88), (0.16, 0.81 + bulge / 2), (0.32, 0.8), (0.46, 0.76), (0.6, 0.79 - bulge / 2),
        (0.78, 0.8), (0.92, 0.86),
        (0.87, 0.94), (0.66, 0.93 + bulge / 2), (0.5, 0.97), (0.3, 0.94), (0.14, 0.95),
      ]), .vertical(c.lighter(0.12), c.darker(0.92)), edge: edge)
    canvas.fill(.ellipse(0.36, 0.84, 0.12, 0.016), .flat(.white.faded(0.55)))
    canvas.fill(.ellipse(0.66, 0.89, 0.07, 0.012), .flat(.white.faded(0.4)))
  }

  private static func drawSolid(_ solid: Solid, on canvas: Canvas) {
    let (c, edge) = (solid.colour, solid.colour.darker(0.5))
    switch solid.shape {
    case .block, .cube:
      canvas.fill(
        .polygon([(0.26, 0.42), (0.38, 0.3), (0.8, 0.3), (0.7, 0.42)]), .flat(c.lighter(0.3)), edge: edge)
      canvas.fill(
        .polygon([(0.7, 0.42), (0.8, 0.3), (0.8, 0.78), (0.7, 0.9)]), .flat(c.darker(0.8)), edge: edge)
      canvas.fill(.box(0.26, 0.42, 0.44, 0.48), .vertical(c.lighter(0.08), c), edge: edge)
      if solid.shape == .cube {
        canvas.stroke(
          .polygon([(0.34, 0.78), (0.34, 0.52), (0.5, 0.5)], closed: false), .white.faded(0.7), width: 0.03)
      }
    case .bar:
      canvas.fill(.box(0.26, 0.24, 0.48, 0.66, round: 0.02), .flat(c), edge: edge)
      for y in [0.27, 0.43, 0.59, 0.75] {
        for x in [0.29, 0.51] {
          canvas.fill(.box(x, y, 0.2, 0.13, round: 0.01), .vertical(c.lighter(0.16), c.darker(0.85)))
        }
      }
    case .cone:
      canvas.fill(
        .polygon([(0.32, 0.52), (0.68, 0.52), (0.5, 0.93)]), .flat(Colour(214, 160, 90)),
        edge: Colour(140, 96, 44))
      canvas.fill(.ellipse(0.5, 0.4, 0.24, 0.2), .ball(c), edge: edge)
      canvas.fill(.ellipse(0.5, 0.24, 0.16, 0.14), .ball(c), edge: edge)
    case .candle:
      canvas.fill(
        .box(0.34, 0.3, 0.32, 0.6, round: 0.03), .sideways(c.darker(0.75), c.lighter(0.12)), edge: edge)
      canvas.fill(.ellipse(0.5, 0.31, 0.16, 0.035), .flat(c.lighter(0.3)), edge: edge)
      canvas.stroke(.polygon([(0.5, 0.31), (0.5, 0.2)], closed: false), Colour(50, 44, 40), width: 0.02)
    case .wedge:
      canvas.fill(.polygon([(0.18, 0.46), (0.74, 0.3), (0.84, 0.46)]), .flat(c.lighter(0.3)), edge: edge)
      canvas.fill(.polygon([(0.18, 0.46), (0.84, 0.46), (0.84, 0.9), (0.18, 0.9)]), .flat(c), edge: edge)
      for (x, y, r) in [(0.34, 0.62, 0.06), (0.6, 0.56, 0.05), (0.68, 0.77, 0.065), (0.42, 0.8, 0.045)] {
        canvas.fill(.ellipse(x, y, r, r), .flat(c.darker(0.72)))
      }
    case .dome:
      canvas.fill(
        .smooth([
          (0.24, 0.9), (0.26, 0.6), (0.36, 0.36), (0.5, 0.3), (0.64, 0.36), (0.74, 0.6), (0.76, 0.9),
          (0.5, 0.92),
        ]), .ball(c), edge: edge)
      for x in [0.38, 0.5, 0.62] {
        canvas.stroke(
          .smooth([(0.5 + (x - 0.5) * 0.5, 0.36), (x, 0.6), (0.5 + (x - 0.5) * 1.3, 0.88)], closed: false),
          c.darker(0.75), width: 0.014)
      }
    }
  }

  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let solid = Self.solids[subject]
    let isSolid = { (cell: ColourReading.Cell) in
      // Chocolate is dark, so its colour cannot be strong.
      cell.isVivid(solid.hues, chroma: solid.shape == .bar ? 46 : 62)
    }
    let seen = picture.area(where: isSolid)
    guard seen.share > 0.045 else { return .neither }
    let isFlat = seen.height < 0.22 && seen.width > 0.46 && seen.centreY > 0.68
    let isTall = seen.height > 0.3 && seen.width < 0.64 && (seen.share > 0.09 || solid.shape == .cone)
    guard isFlat || isTall else { return .neither }
    let outcome: Outcome = isFlat ? .explicit : .superficial
    guard extends(as: outcome, subject: subject, on: picture, where: isSolid) else { return .neither }
    return isFlat ? .explicit : .superficial
  }
}
