extension Ripeness {
  /// Draws the fruit in its body colour, standing on the ground line of the unit square.
  static func draw(_ fruit: Fruit, body: Colour, on canvas: Canvas) {
    switch fruit.shape {
    case .apple: drawApple(body, on: canvas)
    case .banana: drawBanana(body, on: canvas)
    case .tomato: drawTomato(body, on: canvas)
    case .strawberry: drawStrawberry(body, on: canvas)
    case .orange: drawOrange(body, on: canvas)
    case .lemon: drawLemon(body, on: canvas)
    case .plum: drawPlum(body, on: canvas)
    case .pumpkin: drawPumpkin(body, on: canvas)
    case .cherries: drawCherries(body, on: canvas)
    case .pepper: drawPepper(body, on: canvas)
    }
  }

  private static let stalk = Colour(110, 72, 40)
  private static let leaf = Colour(60, 125, 50)

  private static func drawApple(_ body: Colour, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.87, width: 0.5)
    let outline = Outline.smooth([
      (0.5, 0.38), (0.62, 0.33), (0.76, 0.4), (0.8, 0.56), (0.74, 0.75), (0.61, 0.87), (0.5, 0.85),
      (0.39, 0.87), (0.26, 0.75), (0.2, 0.56), (0.24, 0.4), (0.38, 0.33),
    ])
    canvas.fill(outline, .ball(body), edge: body.darker(0.55))
    canvas.fill(.ellipse(0.5, 0.4, 0.09, 0.025), .flat(body.darker(0.6)))
    canvas.stroke(.smooth([(0.5, 0.41), (0.51, 0.31), (0.55, 0.22)], closed: false), stalk, width: 0.035)
    canvas.fill(.leaf(from: (0.53, 0.29), to: (0.75, 0.2), width: 0.3), .flat(leaf), edge: leaf.darker(0.6))
    canvas.highlight(x: 0.34, y: 0.5, rx: 0.06, ry: 0.09)
  }

  private static func drawBanana(_ body: Colour, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.84, width: 0.66)
    let outline = Outline.smooth([
      (0.13, 0.4), (0.2, 0.36), (0.3, 0.5), (0.5, 0.58), (0.7, 0.52), (0.82, 0.32), (0.89, 0.33),
      (0.9, 0.52), (0.79, 0.71), (0.6, 0.83), (0.4, 0.82), (0.22, 0.68),
    ])
    canvas.fill(outline, .vertical(body.lighter(0.15), body.darker(0.8)), edge: body.darker(0.5))
    canvas.stroke(
      .smooth([(0.18, 0.46), (0.34, 0.65), (0.52, 0.7), (0.7, 0.65), (0.85, 0.44)], closed: false),
      body.darker(0.75), width: 0.018)
    canvas.fill(.box(0.825, 0.24, 0.06, 0.11, round: 0.02), .flat(stalk))
    canvas.fill(.ellipse(0.155, 0.39, 0.035, 0.03), .flat(stalk))
  }

  private static func drawTomato(_ body: Colour, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.87, width: 0.6)
    let outline = Outline.smooth([
      (0.5, 0.42), (0.66, 0.37), (0.81, 0.45), (0.87, 0.61), (0.79, 0.79), (0.62, 0.87), (0.38, 0.87),
      (0.21, 0.79), (0.13, 0.61), (0.19, 0.45), (0.34, 0.37),
    ])
    canvas.fill(outline, .ball(body), edge: body.darker(0.55))
    let crown = leaf.darker(0.75)
    for tip in [(0.3, 0.47), (0.42, 0.53), (0.57, 0.54), (0.71, 0.47), (0.62, 0.35), (0.38, 0.35)] {
      canvas.fill(.leaf(from: (0.5, 0.4), to: tip, width: 0.22), .flat(crown))
    }
    canvas.stroke(.polygon([(0.5, 0.41), (0.52, 0.3)], closed: false), crown, width: 0.035)
    canvas.highlight(x: 0.3, y: 0.58, rx: 0.06, ry: 0.08)
  }

  private static func drawStrawberry(_ body: Colour, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.89, width: 0.34)
    let outline = Outline.smooth([
      (0.5, 0.33), (0.7, 0.33), (0.79, 0.45), (0.72, 0.64), (0.59, 0.83), (0.5, 0.89), (0.41, 0.83),
      (0.28, 0.64), (0.21, 0.45), (0.3, 0.33),
    ])
    canvas.fill(outline, .ball(body), edge: body.darker(0.55))
    let seed = Colour(255, 240, 150)
    for (x, y) in [
      (0.32, 0.47), (0.45, 0.46), (0.57, 0.47), (0.69, 0.46), (0.37, 0.58), (0.5, 0.58), (0.63, 0.58),
      (0.43, 0.69), (0.57, 0.69), (0.5, 0.79),
    ] {
      canvas.fill(.ellipse(x, y, 0.014, 0.021), .flat(seed), edge: body.darker(0.7), width: 0.008)
    }
    let crown = leaf.darker(0.75)
    for tip in [(0.25, 0.37), (0.37, 0.44), (0.5, 0.46), (0.63, 0.44), (0.75, 0.37)] {
      canvas.fill(.leaf(from: (0.5, 0.28), to: tip, width: 0.24), .flat(crown))
    }
    canvas.stroke(.smooth([(0.5, 0.31), (0.5, 0.24), (0.54, 0.18)], closed: false), crown, width: 0.03)
  }

  private static func drawOrange(_ body: Colour, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.87, width: 0.5)
    canvas.fill(.ellipse(0.5, 0.58, 0.3, 0.29), .ball(body), edge: body.darker(0.6))
    for (x, y) in [
      (0.4, 0.5), (0.55, 0.45), (0.66, 0.55), (0.45, 0.65), (0.6, 0.68), (0.35, 0.6), (0.5, 0.78),
      (0.7, 0.68),
    ] {
      canvas.fill(.ellipse(x, y, 0.01, 0.01), .flat(body.darker(0.75)))
    }
    canvas.fill(.ellipse(0.5, 0.32, 0.035, 0.02), .flat(stalk))
    canvas.fill(.leaf(from: (0.5, 0.31), to: (0.3, 0.2), width: 0.3), .flat(leaf), edge: leaf.darker(0.6))
    canvas.fill(.leaf(from: (0.5, 0.31), to: (0.7, 0.2), width: 0.3), .flat(leaf), edge: leaf.darker(0.6))
    canvas.highlight(x: 0.37, y: 0.47, rx: 0.05, ry: 0.06)
  }

  private static func drawLemon(_ body: Colour, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.84, width: 0.56)
    let outline = Outline.smooth([
      (0.1, 0.6), (0.2, 0.53), (0.32, 0.41), (0.5, 0.36), (0.68, 0.41), (0.8, 0.53), (0.9, 0.6),
      (0.8, 0.67), (0.68, 0.79), (0.5, 0.84), (0.32, 0.79), (0.2, 0.67),
    ])
    canvas.fill(outline, .ball(body), edge: body.darker(0.6))
    canvas.fill(.leaf(from: (0.86, 0.56), to: (0.72, 0.33), width: 0.28), .flat(leaf), edge: leaf.darker(0.6))
    canvas.highlight(x: 0.38, y: 0.5, rx: 0.08, ry: 0.05)
  }

  private static func drawPlum(_ body: Colour, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.88, width: 0.44)
    canvas.fill(.ellipse(0.5, 0.57, 0.26, 0.31), .ball(body), edge: body.darker(0.5))
    canvas.stroke(
      .smooth([(0.52, 0.28), (0.59, 0.45), (0.6, 0.65), (0.54, 0.86)], closed: false), body.darker(0.6),
      width: 0.022)
    canvas.stroke(.smooth([(0.5, 0.3), (0.49, 0.2), (0.45, 0.14)], closed: false), stalk, width: 0.03)
    canvas.fill(.leaf(from: (0.5, 0.25), to: (0.74, 0.14), width: 0.28), .flat(leaf), edge: leaf.darker(0.6))
    canvas.highlight(x: 0.38, y: 0.45, rx: 0.05, ry: 0.08)
  }

  private static func drawPumpkin(_ body: Colour, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.88, width: 0.72)
    for (x, rx, shade) in [
      (0.24, 0.16, 0.82), (0.76, 0.16, 0.76), (0.36, 0.16, 0.94), (0.64, 0.16, 0.88), (0.5, 0.14, 1.0),
    ] {
      canvas.fill(.ellipse(x, 0.62, rx, 0.26), .ball(body.darker(shade)), edge: body.darker(0.55))
    }
    let stem = Colour(95, 80, 45)
    canvas.fill(
      .polygon([(0.45, 0.4), (0.47, 0.26), (0.56, 0.22), (0.58, 0.27), (0.54, 0.31), (0.56, 0.4)]),
      .flat(stem),
      edge: stem.darker(0.6))
  }

  private static func drawCherries(_ body: Colour, on canvas: Canvas) {
    canvas.castShadow(x: 0.31, y: 0.87, width: 0.32)
    canvas.castShadow(x: 0.7, y: 0.87, width: 0.32)
    canvas.stroke(.smooth([(0.31, 0.5), (0.4, 0.3), (0.56, 0.14)], closed: false), stalk, width: 0.03)
    canvas.stroke(.smooth([(0.7, 0.5), (0.66, 0.32), (0.56, 0.14)], closed: false), stalk, width: 0.03)
    canvas.fill(.leaf(from: (0.56, 0.15), to: (0.84, 0.2), width: 0.26), .flat(leaf), edge: leaf.darker(0.6))
    for x in [0.31, 0.7] {
      canvas.fill(.ellipse(x, 0.67, 0.2, 0.2), .ball(body), edge: body.darker(0.5))
      canvas.fill(.ellipse(x, 0.5, 0.05, 0.018), .flat(body.darker(0.6)))
      canvas.highlight(x: x - 0.08, y: 0.61, rx: 0.035, ry: 0.05)
    }
  }

  private static func drawPepper(_ body: Colour, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: 0.88, width: 0.44)
    let outline = Outline.smooth([
      (0.5, 0.36), (0.62, 0.31), (0.75, 0.37), (0.78, 0.53), (0.7, 0.75), (0.62, 0.87), (0.5, 0.84),
      (0.38, 0.87), (0.3, 0.75), (0.22, 0.53), (0.25, 0.37), (0.38, 0.31),
    ])
    canvas.fill(outline, .ball(body), edge: body.darker(0.5))
    for x in [0.42, 0.6] {
      canvas.stroke(
        .smooth([(x, 0.38), (x - 0.02, 0.55), (x, 0.8)], closed: false), body.darker(0.7), width: 0.022)
    }
    canvas.stroke(
      .smooth([(0.5, 0.36), (0.5, 0.25), (0.58, 0.17)], closed: false), leaf.darker(0.75), width: 0.055)
    canvas.highlight(x: 0.31, y: 0.48, rx: 0.035, ry: 0.1)
  }
}
