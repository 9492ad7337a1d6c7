/// A metal thing after years in damp air against the shining thing of the shop window.
///
/// Iron and steel turn to red-brown hydrated iron oxide, which never stops eating. Copper and bronze grow a blue-green
/// skin of basic carbonates and sulfates (verdigris). Silver meets traces of hydrogen sulfide and turns black with
/// silver sulfide.
struct Rust: SceneTask {
  let task = Task.rust
  var subjects: [String] { Self.things.map(\.name) }
  var places: [Place] { [.kitchen, .room, .workshop, .garden, .park, .beach] }

  enum Shape { case gear, horseshoe, bucket, padlock, kettle, coin, bell, cup }

  /// A metal with its two looks.
  struct Metal {
    let shining: Colour
    let corroded: Colour
    let shiningWords: [String]
    let corrodedWords: [String]
    let isShining: @Sendable (ColourReading.Cell) -> Bool
    let isCorroded: @Sendable (ColourReading.Cell) -> Bool
  }

  struct Thing {
    let name: String
    let phrase: String
    let shape: Shape
    let metal: Metal
  }

  // The metal's tone is a strong blue: a grey one would drown in grey floors.
  static let iron = Metal(
    shining: Colour(62, 108, 184), corroded: Colour(172, 78, 30),
    shiningWords: ["shiny blue grey", "smooth and shiny"],
    corrodedWords: ["rusty brown", "rough and rusty"],
    isShining: { $0.hasHue(from: 200, to: 235) && $0.chroma > 58 },
    isCorroded: { $0.hasHue(from: 5, to: 38) && $0.chroma > 50 && $0.brightest < 215 })
  static let copper = Metal(
    shining: Colour(226, 112, 52), corroded: Colour(52, 168, 142),
    shiningWords: ["shiny orange", "bright orange"],
    corrodedWords: ["pale blue green", "dull blue green"],
    isShining: { $0.hasHue(from: 8, to: 30) && $0.chroma > 85 },
    isCorroded: { $0.hasHue(from: 145, to: 185) && $0.chroma > 58 })
  static let bronze = Metal(
    shining: Colour(224, 170, 36), corroded: Colour(48, 160, 118),
    shiningWords: ["shiny golden", "bright golden"],
    corrodedWords: ["pale green", "dull green"],
    isShining: { $0.hasHue(from: 36, to: 52) && $0.chroma > 80 },
    isCorroded: { $0.hasHue(from: 140, to: 178) && $0.chroma > 58 })
  static let silver = Metal(
    shining: Colour(112, 166, 230), corroded: Colour(54, 46, 52),
    shiningWords: ["shiny pale blue", "bright and shiny"],
    corrodedWords: ["black", "dull black"],
    isShining: { $0.hasHue(from: 198, to: 230) && $0.chroma > 52 && $0.luma > 95 },
    isCorroded: { $0.luma < 84 && $0.chroma < 45 })

  static let things: [Thing] = [
    Thing(name: "iron gear", phrase: "an iron gear", shape: .gear, metal: iron),
    Thing(name: "iron horseshoe", phrase: "an iron horseshoe", shape: .horseshoe, metal: iron),
    Thing(name: "steel bucket", phrase: "a steel bucket", shape: .bucket, metal: iron),
    Thing(name: "iron padlock", phrase: "an iron padlock", shape: .padlock, metal: iron),
    Thing(name: "copper kettle", phrase: "a copper kettle", shape: .kettle, metal: copper),
    Thing(name: "copper coin", phrase: "a copper coin", shape: .coin, metal: copper),
    Thing(name: "bronze bell", phrase: "a bronze bell", shape: .bell, metal: bronze),
    Thing(name: "silver cup", phrase: "a silver cup", shape: .cup, metal: silver),
  ]

  static func wording(of thing: Thing) -> Wording {
    func visible(_ words: [String]) -> [String] {
      [
        "\(thing.phrase) that is \(words[0])", "\(thing.phrase) looking \(words[1])",
        "a \(words[0]) \(thing.name)",
      ]
    }
    return Wording(
      implicit: [
        "an old \(thing.name) left in damp air", "\(thing.phrase) after years of damp air",
        "\(thing.phrase) left outside for years", "a very old \(thing.name)",
        "a very old \(thing.name) left outside", "\(thing.phrase) left in damp air for years",
      ],
      explicit: visible(thing.metal.corrodedWords), superficial: visible(thing.metal.shiningWords),
      prototype: [thing.phrase, "a picture of \(thing.phrase)"])
  }

  func wording(subject: Int) -> Wording { Self.wording(of: Self.things[subject]) }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let thing = Self.things[subject]
    let stance = Stance(random: &random)
    let blotches = (0..<26).map { _ in
      (x: random.uniform(0...1), y: random.uniform(0...1), radius: random.uniform(0.03...0.08))
    }
    let surface = Surface(
      base: stance.lit(outcome.choose(thing.metal.corroded, thing.metal.shining)),
      isPolished: outcome == .superficial, blotches: blotches)
    stance.paint(on: canvas) { Self.draw(thing, surface: surface, on: canvas) }
    return stance.box(left: 0.1, top: 0.08, right: 0.9, bottom: 0.93)
  }

  /// Asks for a large thing in the middle in one of the metal's two looks.
  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let metal = Self.things[subject].metal
    let corroded = picture.area(where: metal.isCorroded)
    let shining = picture.area(where: metal.isShining)
    func isThing(_ area: ColourReading.Area) -> Bool {
      (0.32...0.68).contains(area.centreX) && (0.35...0.75).contains(area.centreY)
    }
    return Verdict(
      explicit: isThing(corroded) && shining.share < 0.35 * corroded.share
        && resembles(.explicit, subject: subject, on: picture, agreement: 0.68, where: metal.isCorroded),
      superficial: isThing(shining) && corroded.share < 0.35 * shining.share
        && resembles(.superficial, subject: subject, on: picture, agreement: 0.68, where: metal.isShining))
  }
}
