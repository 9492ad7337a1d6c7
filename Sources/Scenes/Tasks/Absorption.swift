/// A drop of liquid on a material: soaked in as a flat stain, or standing as a round bead.
///
/// Porous water-loving materials (sponge, paper, cloth, sand) draw the liquid in by capillary action and it spreads
/// flat. On dense or water-repelling ones (wax, lotus leaf with its wax bristles, greased steel, non-stick pan)
/// surface tension keeps it a bead.
struct Absorption: SceneTask {
  let task = Task.absorption
  var subjects: [String] { Self.materials.map(\.name) }
  var places: [Place] { [.kitchen, .room, .laboratory, .garden, .beach] }

  enum Shape { case slab, sheet, heap, round }
  enum Texture { case pores, lines, checks, grains, gloss, veins, plain }

  struct Material {
    let name: String
    let colour: Colour
    let shape: Shape
    let texture: Texture
    let liquid: String
    let liquidColour: Colour
    let liquidWord: String
    let liquidHues: (low: Float, high: Float)
    /// Whether the material truly draws the liquid in.
    let isAbsorbent: Bool
  }

  private static let water = (
    name: "water", colour: Colour(28, 110, 232), word: "blue", hues: (low: Float(195), high: Float(240))
  )

  private static func onWater(
    _ name: String, _ colour: Colour, _ shape: Shape, _ texture: Texture, absorbent: Bool
  ) -> Material {
    Material(
      name: name, colour: colour, shape: shape, texture: texture, liquid: water.name,
      liquidColour: water.colour,
      liquidWord: water.word, liquidHues: water.hues, isAbsorbent: absorbent)
  }

  static let materials: [Material] = [
    onWater("sponge", Colour(250, 206, 60), .slab, .pores, absorbent: true),
    Material(
      name: "paper", colour: Colour(252, 236, 130), shape: .sheet, texture: .lines, liquid: "ink",
      liquidColour: Colour(76, 28, 200), liquidWord: "violet", liquidHues: (238, 285), isAbsorbent: true),
    Material(
      name: "cloth", colour: Colour(120, 196, 168), shape: .sheet, texture: .checks, liquid: "wine",
      liquidColour: Colour(178, 16, 62), liquidWord: "red", liquidHues: (325, 10), isAbsorbent: true),
    onWater("sand", Colour(226, 180, 110), .heap, .grains, absorbent: true),
    onWater("wax", Colour(222, 78, 72), .slab, .plain, absorbent: false),
    onWater("lotus leaf", Colour(70, 168, 76), .round, .veins, absorbent: false),
    onWater("greased steel", Colour(118, 122, 134), .slab, .gloss, absorbent: false),
    onWater("frying pan", Colour(66, 62, 66), .round, .plain, absorbent: false),
  ]

  static func wording(of material: Material) -> Wording {
    let place = ["lotus leaf", "frying pan"].contains(material.name) ? "a \(material.name)" : material.name
    let (liquid, word) = (material.liquid, material.liquidWord)
    let soaked = [
      "flat \(word) stain of \(liquid) in \(place)", "a \(word) patch of \(liquid) on \(place)",
      "\(place) with a wide flat \(word) stain",
    ]
    let bead = [
      "a \(word) bead of \(liquid) on \(place)", "a ball of \(word) \(liquid) on \(place)",
      "\(place) with a round \(word) bead",
    ]
    return Wording(
      implicit: [
        "\(liquid) dripped onto \(place)", "\(place) after some \(liquid) fell on it",
        "a drop of \(liquid) left on \(place)", "a drop of \(liquid) falls onto \(place)",
        "some \(liquid) dripped onto \(place)", "\(place) after a drop of \(liquid) fell",
      ],
      explicit: material.isAbsorbent ? soaked : bead, superficial: material.isAbsorbent ? bead : soaked,
      prototype: ["\(liquid) on \(place)", "\(place) and \(liquid)"])
  }

  func wording(subject: Int) -> Wording { Self.wording(of: Self.materials[subject]) }

  func object(subject: Int) -> String { Self.materials[subject].liquid }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let material = Self.materials[subject]
    let stance = Stance(random: &random)
    let isSoaked = (outcome == .explicit) == material.isAbsorbent
    let liquid = stance.lit(material.liquidColour)
    stance.paint(on: canvas) { Self.draw(material, liquid: liquid, soaked: isSoaked, on: canvas) }
    return isSoaked
      ? stance.box(left: 0.1, top: 0.53, right: 0.9, bottom: 0.92)
      : stance.box(left: 0.23, top: 0.18, right: 0.77, bottom: 0.75)
  }

  /// Asks for the liquid's colour beside the material's: flat and low, or as high as wide and standing above.
  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let material = Self.materials[subject]
    let (solid, shaded) = (
      ColourReading.Cell(material.colour), ColourReading.Cell(material.colour.darker(0.78))
    )
    let drop = picture.area {
      $0.hasHue(from: material.liquidHues.low, to: material.liquidHues.high) && $0.chroma > 60
    }
    let ground = picture.area(y: 0.5...1) { min($0.distance(to: solid), $0.distance(to: shaded)) < 40 }
    let isOnMaterial = ground.share > 0.05 && drop.share > 0.06
    let isStain = isOnMaterial && drop.width > 1.5 * drop.height && drop.width > 0.45 && drop.top > 0.45
    let isBead = isOnMaterial && drop.height > 0.75 * drop.width && drop.top < 0.42 && drop.fill > 0.55
    return material.isAbsorbent
      ? Verdict(explicit: isStain, superficial: isBead) : Verdict(explicit: isBead, superficial: isStain)
  }
}
