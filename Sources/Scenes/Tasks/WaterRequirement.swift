/// A flower that is rarely watered against the fresh one that comes to mind.
///
/// Cells without water lose the pressure that holds stem and leaf up (turgor): the head hangs, the leaves fall over
/// the rim, then dry out and turn brown.
struct WaterRequirement: SceneTask {
  let task = Task.waterRequirement
  var subjects: [String] { Self.flowers.map(\.name) }
  var places: [Place] { [.kitchen, .room, .workshop, .garden, .park, .desert] }

  enum Bloom {
    case rays(Int)
    case tulip, rose, spike, ball
  }

  struct Flower {
    let name: String
    let bloom: Bloom
    let petal: Colour
    let centre: Colour
    let leaf: Colour
  }

  static let dryLeaf = Colour(142, 88, 40)

  static let flowers: [Flower] = [
    Flower(
      name: "sunflower", bloom: .rays(14), petal: Colour(252, 200, 20), centre: Colour(92, 54, 26),
      leaf: Colour(52, 150, 48)),
    Flower(
      name: "tulip", bloom: .tulip, petal: Colour(224, 30, 44), centre: Colour(252, 210, 60),
      leaf: Colour(60, 158, 84)),
    Flower(
      name: "rose", bloom: .rose, petal: Colour(238, 66, 130), centre: Colour(200, 30, 90),
      leaf: Colour(34, 126, 50)),
    Flower(
      name: "aster", bloom: .rays(12), petal: Colour(140, 82, 214), centre: Colour(252, 204, 40),
      leaf: Colour(62, 152, 60)),
    Flower(
      name: "lavender", bloom: .spike, petal: Colour(128, 92, 210), centre: Colour(128, 92, 210),
      leaf: Colour(84, 156, 84)),
    Flower(
      name: "marigold", bloom: .ball, petal: Colour(250, 134, 14), centre: Colour(220, 90, 10),
      leaf: Colour(44, 138, 46)),
    Flower(
      name: "hydrangea", bloom: .ball, petal: Colour(66, 118, 232), centre: Colour(60, 90, 200),
      leaf: Colour(40, 136, 56)),
  ]

  static func wording(of flower: Flower) -> Wording {
    let phrase = flower.name.hasPrefix("a") ? "an \(flower.name)" : "a \(flower.name)"
    return Wording(
      implicit: [
        "\(phrase) rarely watered", "\(phrase) without water for weeks", "\(phrase) that nobody watered",
        "\(phrase) in dry soil", "\(phrase) rarely watered for weeks",
        "\(phrase) in dry soil that nobody watered",
      ],
      explicit: [
        "a drooping brown \(flower.name)", "\(phrase) hanging over with brown leaves",
        "\(phrase) with limp brown leaves",
      ],
      superficial: [
        "an upright green \(flower.name)", "\(phrase) standing up with green leaves",
        "\(phrase) with fresh green leaves",
      ],
      prototype: [phrase, "a picture of \(phrase)"])
  }

  func wording(subject: Int) -> Wording { Self.wording(of: Self.flowers[subject]) }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let flower = Self.flowers[subject]
    let stance = Stance(random: &random)
    let sway = random.uniform(-1...1)
    let isWilted = outcome == .explicit
    let posture = Posture(
      leaf: stance.lit(isWilted ? Self.dryLeaf : flower.leaf),
      petal: stance.lit(isWilted ? flower.petal.mixed(with: Self.dryLeaf, 0.65) : flower.petal),
      isWilted: isWilted)
    stance.paint(on: canvas) { Self.draw(flower, posture: posture, sway: sway, on: canvas) }
    return stance.box(left: 0.1, top: isWilted ? 0.2 : 0.02, right: 0.98, bottom: 0.98)
  }

  /// Asks for a clay pot below, and above it brown leaves with nothing standing up, or green ones under a bloom.
  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let petal = ColourReading.Cell(Self.flowers[subject].petal).hue
    let pot = picture.area(y: 0.66...1) { $0.hasHue(from: 3, to: 21) && $0.chroma > 65 }
    let brown = picture.area { $0.hasHue(from: 19, to: 45) && $0.chroma > 35 && $0.brightest < 178 }
    let green = picture.area { $0.hasHue(from: 85, to: 165) && $0.chroma > 50 }
    let raised = picture.area(y: 0...0.2) { $0.chroma > 70 }
    let bloom = picture.area(y: 0...0.55) {
      let turn = abs($0.hue - petal)
      return min(turn, 360 - turn) < 20 && $0.chroma > 60
    }
    let isPotted = pot.share > 0.025 && pot.centreY > 0.74
    return Verdict(
      explicit: isPotted && brown.share > 0.07 && brown.centreY > 0.45 && green.share < 0.15 * brown.share
        && raised.share < 0.012,
      superficial: isPotted && green.share > 0.07 && bloom.share > 0.025 && brown.share < 0.3 * green.share)
  }
}
