import Testing

@testable import Scenes

/// The tables against general knowledge, so that an edit cannot turn a truth round unnoticed.
@Suite struct FactsTests {
  @Test func `no salt burns with a hue of an ordinary fire`() {
    for salt in FlameReaction.salts {
      let own = ColourReading.Cell(salt.flame)
      #expect(own.hasHue(from: salt.hues.low, to: salt.hues.high), "\(salt.name)")
      let (low, high) = FlameReaction.ordinaryHues
      #expect(!own.hasHue(from: low - 4, to: high + 4), "\(salt.name)")
      #expect(!ColourReading.Cell(FlameReaction.ordinary).hasHue(from: salt.hues.low, to: salt.hues.high))
    }
  }

  @Test(
    arguments: [
      ("sodium salt", 60), ("lithium salt", 340), ("potassium salt", 275), ("copper salt", 170),
      ("cesium salt", 220),
      ("boric acid", 130), ("strontium salt", 0),
    ] as [(String, Float)])
  func `salts have their textbook flames`(name: String, hue: Float) throws {
    let salt = try #require(FlameReaction.salts.first { $0.name == name })
    let turn = abs(ColourReading.Cell(salt.flame).hue - hue)
    #expect(min(turn, 360 - turn) < 15)
  }

  @Test func `layers lie by density and watery liquids mix`() {
    // g/mL at room temperature (CRC Handbook); watery liquids are near 1.
    let densities = [
      "oil": 0.92, "kerosene": 0.81, "water": 1.0, "vinegar": 1.01, "chloroform": 1.49, "mercury": 13.5,
    ]
    let oily: Set = ["oil", "kerosene", "chloroform", "mercury"]
    for pair in Immiscibility.pairs {
      #expect(
        pair.separates == (oily.contains(pair.upper.name) != oily.contains(pair.lower.name)), "\(pair.name)")
      if let upper = densities[pair.upper.name], let lower = densities[pair.lower.name] {
        #expect(upper < lower, "\(pair.name)")
      }
    }
  }

  @Test func `porous materials drink and sealed ones do not`() {
    let absorbent = Absorption.materials.filter(\.isAbsorbent).map(\.name)
    #expect(Set(absorbent) == ["sponge", "paper", "cloth", "sand"])
    #expect(Absorption.materials.count > absorbent.count + 3)
  }

  @Test func `a metal corrodes in its own colour`() {
    for thing in Rust.things {
      let (metal, corroded) = (thing.metal, ColourReading.Cell(thing.metal.corroded))
      #expect(metal.isCorroded(corroded) && !metal.isShining(corroded), "\(thing.name)")
      let shining = ColourReading.Cell(metal.shining)
      #expect(metal.isShining(shining) && !metal.isCorroded(shining), "\(thing.name)")
      switch thing.name.split(separator: " ")[0] {
      case "iron", "steel": #expect((10...35).contains(corroded.hue), "red-brown rust")
      case "copper", "bronze": #expect((140...180).contains(corroded.hue), "green verdigris")
      case "silver": #expect(corroded.luma < 60, "black sulfide")
      default: Issue.record("no fact for \(thing.name)")
      }
    }
  }

  @Test func `unripe fruit is green and ripe fruit is not`() {
    for fruit in Ripeness.fruits {
      #expect(ColourReading.Cell(fruit.unripe).hasHue(from: 75, to: 155), "\(fruit.name)")
      let ripe = ColourReading.Cell(fruit.ripe)
      #expect(ripe.hasHue(from: fruit.ripeHues.low, to: fruit.ripeHues.high), "\(fruit.name)")
      #expect(!ripe.hasHue(from: 70, to: 160), "\(fruit.name)")
    }
  }

  @Test func `only winter trees stand bare`() {
    for tree in SeasonalChange.trees {
      if case .snow = tree.look {
        #expect(tree.season == .winter, "\(tree.name)")
      } else {
        #expect(tree.season != .winter, "\(tree.name)")
      }
    }
  }
}
