/// A tree in its season against the green summer tree that comes to mind.
///
/// In autumn chlorophyll goes first: maple then shows red anthocyanins, ginkgo and larch yellow carotenoids, oak brown
/// tannins. Cherry and magnolia bloom in spring before their leaves come out. Birch, linden and poplar drop their
/// leaves and stand bare in winter.
struct SeasonalChange: SceneTask {
  let task = Task.seasonalChange
  var subjects: [String] { Self.trees.map(\.name) }
  var places: [Place] { Place.outdoors }

  enum Crown { case round, broad, tall, fan }
  enum Season: String { case spring, autumn, winter }
  enum Look {
    case crown(Colour)
    case snow
  }

  struct Tree {
    let name: String
    let crown: Crown
    let bark: Colour
    let isBirch: Bool
    let summer: Colour
    let season: Season
    let look: Look
    let lookWords: [String]
    /// Hues of the crown in its season, degrees; unused for bare trees.
    let hues: (low: Float, high: Float)
  }

  private static func tree(
    _ name: String, _ crown: Crown, _ season: Season, _ look: Look, _ words: [String],
    hues: (low: Float, high: Float) = (0, 0), bark: Colour = Colour(112, 78, 52),
    summer: Colour = Colour(52, 146, 54)
  ) -> Tree {
    Tree(
      name: name, crown: crown, bark: bark, isBirch: name == "birch tree", summer: summer, season: season,
      look: look,
      lookWords: words, hues: hues)
  }

  static let trees: [Tree] = [
    tree(
      "maple tree", .round, .autumn, .crown(Colour(212, 34, 30)), ["red leaves", "bright red leaves"],
      hues: (340, 16)),
    tree(
      "ginkgo tree", .fan, .autumn, .crown(Colour(250, 208, 30)), ["yellow leaves", "golden yellow leaves"],
      hues: (40, 60), summer: Colour(80, 162, 58)),
    tree(
      "oak tree", .broad, .autumn, .crown(Colour(196, 104, 30)), ["brown leaves", "orange brown leaves"],
      hues: (16, 38),
      summer: Colour(42, 124, 48)),
    tree(
      "cherry tree", .broad, .spring, .crown(Colour(250, 140, 184)), ["pink blossom", "soft pink flowers"],
      hues: (322, 352)),
    tree(
      "magnolia tree", .fan, .spring, .crown(Colour(186, 78, 196)),
      ["purple blossom", "large purple flowers"],
      hues: (280, 315)),
    tree(
      "birch tree", .tall, .winter, .snow, ["bare branches under snow", "no leaves but white snow"],
      bark: Colour(122, 112, 114), summer: Colour(92, 170, 60)),
    tree("linden tree", .round, .winter, .snow, ["bare branches under snow", "no leaves but white snow"]),
    tree(
      "poplar tree", .tall, .winter, .snow, ["bare branches under snow", "no leaves but white snow"],
      bark: Colour(96, 84, 72), summer: Colour(46, 134, 70)),
  ]

  static func wording(of tree: Tree) -> Wording {
    let phrase = "aeiou".contains(tree.name.first ?? "x") ? "an \(tree.name)" : "a \(tree.name)"
    func visible(_ words: [String]) -> [String] {
      [
        "\(phrase) with \(words[0])", "\(phrase) full of \(words[1])",
        "\(words[0]) on \(phrase)",
      ]
    }
    let days: (name: String, month: String, season: String) =
      switch tree.season {
      case .spring: ("april", "an april day", "a spring day")
      case .autumn: ("october", "an october day", "an autumn day")
      case .winter: ("january", "a january day", "a winter day")
      }
    let explicit =
      switch tree.look {
      case .crown: visible(tree.lookWords)
      case .snow:
        [
          "\(phrase) with \(tree.lookWords[0])", "\(phrase) with \(tree.lookWords[1])",
          "\(tree.lookWords[0]) on \(phrase)",
        ]
      }
    let season = tree.season.rawValue
    return Wording(
      implicit: [
        "\(phrase) in \(season)", "\(phrase) on \(days.month)", "\(phrase) on \(days.season)",
        "\(season) has come to \(phrase)", "\(phrase) on a day in \(season)",
        "\(season) has come to \(phrase) in \(days.name)",
      ],
      explicit: explicit, superficial: visible(["green leaves", "lush green leaves"]),
      prototype: ["\(phrase)", "a picture of \(phrase)"])
  }

  func wording(subject: Int) -> Wording { Self.wording(of: Self.trees[subject]) }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let tree = Self.trees[subject]
    let stance = Stance(random: &random)
    let lean = random.uniform(-1...1)
    let look =
      switch outcome.choose(tree.look, .crown(tree.summer)) {
      case .crown(let colour): Look.crown(stance.lit(colour))
      case .snow: Look.snow
      }
    stance.paint(on: canvas) { Self.draw(tree, look: look, lean: lean, on: canvas) }
    return stance.box(left: 0.02, top: 0.02, right: 0.98, bottom: 0.97)
  }

  /// Asks for a large crown of one hue above a trunk, or for dark boughs spread wide over a white ground.
  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let tree = Self.trees[subject]
    let isGreen = { (cell: ColourReading.Cell) in cell.hasHue(from: 80, to: 165) && cell.chroma > 50 }
    let green = picture.area(where: isGreen)
    let trunk = picture.area(x: 0.36...0.64, y: 0.7...0.95) { $0.luma < 125 && $0.chroma < 75 }
    func isCrown(_ area: ColourReading.Area) -> Bool {
      (0.22...0.5).contains(area.centreY) && trunk.share > 0.01
    }
    switch tree.look {
    case .crown:
      let isTurned = { (cell: ColourReading.Cell) in
        cell.hasHue(from: tree.hues.low, to: tree.hues.high) && cell.chroma > 55
      }
      let crown = picture.area(where: isTurned)
      return Verdict(
        explicit: isCrown(crown) && green.share < 0.2 * crown.share
          && resembles(.explicit, subject: subject, on: picture, where: isTurned),
        superficial: isCrown(green) && crown.share < 0.2 * green.share
          && resembles(.superficial, subject: subject, on: picture, where: isGreen))
    case .snow:
      let boughs = picture.area(y: 0...0.64) { $0.luma < 145 && $0.chroma < 70 }
      let bank = picture.area(y: 0.78...1) { $0.luma > 229 && $0.chroma < 30 }
      let isBare = boughs.share > 0.05 && boughs.width > 0.3 && boughs.height > 0.3 && green.share < 0.02
      return Verdict(
        explicit: isBare && bank.share > 0.03 && trunk.share > 0.01,
        superficial: isCrown(green) && bank.share < 0.015
          && resembles(.superficial, subject: subject, on: picture, where: isGreen))
    }
  }
}
