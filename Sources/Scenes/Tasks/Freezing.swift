/// A liquid far below zero: it has become ice, whatever colour it had.
///
/// Watery liquids freeze between 0 °C and about -10 °C; the prompts ask for thirty below zero.
struct Freezing: SceneTask {
  struct Liquid {
    let name: String
    let vessel: Immiscibility.Vessel
    let colour: Colour
    let word: String
    let hues: (low: Float, high: Float)
  }

  static let liquids: [Liquid] = [
    Liquid(
      name: "orange juice", vessel: .glass, colour: Colour(252, 138, 14), word: "orange", hues: (20, 42)),
    Liquid(name: "wine", vessel: .bottle, colour: Colour(160, 14, 54), word: "red", hues: (328, 5)),
    Liquid(name: "tea", vessel: .mug, colour: Colour(140, 72, 22), word: "brown", hues: (12, 38)),
    Liquid(name: "lemonade", vessel: .jar, colour: Colour(250, 222, 30), word: "yellow", hues: (46, 66)),
    Liquid(name: "soup", vessel: .beaker, colour: Colour(70, 160, 44), word: "green", hues: (85, 130)),
    Liquid(name: "syrup", vessel: .flask, colour: Colour(222, 40, 140), word: "pink", hues: (312, 340)),
    Liquid(
      name: "grape juice", vessel: .glass, colour: Colour(112, 40, 170), word: "violet", hues: (262, 292)),
  ]
  static let ice = Colour(120, 196, 246)

  let task = Task.freezing
  var subjects: [String] { Self.liquids.map(\.name) }
  var places: [Place] { Place.indoors + [.garden, .park] }

  func wording(subject: Int) -> Wording {
    let liquid = Self.liquids[subject]
    let name = liquid.name
    return Wording(
      implicit: [
        "\(name) at thirty below zero", "\(name) left in deep cold", "\(name) after a night at minus thirty",
        "\(name) in deep cold at minus thirty", "\(name) left at thirty below zero",
        "\(name) after a night in deep cold",
      ],
      explicit: [
        "\(name) frozen to pale ice", "a frosty block of ice from \(name)", "icy frozen \(name) with frost",
      ],
      superficial: [
        "liquid \(liquid.word) \(name)", "\(liquid.word) \(name) that is runny",
        "clear liquid \(name) coloured \(liquid.word)",
      ],
      prototype: [name, "a vessel of \(name)"])
  }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let liquid = Self.liquids[subject]
    let pose = Pose.standing(&random)
    let level = random.uniform(0.28...0.36)
    pose.apply(to: canvas) {
      if outcome == .superficial {
        Immiscibility.draw(liquid.vessel, contents: .mixture(liquid.colour), level: level, on: canvas)
      } else {
        Immiscibility.draw(liquid.vessel, contents: .mixture(Self.ice), level: level - 0.05, on: canvas)
        canvas.clipped(to: Immiscibility.outline(of: liquid.vessel)) {
          Self.drawFrost(from: level - 0.05, on: canvas)
        }
      }
    }
    return pose.box(0.14, 0.08, 0.86, 0.93)
  }

  /// A heaved surface, cracks and white crystals in the ice.
  private static func drawFrost(from level: Double, on canvas: Canvas) {
    canvas.fill(
      .polygon([
        (0.1, level + 0.06), (0.28, level - 0.02), (0.42, level + 0.04), (0.55, level - 0.06),
        (0.7, level + 0.03), (0.9, level), (0.9, level + 0.12), (0.1, level + 0.12),
      ]),
      .flat(Colour(236, 248, 255)))
    let crack = Colour(60, 130, 200)
    canvas.stroke(
      .polygon([(0.3, level + 0.14), (0.42, 0.56), (0.36, 0.7), (0.48, 0.86)], closed: false), crack,
      width: 0.016)
    canvas.stroke(
      .polygon([(0.66, level + 0.12), (0.6, 0.52), (0.7, 0.66)], closed: false), crack, width: 0.014)
    for (x, y, r) in [(0.34, 0.5, 0.07), (0.62, 0.76, 0.08), (0.56, 0.46, 0.05)] {
      for turn in 0..<3 {
        let (dx, dy) = [(1.0, 0.0), (0.5, 0.87), (-0.5, 0.87)][turn]
        canvas.stroke(
          .polygon([(x - r * dx, y - r * dy), (x + r * dx, y + r * dy)], closed: false), .white, width: 0.018)
      }
    }
  }

  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let liquid = Self.liquids[subject]
    let isRunny = { (cell: ColourReading.Cell) in cell.isVivid(liquid.hues, chroma: 66) }
    let isIce = { (cell: ColourReading.Cell) in
      cell.hasHue(from: 194, to: 214) && (78...175).contains(cell.chroma) && cell.luma > 125
    }
    let (runny, ice) = (picture.area(where: isRunny), picture.area(where: isIce))
    if runny.share > 0.12, runny.height > 0.2, ice.share < 0.05,
      extends(as: .superficial, subject: subject, on: picture, where: isRunny)
    {
      return .superficial
    }
    if ice.share > 0.12, ice.height > 0.2, runny.share < 0.03,
      extends(as: .explicit, subject: subject, on: picture, where: isIce)
    {
      return .explicit
    }
    return .neither
  }
}
