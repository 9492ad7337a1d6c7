/// A thing in a room without gravity: nothing holds it down, so it hangs in mid-air instead of lying on the floor.
struct Gravity: SceneTask {
  struct Thing {
    let name: String
    let shape: Shape
    let colour: Colour
    let hues: (low: Float, high: Float)
  }
  enum Shape { case ball, book, apple, bear, parcel, bottle, cushion, mug }

  static let things: [Thing] = [
    Thing(name: "ball", shape: .ball, colour: Colour(226, 40, 44), hues: (340, 20)),
    Thing(name: "book", shape: .book, colour: Colour(36, 84, 214), hues: (205, 250)),
    Thing(name: "apple", shape: .apple, colour: Colour(96, 190, 40), hues: (70, 135)),
    Thing(name: "teddy bear", shape: .bear, colour: Colour(176, 104, 40), hues: (14, 46)),
    Thing(name: "parcel", shape: .parcel, colour: Colour(246, 140, 22), hues: (20, 48)),
    Thing(name: "bottle", shape: .bottle, colour: Colour(20, 150, 96), hues: (130, 175)),
    Thing(name: "cushion", shape: .cushion, colour: Colour(150, 60, 206), hues: (262, 300)),
    Thing(name: "mug", shape: .mug, colour: Colour(20, 170, 206), hues: (178, 205)),
  ]

  let task = Task.gravity
  var subjects: [String] { Self.things.map(\.name) }
  var places: [Place] { Place.indoors }

