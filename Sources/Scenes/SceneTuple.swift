import Images

/// Whether a scene is set before a bare wall or in a place.
package enum Difficulty: String, CaseIterable, Sendable, Codable {
  case simple, complex
}

/// Which of the two pictures of a tuple: the scientifically right one or the tempting wrong one.
package enum Outcome: String, CaseIterable, Sendable, Codable {
  case explicit, superficial
}

/// What an oracle reads from a picture.
package enum Verdict: String, CaseIterable, Sendable, Codable {
  case explicit, superficial, neither
}

/// A box in unit coordinates of the picture: centre and size, as GroundingDINO writes boxes.
package struct EntityBox: Equatable, Sendable, Codable {
  package let cx: Double
  package let cy: Double
  package let width: Double
  package let height: Double

  /// The smallest box around the corners, clipped to the picture.
  init(left: Double, top: Double, right: Double, bottom: Double) {
    let (l, r) = (min(1, max(0, left)), min(1, max(0, right)))
    let (t, b) = (min(1, max(0, top)), min(1, max(0, bottom)))
    (cx, cy, width, height) = ((l + r) / 2, (t + b) / 2, r - l, b - t)
  }
}

/// The wordings of a scene, several of each tier. The last two implicit ones are for hold-out.
package struct Wording: Equatable, Sendable {
  package var implicit: [String]
  package var explicit: [String]
  package var superficial: [String]
  /// Names the thing and neither outcome: "an apple".
  package var prototype: [String]

  /// Every wording with the place said at its end.
  func set(in place: Place) -> Wording {
    let said = { (prompt: String) in "\(prompt) \(place.phrase)" }
    return Wording(
      implicit: implicit.map(said), explicit: explicit.map(said), superficial: superficial.map(said),
      prototype: prototype.map(said))
  }
}

/// One case of Science-T2I in the procedural world: three tiers of prompts and the two pictures they lead to.
package struct SceneTuple: Sendable {
  package let task: Task
  /// What the picture is about, unique within the task: "apple".
  package let subject: String
  /// The noun phrase a detector is asked for: "apple".
  package let object: String
  package let difficulty: Difficulty
  /// Nil in simple scenes.
  package let place: String?
  package let seed: UInt64
  package var wording: Wording
  package let explicitImage: RGBImage
  package let superficialImage: RGBImage
  package let explicitBox: EntityBox
  package let superficialBox: EntityBox

  package func image(_ outcome: Outcome) -> RGBImage {
    outcome == .explicit ? explicitImage : superficialImage
  }
}
