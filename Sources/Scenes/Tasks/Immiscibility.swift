/// Two liquids in one vessel: layers or one mixture.
///
/// Polar and non-polar liquids do not mix and lie by density (g/mL): oil 0.92 and kerosene 0.81 on water 1.00 and on
/// vinegar 1.01; water on chloroform 1.49 (dyed violet by iodine) and on mercury 13.5. Watery liquids do mix: wine,
/// coffee, ink and juice with water or milk become one even liquid, though one is tempted to draw layers.
struct Immiscibility: SceneTask {
  let task = Task.immiscibility
  var subjects: [String] { Self.pairs.map(\.name) }
  var places: [Place] { [.kitchen, .room, .laboratory, .workshop] }

  enum Vessel { case jar, beaker, glass, bottle, flask, mug }

  struct Liquid {
    let name: String
    let colour: Colour
    let word: String
  }

  struct Pair {
    let vessel: Vessel
    let upper: Liquid
    let lower: Liquid
    /// The even mixture, dyes added up.
    let mixture: Colour
    let mixtureWord: String
    /// Whether the pair truly forms layers.
    let separates: Bool

    var name: String { "\(upper.name) and \(lower.name)" }
  }

  private static let water = Liquid(name: "water", colour: Colour(58, 140, 232), word: "blue")
  private static let oil = Liquid(name: "oil", colour: Colour(250, 196, 22), word: "yellow")

  static let pairs: [Pair] = [
    Pair(
      vessel: .jar, upper: oil, lower: water, mixture: Colour(104, 176, 62), mixtureWord: "green",
      separates: true),
    Pair(
      vessel: .bottle, upper: Liquid(name: "kerosene", colour: Colour(238, 66, 96), word: "red"),
      lower: water,
      mixture: Colour(150, 76, 172), mixtureWord: "purple", separates: true),
    Pair(
      vessel: .glass, upper: oil, lower: Liquid(name: "vinegar", colour: Colour(146, 36, 40), word: "red"),
      mixture: Colour(224, 116, 28), mixtureWord: "orange", separates: true),
    Pair(
      vessel: .beaker, upper: water,
      lower: Liquid(name: "mercury", colour: Colour(72, 74, 84), word: "dark grey"),
      mixture: Colour(62, 92, 140), mixtureWord: "slate blue", separates: true),
    Pair(
      vessel: .flask, upper: water,
      lower: Liquid(name: "chloroform", colour: Colour(168, 40, 152), word: "violet"),
      mixture: Colour(100, 84, 200), mixtureWord: "blue violet", separates: true),
    Pair(
      vessel: .glass, upper: Liquid(name: "wine", colour: Colour(150, 14, 52), word: "red"), lower: water,
      mixture: Colour(232, 104, 152), mixtureWord: "pink", separates: false),
    Pair(
      vessel: .mug, upper: Liquid(name: "milk", colour: Colour(255, 224, 150), word: "cream"),
      lower: Liquid(name: "coffee", colour: Colour(78, 44, 26), word: "dark brown"),
      mixture: Colour(190, 132, 80), mixtureWord: "light brown", separates: false),
    Pair(
      vessel: .beaker, upper: water,
      lower: Liquid(name: "juice", colour: Colour(252, 128, 16), word: "orange"),
      mixture: Colour(252, 186, 70), mixtureWord: "pale orange", separates: false),
    Pair(
      vessel: .flask, upper: Liquid(name: "ink", colour: Colour(26, 24, 66), word: "black"), lower: water,
      mixture: Colour(38, 60, 156), mixtureWord: "deep blue", separates: false),
  ]

  static func wording(of pair: Pair) -> Wording {
    let (upper, lower) = (pair.upper, pair.lower)
    let layers = [
      "\(upper.word) \(upper.name) on top of \(lower.word) \(lower.name)",
      "\(upper.name) and \(lower.name) in two layers",
      "a \(upper.word) layer of \(upper.name) above \(lower.name)",
    ]
    let mixed = [
      "\(pair.name) as one \(pair.mixtureWord) liquid",
      "one even \(pair.mixtureWord) mixture of \(pair.name)",
      "\(upper.name) blended with \(lower.name) all \(pair.mixtureWord)",
    ]
    return Wording(
      implicit: [
        "\(pair.name) poured together", "\(upper.name) poured into \(lower.name)",
        "\(pair.name) left to rest after shaking", "\(upper.name) and \(lower.name) shaken together",
        "\(pair.name) poured together and left to rest", "\(pair.name) shaken and left to rest",
      ],
      explicit: pair.separates ? layers : mixed, superficial: pair.separates ? mixed : layers,
      prototype: [pair.name, "\(pair.name) in a vessel"])
  }

  func wording(subject: Int) -> Wording { Self.wording(of: Self.pairs[subject]) }

  func object(subject: Int) -> String {
    switch Self.pairs[subject].vessel {
    case .jar: "jar"
    case .beaker: "beaker"
    case .glass: "glass"
    case .bottle: "bottle"
    case .flask: "flask"
    case .mug: "mug"
    }
  }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let pair = Self.pairs[subject]
    let stance = Stance(random: &random)
    let level = random.uniform(0.24...0.3)
    let contents: Contents =
      (outcome == .explicit) == pair.separates
      ? .layers(upper: stance.lit(pair.upper.colour), lower: stance.lit(pair.lower.colour))
      : .mixture(stance.lit(pair.mixture))
    stance.paint(on: canvas) { Self.draw(pair.vessel, contents: contents, level: level, on: canvas) }
    return stance.box(left: 0.12, top: 0.05, right: 0.9, bottom: 0.93)
  }

  /// Asks for the two liquids' colours above and below the middle, or for the mixture's in both places.
  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let pair = Self.pairs[subject]
    let (upperBand, lowerBand): (ClosedRange<Float>, ClosedRange<Float>) = (0.41...0.53, 0.69...0.82)
    /// Share of a band of the vessel's middle that has the colour.
    func share(_ colour: Colour, _ y: ClosedRange<Float>) -> Float {
      let cell = ColourReading.Cell(colour)
      let x: ClosedRange<Float> = 0.34...0.66
      let matching = picture.area(x: x, y: y) { $0.distance(to: cell) < 38 }
      return matching.share / picture.area(x: x, y: y) { _ in true }.share
    }
    let layered = min(share(pair.upper.colour, upperBand), share(pair.lower.colour, lowerBand)) > 0.6
    let mixed = min(share(pair.mixture, upperBand), share(pair.mixture, lowerBand)) > 0.6
    return pair.separates
      ? Verdict(explicit: layered, superficial: mixed) : Verdict(explicit: mixed, superficial: layered)
  }
}
