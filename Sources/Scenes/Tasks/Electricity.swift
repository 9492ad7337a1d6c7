/// A device that has no power: it stays dark, though one pictures such devices lit.
struct Electricity: SceneTask {
  struct Device {
    let name: String
    let shape: Shape
    let light: Colour
    let word: String
    let hues: (low: Float, high: Float)
  }
  enum Shape { case lamp, television, laptop, heater, sign, lantern, phone }

  static let devices: [Device] = [
    Device(name: "lamp", shape: .lamp, light: Colour(255, 206, 36), word: "yellow", hues: (38, 62)),
    Device(
      name: "television", shape: .television, light: Colour(34, 120, 246), word: "blue", hues: (200, 228)),
    Device(name: "laptop", shape: .laptop, light: Colour(30, 196, 222), word: "cyan", hues: (178, 200)),
    Device(name: "heater", shape: .heater, light: Colour(255, 96, 20), word: "orange", hues: (6, 32)),
    Device(name: "neon sign", shape: .sign, light: Colour(255, 46, 160), word: "pink", hues: (315, 345)),
    Device(
      name: "traffic light", shape: .lantern, light: Colour(30, 210, 80), word: "green", hues: (115, 155)),
    Device(name: "phone", shape: .phone, light: Colour(150, 84, 250), word: "violet", hues: (255, 285)),
  ]
  static let dark = Colour(62, 66, 76)

  let task = Task.electricity
  var subjects: [String] { Self.devices.map(\.name) }

  func wording(subject: Int) -> Wording {
    let device = Self.devices[subject]
    let one = withArticle(device.name)
    return Wording(
      implicit: [
        "\(one) without power", "\(one) that is unplugged", "\(one) during a power cut",
        "\(one) with no electricity",
        "\(one) without electricity", "an unplugged \(device.name)",
      ],
      explicit: ["a dark \(device.name)", "\(one) that is off and dark", "a black unlit \(device.name)"],
      superficial: [
        "a glowing \(device.word) \(device.name)", "\(one) shining bright \(device.word)",
        "a lit \(device.word) \(device.name)",
      ],
      prototype: [one, "a picture of \(one)"])
  }

  func draw(subject: Int, outcome: Outcome, on canvas: Canvas, random: inout SceneRandom) -> EntityBox {
    let device = Self.devices[subject]
    let pose = Pose.standing(&random)
    let lit = outcome == .superficial
    pose.apply(to: canvas) {
      if lit {
        for (radius, opacity) in [(0.48, 0.12), (0.42, 0.12)] {
          canvas.fill(.ellipse(0.5, 0.42, radius, radius), .flat(device.light.lighter(0.4).faded(opacity)))
        }
      }
      canvas.castShadow(x: 0.5, y: 0.94, width: 0.62)
      Self.draw(device, glow: lit ? device.light : Self.dark, lit: lit, on: canvas)
    }
    return pose.box(0.12, 0.08, 0.88, 0.95)
  }

