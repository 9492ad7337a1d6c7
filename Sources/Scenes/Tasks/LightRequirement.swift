/// A plant kept in the dark against the lush one that comes to mind.
///
/// Without light a plant makes no chlorophyll, so its leaves are pale yellow, and it puts what it has into length:
/// long thin stems, small leaves (etiolation).
struct LightRequirement: SceneTask {
  let task = Task.lightRequirement
  var subjects: [String] { Self.plants.map(\.name) }
  var places: [Place] { [.kitchen, .room, .laboratory, .garden, .beach] }

  enum Habit { case bean, basil, fern, lettuce, grass, palm, cactus, ivy }

  struct Plant {
    let name: String
    let phrase: String
    let habit: Habit
    let lush: Colour
  }

  /// The leaf of a plant grown in the dark.
  static let pale = Colour(246, 222, 84)
  static let paleStem = Colour(214, 204, 128)

  static let plants: [Plant] = [
    Plant(name: "bean plant", phrase: "a bean plant", habit: .bean, lush: Colour(44, 150, 52)),
    Plant(name: "basil", phrase: "a basil plant", habit: .basil, lush: Colour(34, 140, 50)),
    Plant(name: "fern", phrase: "a fern", habit: .fern, lush: Colour(30, 128, 56)),
    Plant(name: "lettuce", phrase: "a lettuce", habit: .lettuce, lush: Colour(76, 178, 50)),
    Plant(name: "grass", phrase: "a pot of grass", habit: .grass, lush: Colour(50, 164, 48)),
    Plant(name: "palm", phrase: "a potted palm", habit: .palm, lush: Colour(26, 136, 68)),
    Plant(name: "cactus", phrase: "a cactus", habit: .cactus, lush: Colour(40, 138, 72)),
    Plant(name: "ivy", phrase: "an ivy", habit: .ivy, lush: Colour(24, 116, 48)),
  ]

  static func wording(of plant: Plant) -> Wording {
    let part = plant.habit == .cactus ? "stems" : "leaves"
    func visible(_ first: String, _ second: String) -> [String] {
      [
        "\(plant.phrase) with \(first) \(part)", "\(plant.phrase) with \(second) \(part)",
        "\(first) \(part) of \(plant.phrase)",
      ]
    }
    return Wording(
      implicit: [
        "\(plant.phrase) kept in the dark", "\(plant.phrase) grown without light",
        "\(plant.phrase) hidden from the sun",
        "\(plant.phrase) kept far from any light", "\(plant.phrase) grown in the dark",
        "\(plant.phrase) kept far from the sun",
      ],
      explicit: visible("pale yellow", "thin pale yellow"),
      superficial: visible("lush green", "broad lush green"),
      prototype: [plant.phrase, "a picture of \(plant.phrase)"])
  }

  func wording(subject: Int) -> Wording { Self.wording(of: Self.plants[subject]) }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let plant = Self.plants[subject]
    let stance = Stance(random: &random)
    let sway = random.uniform(-1...1)
    let growth = Growth(
      leaf: stance.lit(outcome.choose(Self.pale, plant.lush)),
      stem: stance.lit(outcome.choose(Self.paleStem, plant.lush.darker(0.8))), isLeggy: outcome == .explicit)
    stance.paint(on: canvas) { Self.draw(plant, growth: growth, sway: sway, on: canvas) }
    return stance.box(left: 0.05, top: 0.02, right: 0.95, bottom: 0.97)
  }

  /// Asks for foliage of one colour above a blue pot.
  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let pot = picture.area(y: 0.62...1) { $0.hasHue(from: 205, to: 235) && $0.chroma > 60 }
    let pale = picture.area { $0.hasHue(from: 40, to: 64) && $0.chroma > 60 }
    let lush = picture.area { $0.hasHue(from: 85, to: 165) && $0.chroma > 50 }
    func isFoliage(_ area: ColourReading.Area) -> Bool {
      area.share > 0.07 && area.height > 0.25 && (0.2...0.62).contains(area.centreY)
    }
    let isPotted = pot.share > 0.04 && pot.centreY > 0.72
    return Verdict(
      explicit: isPotted && isFoliage(pale) && lush.share < 0.2 * pale.share,
      superficial: isPotted && isFoliage(lush) && pale.share < 0.2 * lush.share)
  }
}
