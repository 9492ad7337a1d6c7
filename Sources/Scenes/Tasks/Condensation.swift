/// A cold thing in very humid air: water vapour settles on it as fog and drops, and its own colour is hardly seen.
///
/// Air holds less vapour the colder it is; on a surface below the dew point the surplus becomes liquid.
struct Condensation: SceneTask {
  struct Thing {
    let name: String
    let shape: Shape
    let colour: Colour
    let word: String
    let hues: (low: Float, high: Float)
  }
  enum Shape { case bottle, can, cup, vase, jar, teapot, mirror }

  static let things: [Thing] = [
    Thing(name: "bottle", shape: .bottle, colour: Colour(24, 158, 74), word: "green", hues: (125, 165)),
    Thing(name: "can", shape: .can, colour: Colour(222, 32, 40), word: "red", hues: (340, 18)),
    Thing(name: "cup", shape: .cup, colour: Colour(250, 136, 16), word: "orange", hues: (18, 44)),
    Thing(name: "vase", shape: .vase, colour: Colour(146, 54, 206), word: "violet", hues: (262, 300)),
    Thing(name: "jar", shape: .jar, colour: Colour(248, 206, 30), word: "yellow", hues: (40, 62)),
    Thing(name: "teapot", shape: .teapot, colour: Colour(240, 64, 150), word: "pink", hues: (315, 345)),
    Thing(name: "thermos", shape: .mirror, colour: Colour(132, 74, 30), word: "brown", hues: (12, 42)),
  ]
  static let fog = Colour(150, 172, 198)

  let task = Task.condensation
  var subjects: [String] { Self.things.map(\.name) }

  func wording(subject: Int) -> Wording {
    let thing = Self.things[subject]
    let one = withArticle("cold \(thing.name)")
    return Wording(
      implicit: [
        "\(one) in very humid air", "\(one) in moist warm air", "\(one) brought into humid air",
        "\(one) brought into moist air", "\(one) in very moist air", "\(one) in warm humid air",
      ],
      explicit: [
        "a foggy grey \(thing.name) covered with drops", "\(thing.name) misted over with water drops",
        "a misted grey wet \(thing.name)",
      ],
      superficial: [
        "a clear dry \(thing.word) \(thing.name)", "a shiny \(thing.word) \(thing.name)",
        "a dry \(thing.name) shining \(thing.word)",
      ],
      prototype: [withArticle(thing.name), "a picture of \(withArticle(thing.name))"])
  }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let thing = Self.things[subject]
    let pose = Pose.standing(&random)
    var drops = random
    let misted = outcome == .explicit
    let body = misted ? Self.fog.mixed(with: thing.colour, 0.06) : thing.colour
    pose.apply(to: canvas) {
      canvas.castShadow(x: 0.5, y: 0.93, width: 0.6)
      let outline = Self.drawThing(
        thing.shape, body: body, edge: misted ? Self.fog.darker(0.5) : thing.colour.darker(0.45), on: canvas)
      canvas.clipped(to: outline) {
        if misted {
          Self.drawDrops(&drops, on: canvas)
        } else {
          canvas.fill(.box(0.33, 0.3, 0.06, 0.5, round: 0.03), .flat(.white.faded(0.6)))
        }
      }
    }
    return pose.box(0.16, 0.06, 0.84, 0.94)
  }

  /// Draws the thing and returns the outline of its body.
  private static func drawThing(_ shape: Shape, body: Colour, edge: Colour, on canvas: Canvas) -> Outline {
    let outline: Outline
    switch shape {
    case .bottle:
      outline = .smooth([
        (0.42, 0.1), (0.58, 0.1), (0.58, 0.28), (0.74, 0.42), (0.75, 0.88), (0.5, 0.93), (0.25, 0.88),
        (0.26, 0.42), (0.42, 0.28),
      ])
    case .can: outline = .box(0.22, 0.16, 0.56, 0.76, round: 0.07)
    case .cup: outline = .polygon([(0.18, 0.22), (0.82, 0.22), (0.72, 0.92), (0.28, 0.92)])
    case .vase:
      outline = .smooth([
        (0.36, 0.1), (0.64, 0.1), (0.58, 0.24), (0.8, 0.52), (0.66, 0.9), (0.5, 0.93), (0.34, 0.9),
        (0.2, 0.52), (0.42, 0.24),
      ])
    case .jar: outline = .box(0.2, 0.2, 0.6, 0.72, round: 0.09)
    case .teapot:
      canvas.stroke(
        .smooth([(0.76, 0.5), (0.94, 0.48), (0.92, 0.72), (0.74, 0.78)], closed: false), body.darker(0.85),
        width: 0.06)
      canvas.fill(
        .polygon([(0.28, 0.66), (0.04, 0.44), (0.12, 0.4), (0.3, 0.54)]), .flat(body.darker(0.9)), edge: edge)
      outline = .smooth([
        (0.5, 0.3), (0.72, 0.42), (0.8, 0.66), (0.68, 0.88), (0.5, 0.92), (0.32, 0.88), (0.2, 0.66),
        (0.28, 0.42),
      ])
    case .mirror: outline = .box(0.28, 0.18, 0.44, 0.74, round: 0.05)
    }
    canvas.fill(outline, .sideways(body.darker(0.84), body.lighter(0.06)), edge: edge)
    switch shape {
    case .can: canvas.fill(.ellipse(0.5, 0.2, 0.26, 0.035), .flat(Colour(196, 200, 208)), edge: edge)
    case .jar: canvas.fill(.box(0.24, 0.1, 0.52, 0.12, round: 0.03), .flat(Colour(176, 180, 190)), edge: edge)
    case .teapot: canvas.fill(.ellipse(0.5, 0.28, 0.06, 0.05), .flat(body), edge: edge)
    case .mirror:
      canvas.fill(.box(0.32, 0.05, 0.36, 0.16, round: 0.04), .flat(Colour(150, 154, 164)), edge: edge)
    case .bottle:
      canvas.fill(.box(0.42, 0.05, 0.16, 0.08, round: 0.02), .flat(Colour(176, 180, 190)), edge: edge)
    case .cup, .vase: break
    }
    return outline
  }

  private static func drawDrops(_ random: inout SceneRandom, on canvas: Canvas) {
    for row in 0..<6 {
      for column in 0..<6 {
        let x = 0.2 + 0.12 * (Double(column) + random.uniform(-0.3...0.3)) + (row % 2 == 0 ? 0.06 : 0)
        let y = 0.24 + 0.13 * (Double(row) + random.uniform(-0.3...0.3))
        let r = random.uniform(0.022...0.04)
        canvas.fill(
          .ellipse(x, y, r, r * 1.25), .flat(Colour(208, 224, 240)), edge: Colour(96, 122, 156), width: 0.01)
      }
    }
  }

  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let thing = Self.things[subject]
    let isClear = { (cell: ColourReading.Cell) in cell.isVivid(thing.hues, chroma: 70) }
    let isMisted = { (cell: ColourReading.Cell) in
      cell.hasHue(from: 200, to: 232) && (22...82).contains(cell.chroma) && (105...196).contains(cell.luma)
    }
    let (clear, misted) = (picture.area(where: isClear), picture.area(where: isMisted))
    if clear.share > 0.08, clear.height > 0.25, misted.share < 0.09,
      extends(as: .superficial, subject: subject, on: picture, where: isClear)
    {
      return .superficial
    }
    if misted.share > 0.11, misted.height > 0.3, clear.share < 0.025,
      extends(as: .explicit, subject: subject, on: picture, where: isMisted)
    {
      return .explicit
    }
    return .neither
  }
}