  private static func draw(_ device: Device, glow: Colour, lit: Bool, on canvas: Canvas) {
    let body = Colour(120, 124, 134)
    let edge = Colour(40, 42, 52)
    let face =
      lit ? Paint.vertical(glow.lighter(0.12), glow) : Paint.vertical(glow.lighter(0.08), glow.darker(0.8))
    switch device.shape {
    case .lamp:
      canvas.fill(.box(0.47, 0.5, 0.06, 0.38), .flat(body), edge: edge)
      canvas.fill(.ellipse(0.5, 0.9, 0.2, 0.045), .flat(body), edge: edge)
      canvas.fill(.polygon([(0.34, 0.12), (0.66, 0.12), (0.84, 0.55), (0.16, 0.55)]), face, edge: edge)
    case .television:
      canvas.fill(.polygon([(0.4, 0.74), (0.6, 0.74), (0.7, 0.92), (0.3, 0.92)]), .flat(body), edge: edge)
      canvas.fill(.box(0.08, 0.2, 0.84, 0.58, round: 0.03), .flat(body), edge: edge)
      canvas.fill(.box(0.12, 0.24, 0.76, 0.5, round: 0.01), face, edge: edge)
      if lit {
        canvas.fill(.ellipse(0.34, 0.4, 0.07, 0.07), .flat(.white.faded(0.85)))
        canvas.fill(
          .polygon([(0.2, 0.74), (0.44, 0.52), (0.6, 0.66), (0.72, 0.56), (0.88, 0.74)]),
          .flat(glow.darker(0.6)))
      }
    case .laptop:
      canvas.fill(.box(0.16, 0.22, 0.68, 0.5, round: 0.03), .flat(body), edge: edge)
      canvas.fill(.box(0.2, 0.26, 0.6, 0.42), face, edge: edge)
      canvas.fill(
        .polygon([(0.16, 0.73), (0.84, 0.73), (0.95, 0.92), (0.05, 0.92)]),
        .vertical(body.lighter(0.3), body), edge: edge)
      if lit {
        for y in [0.34, 0.43, 0.52] { canvas.fill(.box(0.26, y, 0.34, 0.03), .flat(.white.faded(0.8))) }
      }
    case .heater:
      canvas.fill(.box(0.12, 0.26, 0.76, 0.6, round: 0.06), .flat(Colour(186, 190, 198)), edge: edge)
      for x in [0.18, 0.36, 0.54, 0.72] {
        canvas.fill(.box(x, 0.32, 0.12, 0.48, round: 0.04), face, edge: edge, width: 0.012)
      }
      for x in [0.2, 0.74] { canvas.fill(.box(x, 0.86, 0.08, 0.07), .flat(edge)) }
    case .sign:
      canvas.fill(.box(0.08, 0.24, 0.84, 0.6, round: 0.05), .flat(Colour(180, 182, 192)), edge: edge)
      canvas.stroke(.box(0.16, 0.32, 0.68, 0.44, round: 0.09), glow, width: 0.075)
      canvas.fill(
        .smooth([
          (0.5, 0.46), (0.58, 0.4), (0.66, 0.46), (0.6, 0.57), (0.5, 0.68), (0.4, 0.57), (0.34, 0.46),
          (0.42, 0.4),
        ]), .flat(glow))
    case .lantern:
      canvas.fill(.box(0.45, 0.68, 0.1, 0.26), .flat(body), edge: edge)
      canvas.fill(.box(0.24, 0.08, 0.52, 0.68, round: 0.07), .flat(Colour(150, 152, 160)), edge: edge)
      canvas.fill(.ellipse(0.5, 0.23, 0.105, 0.105), .flat(lit ? Colour(150, 110, 110) : dark), edge: edge)
      canvas.fill(.ellipse(0.5, 0.53, 0.18, 0.18), lit ? .ball(glow) : .flat(glow), edge: edge)
    case .phone:
      canvas.fill(.box(0.26, 0.08, 0.48, 0.85, round: 0.06), .flat(body), edge: edge)
      canvas.fill(.box(0.3, 0.14, 0.4, 0.7, round: 0.02), face, edge: edge)
      if lit {
        for (x, y) in [(0.36, 0.22), (0.54, 0.22), (0.36, 0.42), (0.54, 0.42)] {
          canvas.fill(.box(x, y, 0.1, 0.1, round: 0.02), .flat(.white.faded(0.8)))
        }
      }
      canvas.fill(.ellipse(0.5, 0.885, 0.03, 0.02), .flat(edge))
    }
  }

  func verdict(on picture: ColourReading, subject: Int) -> Verdict {
    let device = Self.devices[subject]
    let isLight = { (cell: ColourReading.Cell) in cell.isVivid(device.hues, chroma: 95) && cell.luma > 70 }
    let isDark = { (cell: ColourReading.Cell) in cell.chroma < 52 && cell.luma < 92 }
    let (light, dark) = (picture.area(where: isLight), picture.area(where: isDark))
    if light.share > 0.055, light.width > 0.2,
      extends(as: .superficial, subject: subject, on: picture, where: isLight)
    {
      return .superficial
    }
    if light.share < 0.02, dark.share > 0.075, dark.width > 0.2, (0.25...0.75).contains(dark.centreY),
      extends(as: .explicit, subject: subject, on: picture, where: isDark)
    {
      return .explicit
    }
    return .neither
  }
}
