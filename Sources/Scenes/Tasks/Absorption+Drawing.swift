extension Absorption {
  /// Draws a thick piece of the material and the liquid on it: a flat stain in it, or a round bead on top.
  static func draw(_ material: Material, liquid: Colour, soaked: Bool, on canvas: Canvas) {
    canvas.castShadow(x: 0.5, y: material.shape == .sheet ? 0.87 : 0.92, width: 0.9)
    let top = topFace(of: material.shape)
    drawBody(material, on: canvas)
    if soaked {
      let wet = liquid.mixed(with: material.colour, 0.18)
      if material.shape == .slab {
        canvas.clipped(to: frontFace(of: .slab)) {
          canvas.fill(.ellipse(0.5, 0.76, 0.34, 0.13), .flat(wet.darker(0.85)))
        }
      }
      canvas.clipped(to: top) {
        canvas.fill(
          .smooth([
            (0.13, 0.67), (0.2, 0.6), (0.36, 0.59), (0.52, 0.57), (0.7, 0.59), (0.84, 0.63), (0.88, 0.7),
            (0.8, 0.77), (0.62, 0.79), (0.42, 0.8), (0.22, 0.76),
          ]), .flat(wet), edge: wet.darker(0.75))
      }
    } else {
      canvas.fill(.ellipse(0.53, 0.69, 0.24, 0.055), .flat(material.colour.darker(0.6)))
      let bead = Outline.smooth([
        (0.5, 0.2), (0.63, 0.24), (0.73, 0.36), (0.75, 0.5), (0.69, 0.64), (0.59, 0.7), (0.41, 0.7),
        (0.31, 0.64),
        (0.25, 0.5), (0.27, 0.36), (0.37, 0.24),
      ])
      canvas.fill(bead, .ball(liquid), edge: liquid.darker(0.55))
      canvas.highlight(x: 0.39, y: 0.36, rx: 0.055, ry: 0.07)
    }
  }

  private static func topFace(of shape: Shape) -> Outline {
    switch shape {
    case .slab: .polygon([(0.16, 0.54), (0.84, 0.54), (0.97, 0.78), (0.03, 0.78)])
    case .sheet: .polygon([(0.2, 0.52), (0.9, 0.52), (0.97, 0.84), (0.03, 0.84)])
    case .heap:
      .smooth([
        (0.02, 0.86), (0.14, 0.64), (0.34, 0.55), (0.66, 0.55), (0.86, 0.64), (0.98, 0.86), (0.5, 0.92),
      ])
    case .round: .ellipse(0.5, 0.7, 0.47, 0.19)
    }
  }

  private static func frontFace(of shape: Shape) -> Outline {
    switch shape {
    case .slab: .polygon([(0.03, 0.78), (0.97, 0.78), (0.97, 0.93), (0.03, 0.93)])
    case .sheet: .polygon([(0.03, 0.84), (0.97, 0.84), (0.97, 0.87), (0.03, 0.87)])
    case .heap, .round: Outline()
    }
  }

  private static func drawBody(_ material: Material, on canvas: Canvas) {
    let (colour, edge) = (material.colour, material.colour.darker(0.5))
    let top = topFace(of: material.shape)
    switch material.shape {
    case .slab:
      canvas.fill(frontFace(of: .slab), .flat(colour.darker(0.78)), edge: edge)
      canvas.fill(top, .flat(colour), edge: edge)
    case .sheet:
      canvas.fill(frontFace(of: .sheet), .flat(colour.darker(0.7)), edge: edge)
      canvas.fill(top, .vertical(colour.darker(0.93), colour), edge: edge)
    case .heap:
      canvas.fill(top, .vertical(colour.lighter(0.1), colour.darker(0.8)), edge: edge)
    case .round:
      canvas.fill(.ellipse(0.5, 0.74, 0.47, 0.19), .flat(colour.darker(0.6)), edge: edge)
      canvas.fill(top, .flat(colour), edge: edge)
    }
    canvas.clipped(to: top + frontFace(of: material.shape)) { drawTexture(material, on: canvas) }
  }

  private static func drawTexture(_ material: Material, on canvas: Canvas) {
    let (dark, light) = (material.colour.darker(0.75), material.colour.lighter(0.6))
    switch material.texture {
    case .pores:
      for (x, y, r) in [
        (0.12, 0.74, 0.025), (0.24, 0.57, 0.018), (0.75, 0.57, 0.018), (0.9, 0.75, 0.024), (0.1, 0.86, 0.025),
        (0.3, 0.85, 0.02), (0.5, 0.88, 0.025), (0.7, 0.85, 0.02), (0.9, 0.88, 0.024), (0.4, 0.62, 0.016),
      ] {
        canvas.fill(.ellipse(x, y, r, 0.7 * r), .flat(dark))
      }
    case .lines:
      for y in [0.58, 0.65, 0.72, 0.79] {
        canvas.stroke(.polygon([(0, y), (1, y)], closed: false), dark, width: 0.01)
      }
    case .checks:
      for step in 0..<7 {
        let x = 0.2 + 0.1 * Double(step)
        canvas.stroke(.polygon([(x, 0.5), (x * 1.4 - 0.2, 0.95)], closed: false), light, width: 0.02)
      }
      for y in [0.6, 0.7, 0.8] {
        canvas.stroke(.polygon([(0, y), (1, y)], closed: false), light, width: 0.02)
      }
    case .grains:
      for step in 0..<40 {
        let (x, y) = (Double((step * 37) % 100) / 100, 0.56 + Double((step * 53) % 34) / 100)
        canvas.fill(.ellipse(x, y, 0.008, 0.008), .flat(dark))
      }
    case .gloss:
      for x in [0.15, 0.78] {
        canvas.fill(.polygon([(x, 0.5), (x + 0.07, 0.5), (x - 0.02, 0.8), (x - 0.12, 0.8)]), .flat(light))
      }
    case .veins:
      for (x, y) in [
        (0.06, 0.66), (0.2, 0.56), (0.42, 0.52), (0.7, 0.54), (0.92, 0.66), (0.8, 0.83), (0.5, 0.9),
        (0.2, 0.83),
      ] {
        canvas.stroke(.polygon([(0.5, 0.7), (x, y)], closed: false), light, width: 0.014)
      }
    case .plain: break
    }
  }
}
