/// The flame colour of a burning salt against the orange of any ordinary fire.
///
/// Heat lifts the metal's outer electrons; falling back they send out light of the metal's own wavelengths:
/// lithium 671 nm (crimson), strontium's oxide bands 600-690 nm (red), sodium 589 nm (yellow), barium's bands
/// about 524 nm (pale yellow-green), boric acid's BO2 bands about 548 nm (bright green), copper(II) 510-540 nm
/// with the blue of CuCl (blue-green), caesium 456 nm (blue), potassium 766 and 404 nm (lilac). An ordinary fire is
/// orange from glowing soot. Calcium's orange-red is left out: a person could not tell it from the ordinary fire.
struct FlameReaction: SceneTask {
  let task = Task.flameReaction
  var subjects: [String] { Self.salts.map(\.name) }
  var places: [Place] { [.kitchen, .laboratory, .workshop, .garden, .beach] }

  enum Holder { case dish, spoon, burner, crucible, flare, tripod, brick, pan }

  struct Salt {
    let name: String
    let holder: Holder
    /// Colour of the unburnt powder.
    let powder: Colour
    let flame: Colour
    let flameWords: [String]
    /// Hues of this flame, degrees, apart from the orange of ``ordinaryHues``.
    let hues: (low: Float, high: Float)
  }

  static let ordinary = Colour(255, 132, 14)
  static let ordinaryHues: (low: Float, high: Float) = (17, 41)

  private static let white = Colour(244, 244, 248)

  static let salts: [Salt] = [
    Salt(
      name: "sodium salt", holder: .dish, powder: white, flame: Colour(255, 228, 24),
      flameWords: ["yellow", "bright yellow"], hues: (46, 68)),
    Salt(
      name: "lithium salt", holder: .spoon, powder: white, flame: Colour(226, 22, 92),
      flameWords: ["crimson", "pink red"], hues: (320, 352)),
    Salt(
      name: "strontium salt", holder: .flare, powder: white, flame: Colour(222, 18, 22),
      flameWords: ["red", "deep red"], hues: (345, 10)),
    Salt(
      name: "potassium salt", holder: .crucible, powder: white, flame: Colour(166, 84, 226),
      flameWords: ["lilac", "pale purple"], hues: (255, 300)),
    Salt(
      name: "barium salt", holder: .tripod, powder: white, flame: Colour(160, 220, 62),
      flameWords: ["pale green", "yellow green"], hues: (70, 105)),
    Salt(
      name: "boric acid", holder: .pan, powder: white, flame: Colour(24, 186, 62),
      flameWords: ["green", "bright green"], hues: (112, 150)),
    Salt(
      name: "copper salt", holder: .brick, powder: Colour(40, 110, 210), flame: Colour(8, 184, 168),
      flameWords: ["blue green", "teal"], hues: (152, 190)),
    Salt(
      name: "cesium salt", holder: .burner, powder: white, flame: Colour(44, 104, 236),
      flameWords: ["blue", "bright blue"], hues: (205, 238)),
  ]

  static func wording(of salt: Salt) -> Wording {
    func visible(_ words: [String]) -> [String] {
      [
        "\(salt.name) with a \(words[0]) flame", "a \(words[1]) flame over \(salt.name)",
        "\(salt.name) in a tall \(words[0]) fire", "a \(words[0]) flame rises from \(salt.name)",
      ]
    }
    return Wording(
      implicit: [
        "burning \(salt.name)", "\(salt.name) set on fire", "\(salt.name) held in a hot burner",
        "a fire fed with \(salt.name)", "\(salt.name) burning in a fire", "hot \(salt.name) set on fire",
      ],
      explicit: visible(salt.flameWords),
      superficial: visible(["orange", "warm orange"]).map {
        $0.replacing("a orange", with: "an orange")
      },
      prototype: ["\(salt.name) and a flame", "a flame over \(salt.name)"])
  }

  func wording(subject: Int) -> Wording { Self.wording(of: Self.salts[subject]) }

  func object(subject: Int) -> String { "flame" }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let salt = Self.salts[subject]
    let stance = Stance(random: &random)
    let sway = random.uniform(-1...1)
    let flame = stance.lit(outcome.choose(salt.flame, Self.ordinary))
    stance.paint(on: canvas) { Self.draw(salt, flame: flame, sway: sway, on: canvas) }
    return stance.box(left: 0.18, top: 0.05, right: 0.82, bottom: 0.78)
  }

  /// Asks for a large area of one flame's hue that narrows upwards and has a paler heart.
  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let salt = Self.salts[subject]
    func isFlame(_ hues: (low: Float, high: Float)) -> (seen: Bool, share: Float) {
      let isLit = { (cell: ColourReading.Cell) in
        cell.hasHue(from: hues.low, to: hues.high) && cell.chroma > 60
      }
      let area = picture.area(y: 0...0.82, where: isLit)
      guard area.share > 0.1, area.height > 0.35, (0.3...0.65).contains(area.centreY) else {
        return (false, area.share)
      }
      let third = area.height / 3
      let upper = picture.area(y: 0...(area.top + third), where: isLit)
      let lower = picture.area(y: (area.top + third)...0.82, where: isLit)
      let heart = picture.mean(
        x: (area.centreX - 0.05)...(area.centreX + 0.05),
        y: (area.bottom - 0.5 * third)...(area.bottom - 0.1 * third))
      let rim = picture.mean(
        x: (area.centreX - 0.05)...(area.centreX + 0.05), y: (area.top + third)...(area.top + 1.5 * third))
      return (upper.share < 0.46 * lower.share && heart.chroma < 0.75 * rim.chroma, area.share)
    }
    let (own, ordinary) = (isFlame(salt.hues), isFlame(Self.ordinaryHues))
    return Verdict(
      explicit: own.seen && ordinary.share < 0.3 * own.share,
      superficial: ordinary.seen && own.share < 0.3 * ordinary.share)
  }
}
