/// Unripe fruit against the ripe one that comes to mind.
///
/// Young fruit is green: its skin is full of chlorophyll. On ripening the chlorophyll is broken down and the
/// fruit's own pigments show or are made: lycopene (tomato), anthocyanins (apple, strawberry, plum, cherry),
/// carotenoids (banana, orange, lemon, pumpkin, pepper).
struct Ripeness: SceneTask {
  let task = Task.ripeness
  var subjects: [String] { Self.fruits.map(\.name) }
  var places: [Place] { [.kitchen, .room, .garden, .park, .beach] }

  enum Shape { case apple, banana, tomato, strawberry, orange, lemon, plum, pumpkin, cherries, pepper }

  struct Fruit {
    let name: String
    /// With its article, as captions begin.
    let phrase: String
    let shape: Shape
    /// The pigment of the ripe skin, and its name in captions.
    let ripe: Colour
    let ripeWord: String
    /// Ripe hues, degrees; wide enough for shading, apart from the greens.
    let ripeHues: (low: Float, high: Float)
    /// The green of the unripe skin.
    let unripe: Colour
  }

  static let fruits: [Fruit] = [
    Fruit(
      name: "apple", phrase: "an apple", shape: .apple, ripe: Colour(214, 32, 40), ripeWord: "red",
      ripeHues: (335, 20), unripe: Colour(112, 190, 52)),
    Fruit(
      name: "banana", phrase: "a banana", shape: .banana, ripe: Colour(252, 212, 38), ripeWord: "yellow",
      ripeHues: (38, 62), unripe: Colour(78, 170, 52)),
    Fruit(
      name: "tomato", phrase: "a tomato", shape: .tomato, ripe: Colour(226, 44, 28), ripeWord: "red",
      ripeHues: (335, 20), unripe: Colour(100, 182, 60)),
    Fruit(
      name: "strawberry", phrase: "a strawberry", shape: .strawberry, ripe: Colour(222, 28, 52),
      ripeWord: "red",
      ripeHues: (335, 20), unripe: Colour(140, 200, 78)),
    Fruit(
      name: "orange", phrase: "an orange", shape: .orange, ripe: Colour(252, 138, 18), ripeWord: "orange",
      ripeHues: (15, 45), unripe: Colour(70, 158, 58)),
    Fruit(
      name: "lemon", phrase: "a lemon", shape: .lemon, ripe: Colour(252, 222, 40), ripeWord: "yellow",
      ripeHues: (38, 62), unripe: Colour(84, 172, 50)),
    Fruit(
      name: "plum", phrase: "a plum", shape: .plum, ripe: Colour(112, 40, 150), ripeWord: "purple",
      ripeHues: (255, 320), unripe: Colour(116, 188, 66)),
    Fruit(
      name: "pumpkin", phrase: "a pumpkin", shape: .pumpkin, ripe: Colour(244, 124, 20), ripeWord: "orange",
      ripeHues: (12, 45), unripe: Colour(66, 146, 62)),
    Fruit(
      name: "cherries", phrase: "two cherries", shape: .cherries, ripe: Colour(196, 16, 44), ripeWord: "red",
      ripeHues: (330, 20), unripe: Colour(118, 194, 62)),
    Fruit(
      name: "pepper", phrase: "a pepper", shape: .pepper, ripe: Colour(220, 36, 26), ripeWord: "red",
      ripeHues: (335, 20), unripe: Colour(62, 152, 50)),
  ]

  /// Puts a word between the article and the noun, mending "a" or "an".
  private static func describe(_ fruit: Fruit, _ word: String) -> String {
    if fruit.name == "cherries" { return "two \(word) cherries" }
    return "\("aeiou".contains(word.first ?? "x") ? "an" : "a") \(word) \(fruit.name)"
  }

  static func wording(of fruit: Fruit) -> Wording {
    func visible(_ colour: String) -> [String] {
      [
        describe(fruit, colour), "\(fruit.phrase) with \(colour) skin",
        "\(fruit.phrase) that is \(colour) all over",
      ]
    }
    return Wording(
      implicit: [
        describe(fruit, "unripe"), "\(fruit.phrase) long before it is ripe",
        "\(fruit.phrase) picked too early",
        describe(fruit, "young") + " still growing", "\(fruit.phrase) picked long before it is ripe",
        describe(fruit, "young") + " still unripe",
      ].map { fruit.name == "cherries" ? $0.replacing("it is", with: "they are") : $0 },
      explicit: visible("green").map {
        fruit.name == "cherries" ? $0.replacing("that is", with: "that are") : $0
      },
      superficial: visible(fruit.ripeWord).map {
        fruit.name == "cherries" ? $0.replacing("that is", with: "that are") : $0
      },
      prototype: [fruit.phrase, "a picture of \(fruit.phrase)"])
  }

  func wording(subject: Int) -> Wording { Self.wording(of: Self.fruits[subject]) }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let fruit = Self.fruits[subject]
    let stance = Stance(random: &random)
    let body = stance.lit(outcome.choose(fruit.unripe, fruit.ripe))
    stance.paint(on: canvas) { Self.draw(fruit, body: body, on: canvas) }
    return stance.box(left: 0.1, top: 0.14, right: 0.9, bottom: 0.9)
  }

  /// Asks for one large compact body low in the picture, green or in the ripe hue.
  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let fruit = Self.fruits[subject]
    let isGreen = { (cell: ColourReading.Cell) in cell.hasHue(from: 75, to: 155) && cell.chroma > 45 }
    let isRipe = { (cell: ColourReading.Cell) in
      cell.hasHue(from: fruit.ripeHues.low, to: fruit.ripeHues.high) && cell.chroma > 65
    }
    let (green, ripe) = (picture.area(where: isGreen), picture.area(where: isRipe))
    func isBody(_ area: ColourReading.Area) -> Bool {
      (0.45...0.75).contains(area.centreY) && area.bottom > 0.68
    }
    return Verdict(
      explicit: isBody(green) && ripe.share < 0.12 * green.share
        && resembles(.explicit, subject: subject, on: picture, where: isGreen),
      superficial: isBody(ripe) && green.share < 0.35 * ripe.share
        && resembles(.superficial, subject: subject, on: picture, where: isRipe))
  }
}
