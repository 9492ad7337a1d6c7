import Images

/// Makes scenes: the same seed, task, difficulty and size make the same tuple.
package enum SceneGenerator {
  /// Standard deviation of the grain on every picture, in levels of 255.
  static let grain = 2.0

  /// The names of a task's subjects.
  package static func subjects(of task: Task) -> [String] { scene(for: task).subjects }

  /// A tuple of the given task with subject, place, light, position and colours drawn from the seed.
  ///
  /// - Parameters:
  ///   - seed: Any number; training and held-out tuples differ in nothing but their seeds.
  ///   - size: Side length of the pictures in pixels, 8...4096.
  package static func tuple(task: Task, seed: UInt64, difficulty: Difficulty, size: Int = 64) -> SceneTuple {
    tuple(task: task, subject: nil, seed: seed, difficulty: difficulty, size: size)
  }

  /// A tuple of the given subject, everything else drawn from the seed.
  ///
  /// A seed that draws the subject by itself gives the same tuple either way.
  ///
  /// - Parameters:
  ///   - subject: An index into ``subjects(of:)``; nil to draw it from the seed, too.
  ///   - size: Side length of the pictures in pixels, 8...4096.
  package static func tuple(
    task: Task, subject asked: Int?, seed: UInt64, difficulty: Difficulty, size: Int = 64
  ) -> SceneTuple {
    var choice = SceneRandom(seed: seed, purpose: task.rawValue)
    let scene = scene(for: task)
    // Drawn also when it is given: what is drawn after it must not depend on that.
    let drawn = choice.index(scene.subjects.count)
    let subject = asked ?? drawn
    let place = difficulty == .complex ? choice.pick(scene.places) : nil
    let base = scene.wording(subject: subject)
    let (explicit, superficial) = (
      picture(.explicit, of: scene, subject: subject, place: place, random: choice, size: size),
      picture(.superficial, of: scene, subject: subject, place: place, random: choice, size: size)
    )
    return SceneTuple(
      task: task, subject: scene.subjects[subject], object: scene.object(subject: subject),
      difficulty: difficulty,
      place: place?.rawValue, seed: seed, wording: place.map(base.set) ?? base,
      explicitImage: explicit.image, superficialImage: superficial.image,
      explicitBox: explicit.box, superficialBox: superficial.box)
  }

  private static func picture(
    _ outcome: Outcome, of scene: any SceneTask, subject: Int, place: Place?, random: SceneRandom, size: Int
  ) -> (image: RGBImage, box: EntityBox) {
    var random = random
    let canvas = Canvas(size: size)
    if let place {
      place.paint(on: canvas, random: &random)
    } else {
      paintBareRoom(on: canvas, random: &random)
    }
    var grain = random
    let box = scene.draw(subject: subject, outcome: outcome, on: canvas, random: &random)
    return (canvas.image(noise: Self.grain, random: &grain), box)
  }

  static func scene(for task: Task) -> any SceneTask {
    switch task {
    case .gravity: Gravity()
    case .buoyancy: Buoyancy()
    case .electricity: Electricity()
    case .evaporation: Evaporation()
    case .melting: Melting()
    case .freezing: Freezing()
    case .condensation: Condensation()
    case .diffusion: Diffusion()
    case .absorption: Absorption()
    case .flameReaction: FlameReaction()
    case .rust: Rust()
    case .immiscibility: Immiscibility()
    case .ripeness: Ripeness()
    case .lightRequirement: LightRequirement()
    case .waterRequirement: WaterRequirement()
    case .seasonalChange: SeasonalChange()
    }
  }
}

/// Reads from pixels alone which outcome a picture shows: the stand-in for a person's eyes.
package enum Oracle {
  /// - Parameters:
  ///   - image: A picture of any size.
  ///   - subject: One of ``SceneGenerator/subjects(of:)``; tells, say, which colour an unripe one has.
  /// - Returns: Nil when the task has no such subject.
  package static func verdict(on image: RGBImage, task: Task, subject: String) -> Verdict? {
    let scene = SceneGenerator.scene(for: task)
    guard let index = scene.subjects.firstIndex(of: subject) else { return nil }
    return scene.verdict(on: ColourReading(image), subject: index)
  }
}
