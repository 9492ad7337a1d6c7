/// Where a complex scene is set: pale and muted, so that the subject stays the only saturated thing in sight.
package enum Place: String, CaseIterable, Sendable {
  case kitchen, room, laboratory, workshop, garden, park, beach, desert

  static let indoors: [Place] = [.kitchen, .room, .laboratory, .workshop]
  static let outdoors: [Place] = [.garden, .park, .beach, .desert]

  /// How captions say it.
  var phrase: String {
    switch self {
    case .beach: "on the beach"
    case .kitchen, .room, .laboratory, .workshop, .garden, .park, .desert: "in the \(rawValue)"
    }
  }

  /// The height of the line where wall or sky meets the ground.
  static let horizon = 0.7

  func paint(on canvas: Canvas, random: inout SceneRandom) {
    let look = look
    let light = random.uniform(-6...6)
    paintGround(wall: look.wall.shifted(light), floor: look.floor.shifted(light), on: canvas)
    let side = random.uniform(0...1) < 0.5
    canvas.placed(x: side ? 0 : 1, y: 0) {
      // The clutter keeps to the upper corners and is mirrored by chance.
      if !side { canvas.mirror() }
      clutter(on: canvas)
    }
  }

  private var look: (wall: Colour, floor: Colour) {
    switch self {
    case .kitchen: (Colour(236, 232, 224), Colour(212, 204, 194))
    case .room: (Colour(230, 228, 236), Colour(206, 196, 184))
    case .laboratory: (Colour(232, 238, 240), Colour(210, 216, 220))
    case .workshop: (Colour(222, 220, 214), Colour(196, 192, 186))
    case .garden: (Colour(226, 236, 244), Colour(206, 216, 196))
    case .park: (Colour(220, 232, 242), Colour(214, 218, 200))
    case .beach: (Colour(222, 236, 244), Colour(236, 226, 204))
    case .desert: (Colour(238, 236, 230), Colour(232, 216, 190))
    }
  }

  private func clutter(on canvas: Canvas) {
    switch self {
    case .kitchen:
      canvas.fill(.box(0.03, 0.05, 0.24, 0.2), .flat(Colour(206, 200, 190)), edge: Colour(176, 170, 160))
      canvas.fill(.box(0.145, 0.05, 0.012, 0.2), .flat(Colour(176, 170, 160)))
      canvas.fill(.box(0.7, 0.2, 0.28, 0.025), .flat(Colour(190, 182, 172)))
      canvas.fill(
        .box(0.76, 0.11, 0.07, 0.09, round: 0.01), .flat(Colour(214, 210, 206)), edge: Colour(180, 176, 170))
      canvas.fill(
        .box(0.87, 0.13, 0.06, 0.07, round: 0.01), .flat(Colour(204, 206, 210)), edge: Colour(176, 178, 182))
    case .room:
      canvas.fill(.box(0.04, 0.06, 0.24, 0.28), .flat(Colour(242, 246, 250)), edge: Colour(188, 182, 176))
      canvas.fill(.box(0.155, 0.06, 0.012, 0.28), .flat(Colour(188, 182, 176)))
      canvas.fill(.box(0.76, 0.08, 0.18, 0.14), .flat(Colour(220, 216, 210)), edge: Colour(180, 172, 164))
    case .laboratory:
      canvas.fill(.box(0.02, 0.2, 0.28, 0.022), .flat(Colour(184, 190, 194)))
      for x in [0.06, 0.14, 0.22] {
        canvas.fill(
          .box(x, 0.1, 0.045, 0.1, round: 0.015), .flat(Colour(220, 228, 232)), edge: Colour(176, 184, 190))
      }
      canvas.fill(.box(0.76, 0.06, 0.2, 0.2), .flat(Colour(222, 226, 228)), edge: Colour(184, 190, 194))
    case .workshop:
      canvas.fill(.box(0.03, 0.05, 0.27, 0.2), .flat(Colour(208, 204, 196)), edge: Colour(176, 172, 164))
      for x in [0.08, 0.16, 0.24] {
        canvas.fill(.box(x, 0.08, 0.018, 0.13), .flat(Colour(174, 172, 170)))
      }
      canvas.fill(.box(0.74, 0.12, 0.24, 0.03), .flat(Colour(184, 178, 170)))
    case .garden:
      for x in stride(from: 0.0, to: 1.0, by: 0.1) {
        canvas.fill(
          .box(x + 0.01, 0.5, 0.07, 0.2), .flat(Colour(232, 230, 226)), edge: Colour(206, 204, 198),
          width: 0.006)
      }
    case .park:
      canvas.fill(.ellipse(0.1, 0.62, 0.24, 0.16), .flat(Colour(208, 220, 206)))
      canvas.fill(.ellipse(0.9, 0.64, 0.26, 0.12), .flat(Colour(212, 222, 210)))
    case .beach:
      canvas.fill(.box(0, 0.56, 1, 0.14), .flat(Colour(204, 220, 230)))
      canvas.fill(.ellipse(0.16, 0.14, 0.07, 0.07), .flat(Colour(248, 244, 226)))
    case .desert:
      canvas.fill(.ellipse(0.16, 0.72, 0.34, 0.12), .flat(Colour(226, 210, 186)))
      canvas.fill(.ellipse(0.9, 0.73, 0.3, 0.1), .flat(Colour(228, 212, 188)))
    }
    if Self.outdoors.contains(self) {
      canvas.fill(.box(0, Self.horizon, 1, 1 - Self.horizon), .flat(look.floor))
    }
  }
}

/// The background of simple scenes: a pale wall and a pale floor of nearly the same hue.
func paintBareRoom(on canvas: Canvas, random: inout SceneRandom) {
  let tints = [
    Colour(236, 234, 230), Colour(230, 234, 238), Colour(238, 236, 228), Colour(232, 236, 232),
    Colour(236, 230, 234),
  ]
  let wall = random.pick(tints).shifted(random.uniform(-6...6))
  paintGround(wall: wall, floor: wall.shifted(-22), on: canvas)
}

private func paintGround(wall: Colour, floor: Colour, on canvas: Canvas) {
  canvas.fill(.box(0, 0, 1, 1), .vertical(wall.shifted(4), wall.shifted(-4)))
  canvas.fill(.box(0, Place.horizon, 1, 1 - Place.horizon), .vertical(floor, floor.shifted(-8)))
}

extension Colour {
  /// Every channel moved by `levels` of 255.
  func shifted(_ levels: Double) -> Colour {
    Colour(255 * red + levels, 255 * green + levels, 255 * blue + levels, opacity: opacity)
  }
}
