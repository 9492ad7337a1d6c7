/// A liquid in a pot at hundreds of degrees: it has boiled away, and steam hangs over the empty pot.
///
/// At one atmosphere water and all watery liquids boil near 100 °C; at 300 °C none of them stays liquid.
struct Evaporation: SceneTask {
  struct Liquid {
    let name: String
    let colour: Colour
    let word: String
    let hues: (low: Float, high: Float)
  }

  static let liquids: [Liquid] = [
    Liquid(name: "water", colour: Colour(30, 112, 232), word: "blue", hues: (200, 235)),
    Liquid(name: "juice", colour: Colour(252, 138, 14), word: "orange", hues: (20, 42)),
    Liquid(name: "wine", colour: Colour(168, 14, 54), word: "red", hues: (330, 5)),
    Liquid(name: "tea", colour: Colour(150, 78, 24), word: "brown", hues: (12, 38)),
    Liquid(name: "soup", colour: Colour(70, 160, 44), word: "green", hues: (85, 130)),
    Liquid(name: "lemonade", colour: Colour(250, 222, 30), word: "yellow", hues: (46, 66)),
    Liquid(name: "ink", colour: Colour(92, 40, 190), word: "violet", hues: (250, 280)),
  ]
  static let steam = Colour(132, 150, 184)

  let task = Task.evaporation
  var subjects: [String] { Self.liquids.map(\.name) }
  var places: [Place] { [.kitchen, .laboratory, .workshop] }

  func wording(subject: Int) -> Wording {
    let liquid = Self.liquids[subject]
    let name = liquid.name
    return Wording(
      implicit: [
        "\(name) at three hundred degrees", "a pot of \(name) at four hundred degrees",
        "\(name) heated to five hundred degrees",
        "\(name) in a pot at three hundred degrees", "a pot of \(name) heated to four hundred degrees",
        "\(name) at five hundred degrees",
      ],
      explicit: [
        "\(name) gone as a grey cloud of steam", "an empty pot of \(name) under steam",
        "steam rising where \(name) was",
      ],
      superficial: [
        "a pot full of \(liquid.word) \(name)", "still \(liquid.word) \(name) filling a pot",
        "\(liquid.word) \(name) in a full pot",
      ],
      prototype: ["\(name) in a pot", "a pot of \(name)"])
  }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let liquid = Self.liquids[subject]
    let pose = Pose.standing(&random)
    let level = random.uniform(0.54...0.6)
    let sway = random.uniform(-0.05...0.05)
    let gone = outcome == .explicit
    pose.apply(to: canvas) {
      canvas.castShadow(x: 0.5, y: 0.94, width: 0.72)
      Self.drawPot(liquid: gone ? nil : liquid.colour, level: level, on: canvas)
      if gone { Self.drawSteam(sway: sway, on: canvas) }
    }
    return gone ? pose.box(0.1, 0.02, 0.9, 0.93) : pose.box(0.04, 0.42, 0.96, 0.93)
  }

  /// A glass pot with two handles; empty when there is no liquid.
  private static func drawPot(liquid: Colour?, level: Double, on canvas: Canvas) {
    let (glass, edge) = (Colour(228, 236, 242), Colour(92, 104, 124))
    let inside = Outline.smooth([
      (0.17, 0.46), (0.17, 0.6), (0.19, 0.82), (0.27, 0.92), (0.5, 0.93), (0.73, 0.92), (0.81, 0.82),
      (0.83, 0.6), (0.83, 0.46),
    ])
    for side in [0.1, 0.9] { canvas.stroke(.ellipse(side, 0.56, 0.065, 0.045), edge, width: 0.03) }
    canvas.fill(inside, .flat(glass))
    if let liquid {
      canvas.clipped(to: inside) {
        canvas.fill(.box(0, level, 1, 1 - level), .sideways(liquid.darker(0.85), liquid))
        canvas.fill(.ellipse(0.5, level, 0.34, 0.03), .flat(liquid.lighter(0.3)))
      }
    }
    canvas.fill(.box(0.24, 0.56, 0.035, 0.26, round: 0.015), .flat(.white.faded(0.6)))
    canvas.stroke(inside, edge, width: 0.024)
    canvas.fill(.box(0.14, 0.44, 0.72, 0.04, round: 0.02), .flat(Colour(170, 180, 194)), edge: edge)
  }

  private static func drawSteam(sway: Double, on canvas: Canvas) {
    let puffs: [(Double, Double, Double)] = [
      (0.5, 0.4, 0.13), (0.36, 0.34, 0.13), (0.64, 0.33, 0.13), (0.27, 0.22, 0.13), (0.5, 0.24, 0.17),
      (0.73, 0.2, 0.13),
      (0.4, 0.12, 0.12), (0.6, 0.11, 0.12),
    ]
    for (x, y, r) in puffs {
      canvas.fill(.ellipse(x + sway, y, r * 1.06, r * 1.06), .flat(steam.darker(0.86)))
    }
    for (x, y, r) in puffs { canvas.fill(.ellipse(x + sway, y, r, r), .flat(steam)) }
    for (x, y, r) in puffs {
      canvas.fill(
        .ellipse(x + sway - 0.03, y - 0.03, 0.5 * r, 0.45 * r), .flat(steam.lighter(0.25).faded(0.7)))
    }
  }

  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let liquid = Self.liquids[subject]
    let isLiquid = { (cell: ColourReading.Cell) in cell.isVivid(liquid.hues, chroma: 70) }
    let isSteam = { (cell: ColourReading.Cell) in
      cell.hasHue(from: 205, to: 240) && (22...95).contains(cell.chroma) && (105...200).contains(cell.luma)
    }
    let full = picture.area(y: 0.48...0.97, where: isLiquid)
    let steam = picture.area(x: 0.08...0.92, y: 0...0.52, where: isSteam)
    if full.share > 0.1, full.width > 0.35, steam.share < 0.05,
      extends(as: .superficial, subject: subject, on: picture, where: isLiquid)
    {
      return .superficial
    }
    let bottom = picture.mean(x: 0.36...0.64, y: 0.6...0.82)
    let isEmpty = bottom.luma > 195 && bottom.chroma < 34
    if steam.share > 0.11, steam.width > 0.36, steam.centreY < 0.36, full.share < 0.03, isEmpty {
      return .explicit
    }
    return .neither
  }
}