  func wording(subject: Int) -> Wording {
    let name = Self.things[subject].name
    let one = withArticle(name)
    return Wording(
      implicit: [
        "\(one) without gravity", "\(one) where there is no gravity", "\(one) in zero gravity",
        "\(one) with gravity switched off", "\(one) in a place without gravity",
        "\(one) when gravity is gone",
      ],
      explicit: ["a floating \(name)", "\(one) hovering in mid air", "\(one) floating high above the floor"],
      superficial: [
        "a \(name) lying on the floor", "\(one) resting on the ground", "\(one) down on the floor",
      ],
      prototype: [one, "a picture of \(one)"])
  }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let thing = Self.things[subject]
    let x = 0.5 + random.uniform(-0.12...0.12)
    let size = random.uniform(0.92...1.08)
    let lift = random.uniform(-0.03...0.05)
    let floats = outcome == .explicit
    let y = floats ? 0.29 + lift : 0.75
    if floats {
      canvas.fill(.ellipse(x, 0.93, 0.15, 0.025), .flat(Colour(40, 40, 60, opacity: 0.16)))
    } else {
      canvas.castShadow(x: x, y: 0.945, width: 0.42)
    }
    canvas.placed(x: x, y: y, scale: size, turn: floats ? -0.3 : 0) { Self.draw(thing, on: canvas) }
    return EntityBox(
      left: x - 0.24 * size, top: y - 0.22 * size, right: x + 0.24 * size, bottom: y + 0.22 * size)
  }

  /// Draws the thing about the origin, some 0.46 wide and 0.4 high.
  static func draw(_ thing: Thing, on canvas: Canvas) {
    let (c, edge) = (thing.colour, thing.colour.darker(0.5))
    switch thing.shape {
    case .ball:
      canvas.fill(.ellipse(0, 0, 0.2, 0.2), .ball(c), edge: edge)
      canvas.stroke(
        .smooth([(-0.19, 0.03), (-0.02, 0.07), (0.19, -0.03)], closed: false), .white.faded(0.8), width: 0.03)
    case .book:
      canvas.fill(.box(-0.22, -0.15, 0.44, 0.34, round: 0.015), .flat(c), edge: edge)
      canvas.fill(.box(-0.16, 0.13, 0.38, 0.045), .flat(Colour(250, 246, 232)))
      canvas.fill(.box(-0.22, -0.15, 0.05, 0.34), .flat(c.darker(0.7)))
      canvas.fill(.box(-0.1, -0.08, 0.24, 0.04), .flat(Colour(250, 214, 90)))
    case .apple:
      canvas.fill(
        .smooth([
          (0, -0.14), (0.13, -0.17), (0.21, -0.02), (0.12, 0.17), (0, 0.16), (-0.12, 0.17), (-0.21, -0.02),
          (-0.13, -0.17),
        ]), .ball(c), edge: edge)
      canvas.stroke(
        .smooth([(0, -0.13), (0.02, -0.19), (0.06, -0.23)], closed: false), Colour(92, 60, 30), width: 0.025)
      canvas.fill(.leaf(from: (0.03, -0.18), to: (0.16, -0.23), width: 0.4), .flat(c.darker(0.7)))
    case .bear:
      for side in [-1.0, 1.0] {
        canvas.fill(.ellipse(0.09 * side, -0.2, 0.05, 0.05), .flat(c.darker(0.8)), edge: edge)
        canvas.fill(.ellipse(0.17 * side, 0.02, 0.055, 0.08), .flat(c), edge: edge)
        canvas.fill(.ellipse(0.11 * side, 0.17, 0.075, 0.055), .flat(c), edge: edge)
      }
      canvas.fill(.ellipse(0, 0.07, 0.15, 0.14), .ball(c), edge: edge)
      canvas.fill(.ellipse(0, -0.12, 0.12, 0.11), .ball(c), edge: edge)
      canvas.fill(.ellipse(0, -0.09, 0.05, 0.04), .flat(c.lighter(0.6)))
      for x in [-0.045, 0.045] { canvas.fill(.ellipse(x, -0.15, 0.015, 0.015), .flat(.black)) }
      canvas.fill(.ellipse(0, -0.1, 0.018, 0.013), .flat(.black))
    case .parcel:
      canvas.fill(.box(-0.21, -0.17, 0.42, 0.35, round: 0.01), .vertical(c, c.darker(0.85)), edge: edge)
      canvas.fill(.box(-0.03, -0.17, 0.06, 0.35), .flat(Colour(236, 40, 60)))
      canvas.fill(.box(-0.21, -0.03, 0.42, 0.05), .flat(Colour(236, 40, 60)))
      for side in [-1.0, 1.0] {
        canvas.fill(
          .ellipse(0.06 * side, -0.2, 0.06, 0.035), .flat(Colour(236, 40, 60)), edge: Colour(150, 20, 30),
          width: 0.01)
      }
    case .bottle:
      canvas.fill(
        .smooth([
          (-0.05, -0.22), (0.05, -0.22), (0.05, -0.1), (0.12, -0.02), (0.12, 0.19), (-0.12, 0.19),
          (-0.12, -0.02), (-0.05, -0.1),
        ]), .sideways(c.darker(0.7), c.lighter(0.2)), edge: edge)
      canvas.fill(.box(-0.055, -0.25, 0.11, 0.05), .flat(Colour(200, 160, 100)))
      canvas.fill(.box(-0.115, 0.02, 0.23, 0.1), .flat(Colour(248, 244, 224)))
    case .cushion:
      canvas.fill(
        .smooth([
          (-0.23, -0.16), (0, -0.12), (0.23, -0.16), (0.2, 0), (0.23, 0.18), (0, 0.15), (-0.23, 0.18),
          (-0.2, 0),
        ]), .ball(c), edge: edge)
      canvas.fill(.ellipse(0, 0.01, 0.025, 0.025), .flat(c.darker(0.5)))
    case .mug:
      canvas.stroke(
        .smooth([(0.12, -0.08), (0.25, -0.06), (0.25, 0.1), (0.12, 0.12)], closed: false), c.darker(0.8),
        width: 0.05)
      canvas.fill(
        .box(-0.17, -0.17, 0.32, 0.36, round: 0.04), .sideways(c.darker(0.8), c.lighter(0.15)), edge: edge)
      canvas.fill(.ellipse(-0.01, -0.165, 0.155, 0.035), .flat(Colour(70, 44, 30)), edge: edge)
    }
  }

  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let thing = Self.things[subject]
    let isThing = { (cell: ColourReading.Cell) in cell.isVivid(thing.hues) }
    let seen = picture.area(where: isThing)
    guard seen.share > 0.035, seen.width < 0.62, seen.height < 0.56 else { return .neither }
    let floats = seen.centreY < 0.46 && seen.bottom < 0.68
    let lies = seen.centreY > 0.62 && seen.top > 0.42
    guard floats || lies else { return .neither }
    let outcome: Outcome = floats ? .explicit : .superficial
    guard extends(as: outcome, subject: subject, on: picture, shift: 0.18, where: isThing) else {
      return .neither
    }
    return floats ? .explicit : .superficial
  }
}
