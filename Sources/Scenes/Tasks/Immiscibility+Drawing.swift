extension Immiscibility {
  /// What the vessel holds: two liquids one above the other, or one even mixture.
  enum Contents {
    case layers(upper: Colour, lower: Colour)
    case mixture(Colour)
  }

  /// Draws a glass vessel filled up to `level`; two layers meet halfway down.
  static func draw(_ vessel: Vessel, contents: Contents, level: Double, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.92, width: 0.6)
    let glass = Colour(225, 235, 243)
    let edge = Colour(92, 108, 132)
    let inside = outline(of: vessel)
    canvas.fill(inside, .flat(glass))
    canvas.clipped(to: inside) {
      let meeting = (level + 0.9) / 2
      switch contents {
      case .layers(let upper, let lower):
        canvas.fill(.box(0, level, 1, meeting - level), .sideways(upper.darker(0.86), upper))
        canvas.fill(.box(0, meeting, 1, 1 - meeting), .sideways(lower.darker(0.86), lower))
        canvas.fill(.ellipse(0.5, meeting, 0.36, 0.022), .flat(upper.lighter(0.45)))
        canvas.fill(.ellipse(0.5, level, 0.36, 0.028), .flat(upper.lighter(0.45)))
      case .mixture(let colour):
        canvas.fill(.box(0, level, 1, 1 - level), .sideways(colour.darker(0.86), colour))
        canvas.fill(.ellipse(0.5, level, 0.36, 0.028), .flat(colour.lighter(0.45)))
      }
      canvas.fill(.box(0.27, 0.2, 0.045, 0.62, round: 0.02), .flat(Colour(255, 255, 255, opacity: 0.5)))
    }
    canvas.stroke(inside, edge, width: 0.022)
    switch vessel {
    case .jar:
      canvas.fill(.box(0.22, 0.08, 0.56, 0.08, round: 0.02), .flat(Colour(150, 160, 178)), edge: edge)
    case .bottle:
      canvas.fill(.box(0.42, 0.02, 0.16, 0.08, round: 0.02), .flat(Colour(165, 120, 80)), edge: edge)
    case .beaker:
      for y in [0.4, 0.5, 0.6, 0.7, 0.8] {
        canvas.stroke(
          .polygon([(0.66, y), (0.74, y)], closed: false), Colour(255, 255, 255, opacity: 0.8), width: 0.012)
      }
    case .mug:
      canvas.stroke(
        .smooth([(0.8, 0.36), (0.93, 0.4), (0.93, 0.62), (0.79, 0.7)], closed: false), edge, width: 0.035)
    case .glass, .flask: break
    }
  }

  static func outline(of vessel: Vessel) -> Outline {
    switch vessel {
    case .jar: .box(0.18, 0.15, 0.64, 0.76, round: 0.07)
    case .beaker:
      .polygon([
        (0.16, 0.12), (0.22, 0.17), (0.22, 0.88), (0.25, 0.92), (0.75, 0.92), (0.78, 0.88), (0.78, 0.17),
        (0.84, 0.12),
      ])
    case .glass: .polygon([(0.17, 0.13), (0.83, 0.13), (0.74, 0.92), (0.26, 0.92)])
    case .bottle:
      .smooth([
        (0.43, 0.09), (0.43, 0.15), (0.37, 0.2), (0.22, 0.27), (0.19, 0.36), (0.19, 0.84), (0.24, 0.91),
        (0.5, 0.92),
        (0.76, 0.91), (0.81, 0.84), (0.81, 0.36), (0.78, 0.27), (0.63, 0.2), (0.57, 0.15), (0.57, 0.09),
      ])
    case .flask:
      .polygon([
        (0.36, 0.08), (0.64, 0.08), (0.64, 0.18), (0.9, 0.84), (0.87, 0.92), (0.13, 0.92), (0.1, 0.84),
        (0.36, 0.18),
      ])
    case .mug: .box(0.18, 0.2, 0.62, 0.71, round: 0.05)
    }
  }
}
