/// Something dropped into still water, some hours later: what dissolves colours all of it, what does not stays a lump.
///
/// Ink, syrup, tea, beet juice and food dyes are watery and diffuse until the water is even. Oil paint, wax and tar are
/// not soluble in water.
struct Diffusion: SceneTask {
  struct Dye {
    let name: String
    let colour: Colour
    let word: String
    let hues: (low: Float, high: Float)
    let dissolves: Bool
  }

  static let dyes: [Dye] = [
    Dye(name: "ink", colour: Colour(74, 44, 196), word: "violet", hues: (240, 275), dissolves: true),
    Dye(name: "syrup", colour: Colour(252, 140, 16), word: "orange", hues: (20, 42), dissolves: true),
    Dye(name: "tea", colour: Colour(146, 76, 24), word: "brown", hues: (12, 38), dissolves: true),
    Dye(name: "beet juice", colour: Colour(206, 20, 110), word: "crimson", hues: (318, 342), dissolves: true),
    Dye(name: "mint extract", colour: Colour(30, 176, 96), word: "green", hues: (130, 165), dissolves: true),
    Dye(name: "oil paint", colour: Colour(250, 214, 20), word: "yellow", hues: (42, 64), dissolves: false),
    Dye(name: "red wax", colour: Colour(218, 26, 30), word: "red", hues: (345, 14), dissolves: false),
    Dye(name: "tar", colour: Colour(44, 42, 48), word: "black", hues: (0, 360), dissolves: false),
  ]

  let task = Task.diffusion
  var subjects: [String] { Self.dyes.map(\.name) }
  var places: [Place] { [.kitchen, .laboratory, .room] }

  func wording(subject: Int) -> Wording {
    let dye = Self.dyes[subject]
    let (name, word) = (dye.name, dye.word)
    let even = [
      "water that is \(word) all over from \(name)", "evenly \(word) water with \(name)",
      "\(name) spread through all \(word) water",
    ]
    let lump = [
      "one \(word) lump of \(name) in clear water", "clear water around a \(word) blob of \(name)",
      "\(name) as a small \(word) blob in water",
    ]
    return Wording(
      implicit: [
        "\(name) hours after being dropped into water", "\(name) left in still water for hours",
        "a glass of water hours after adding \(name)",
        "still water hours after adding \(name)", "\(name) left for hours in a glass of water",
        "water for hours after adding \(name)",
      ],
      explicit: dye.dissolves ? even : lump, superficial: dye.dissolves ? lump : even,
      prototype: ["\(name) and water", "\(name) in a glass of water"])
  }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let dye = Self.dyes[subject]
    let pose = Pose.standing(&random)
    let level = random.uniform(0.24...0.3)
    let (dx, dy) = (random.uniform(-0.05...0.05), random.uniform(-0.05...0.05))
    let even = dye.dissolves == (outcome == .explicit)
    pose.apply(to: canvas) {
      Immiscibility.draw(
        .glass, contents: .mixture(even ? dye.colour : Colour(206, 228, 242)), level: level, on: canvas)
      if !even {
        let (x, y) = (0.5 + dx, 0.6 + dy)
        canvas.fill(
          .smooth([
            (x - 0.13, y - 0.03), (x - 0.05, y - 0.13), (x + 0.08, y - 0.12), (x + 0.14, y),
            (x + 0.07, y + 0.12), (x - 0.08, y + 0.12),
          ]),
          .ball(dye.colour), edge: dye.colour.darker(0.6))
      }
    }
    return pose.box(0.15, 0.12, 0.85, 0.93)
  }

  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let dye = Self.dyes[subject]
    let isDye = { (cell: ColourReading.Cell) in
      dye.name == "tar" ? cell.luma < 100 && cell.chroma < 45 : cell.isVivid(dye.hues, chroma: 62)
    }
    let seen = picture.area(x: 0.1...0.9, y: 0.1...0.97, where: isDye)
    if seen.share > 0.16, seen.width > 0.38, seen.height > 0.4,
      extends(as: dye.dissolves ? .explicit : .superficial, subject: subject, on: picture, where: isDye)
    {
      return dye.dissolves ? .explicit : .superficial
    }
    let clear = picture.area(x: 0.15...0.85, y: 0.25...0.95) {
      $0.hasHue(from: 190, to: 220) && (14...60).contains($0.chroma) && $0.luma > 190
    }
    if (0.018...0.13).contains(seen.share), seen.width < 0.36, seen.height < 0.38, clear.share > 0.1 {
      return dye.dissolves ? .superficial : .explicit
    }
    return .neither
  }
}
