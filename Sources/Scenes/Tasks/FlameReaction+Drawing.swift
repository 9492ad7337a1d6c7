extension FlameReaction {
  /// Draws a tall flame of one colour on the salt's own holder.
  ///
  /// `sway` in −1...1 bends the tongues, so that no two fires are alike.
  static func draw(_ salt: Salt, flame: Colour, sway: Double, on canvas: Canvas) {
    drawHolderBehind(salt, on: canvas)
    drawFire(flame, sway: sway, on: canvas)
    drawHolderInFront(salt, on: canvas)
  }

  private static func drawFire(_ flame: Colour, sway: Double, on canvas: Canvas) {
    func tongue(_ x: Double, _ tip: Double, _ width: Double, _ bend: Double) -> Outline {
      let base = 0.74
      let height = base - tip
      return .smooth([
        (x, base), (x - 0.72 * width, base - 0.1 * height), (x - width, base - 0.32 * height),
        (x - 0.66 * width + 0.3 * bend, base - 0.62 * height), (x + 0.8 * bend, base - 0.9 * height),
        (x + bend, tip), (x + 0.35 * width + 0.8 * bend, base - 0.8 * height),
        (x + 0.72 * width + 0.3 * bend, base - 0.6 * height), (x + width, base - 0.32 * height),
        (x + 0.72 * width, base - 0.1 * height),
      ])
    }
    let bend = 0.07 * sway
    let edge = flame.darker(0.72)
    canvas.fill(tongue(0.33, 0.3, 0.12, -0.04 + bend), .flat(flame), edge: edge)
    canvas.fill(tongue(0.68, 0.25, 0.12, 0.05 + bend), .flat(flame), edge: edge)
    canvas.fill(tongue(0.5, 0.06, 0.25, bend), .vertical(flame.darker(0.86), flame), edge: edge)
    canvas.fill(tongue(0.5, 0.32, 0.145, 0.6 * bend), .flat(flame.lighter(0.35)))
    canvas.fill(tongue(0.5, 0.5, 0.075, 0.3 * bend), .flat(flame.lighter(0.75)))
  }

  private static func drawHolderBehind(_ salt: Salt, on canvas: Canvas) {
    let steel = Colour(75, 82, 100)
    switch salt.holder {
    case .tripod:
      for (top, foot) in [(0.33, 0.24), (0.67, 0.76), (0.5, 0.5)] {
        canvas.stroke(.polygon([(top, 0.76), (foot, 0.95)], closed: false), steel, width: 0.03)
      }
    case .dish, .spoon, .burner, .crucible, .flare, .brick, .pan: break
    }
  }

  private static func drawHolderInFront(_ salt: Salt, on canvas: Canvas) {
    let (steel, dark) = (Colour(95, 104, 125), Colour(48, 52, 64))
    func heap(_ x: Double, _ y: Double, _ width: Double) {
      let powder = salt.powder
      canvas.fill(
        .smooth([
          (x - width, y), (x - 0.5 * width, y - 0.05), (x, y - 0.075), (x + 0.5 * width, y - 0.05),
          (x + width, y),
        ]),
        .flat(powder), edge: powder.darker(0.65), width: 0.01)
    }
    switch salt.holder {
    case .dish:
      heap(0.5, 0.75, 0.2)
      let china = Colour(245, 246, 250)
      canvas.fill(
        .smooth([
          (0.2, 0.72), (0.5, 0.75), (0.8, 0.72), (0.72, 0.86), (0.58, 0.92), (0.42, 0.92), (0.28, 0.86),
        ]),
        .vertical(china, china.darker(0.78)), edge: Colour(110, 118, 140))
    case .spoon:
      heap(0.5, 0.75, 0.17)
      canvas.stroke(.polygon([(0.66, 0.79), (0.97, 0.7)], closed: false), dark, width: 0.04)
      canvas.fill(
        .smooth([(0.28, 0.74), (0.5, 0.755), (0.72, 0.74), (0.66, 0.85), (0.5, 0.89), (0.34, 0.85)]),
        .vertical(steel.lighter(0.2), dark), edge: dark)
    case .burner:
      canvas.fill(.box(0.42, 0.74, 0.16, 0.17), .sideways(steel.darker(0.7), steel.lighter(0.4)), edge: dark)
      canvas.fill(.box(0.38, 0.72, 0.24, 0.05, round: 0.02), .flat(steel), edge: dark)
      canvas.fill(.box(0.28, 0.9, 0.44, 0.06, round: 0.02), .flat(dark))
    case .crucible:
      heap(0.5, 0.74, 0.19)
      let clay = Colour(190, 150, 125)
      canvas.fill(
        .polygon([(0.28, 0.73), (0.72, 0.73), (0.62, 0.94), (0.38, 0.94)]),
        .sideways(clay.darker(0.75), clay.lighter(0.35)), edge: clay.darker(0.5))
    case .flare:
      let paper = Colour(92, 100, 122)
      canvas.fill(
        .box(0.41, 0.73, 0.18, 0.24, round: 0.02), .sideways(paper.darker(0.6), paper.lighter(0.2)),
        edge: paper.darker(0.5))
      canvas.fill(.box(0.41, 0.8, 0.18, 0.04), .flat(Colour(245, 240, 230)))
    case .tripod:
      heap(0.5, 0.75, 0.2)
      canvas.fill(.box(0.22, 0.74, 0.56, 0.05, round: 0.02), .flat(steel), edge: dark)
    case .brick:
      heap(0.5, 0.75, 0.2)
      let clay = Colour(150, 140, 135)
      canvas.fill(
        .box(0.2, 0.75, 0.6, 0.18, round: 0.015), .vertical(clay.lighter(0.2), clay.darker(0.75)),
        edge: clay.darker(0.5))
      canvas.stroke(.polygon([(0.2, 0.84), (0.8, 0.84)], closed: false), clay.darker(0.6), width: 0.014)
    case .pan:
      heap(0.5, 0.76, 0.22)
      canvas.stroke(.polygon([(0.76, 0.8), (0.98, 0.76)], closed: false), dark, width: 0.045)
      canvas.fill(
        .polygon([(0.2, 0.755), (0.8, 0.755), (0.74, 0.88), (0.26, 0.88)]),
        .vertical(steel.darker(0.8), dark), edge: dark)
    }
  }
}
