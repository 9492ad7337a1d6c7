import CCairo

/// How the inside of an outline is coloured; gradients span the outline's own extent.
enum Paint {
  case flat(Colour)
  /// From the upper edge to the lower edge.
  case vertical(Colour, Colour)
  /// A cylinder: the first colour at both sides, the second left of the middle, where the light falls.
  case sideways(Colour, Colour)
  /// A sphere lit from the left above.
  case ball(Colour)
}

extension Canvas {
  /// Fills an outline (even-odd), then draws its edge when a colour for it is given.
  func fill(_ outline: Outline, _ paint: Paint, edge: Colour? = nil, width: Double = 0.016) {
    trace(outline)
    cairo_set_fill_rule(context, CAIRO_FILL_RULE_EVEN_ODD)
    switch paint {
    case .flat(let colour):
      cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, colour.opacity)
      cairo_fill_preserve(context)
    default:
      let pattern = pattern(for: paint)
      cairo_set_source(context, pattern)
      cairo_fill_preserve(context)
      cairo_pattern_destroy(pattern)
    }
    if let edge {
      strokePath(edge, width: width)
    } else {
      cairo_new_path(context)
    }
  }

  /// Draws along an outline with round ends and joins.
  func stroke(_ outline: Outline, _ colour: Colour, width: Double) {
    trace(outline)
    strokePath(colour, width: width)
  }

  /// Runs the drawing so that only what falls inside the outline is painted (where outlines overlap: in any of them).
  func clipped(to outline: Outline, _ draw: () -> Void) {
    cairo_save(context)
    trace(outline)
    cairo_set_fill_rule(context, CAIRO_FILL_RULE_WINDING)
    cairo_clip(context)
    draw()
    cairo_restore(context)
  }

  /// A soft dark ellipse on the ground under a thing.
  func castShadow(x: Double, y: Double, width: Double) {
    for (scale, opacity) in [(1.15, 0.1), (1.0, 0.12), (0.85, 0.14)] {
      fill(
        .ellipse(x, y, 0.5 * width * scale, 0.09 * width * scale), .flat(Colour(40, 40, 60, opacity: opacity))
      )
    }
  }

  /// A soft white spot where the light falls on a curved thing.
  func highlight(x: Double, y: Double, rx: Double, ry: Double) {
    fill(.ellipse(x, y, rx, ry), .flat(Colour(255, 255, 255, opacity: 0.3)))
    fill(.ellipse(x, y, 0.6 * rx, 0.6 * ry), .flat(Colour(255, 255, 255, opacity: 0.4)))
  }

  private func strokePath(_ colour: Colour, width: Double) {
    cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, colour.opacity)
    cairo_set_line_width(context, width)
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_stroke(context)
  }

  private func trace(_ outline: Outline) {
    cairo_new_path(context)
    for command in outline.commands {
      switch command {
      case .move(let x, let y): cairo_move_to(context, x, y)
      case .line(let x, let y): cairo_line_to(context, x, y)
      case .curve(let ax, let ay, let bx, let by, let x, let y): cairo_curve_to(context, ax, ay, bx, by, x, y)
      case .close: cairo_close_path(context)
      }
    }
  }

  /// The gradient over the extent of the current path.
  private func pattern(for paint: Paint) -> OpaquePointer? {
    var (left, top, right, bottom) = (0.0, 0.0, 0.0, 0.0)
    cairo_path_extents(context, &left, &top, &right, &bottom)
    let pattern: OpaquePointer?
    let stops: [(Double, Colour)]
    switch paint {
    case .flat(let colour):
      pattern = cairo_pattern_create_linear(0, top, 0, bottom)
      stops = [(0, colour)]
    case .vertical(let upper, let lower):
      pattern = cairo_pattern_create_linear(0, top, 0, bottom)
      stops = [(0, upper), (1, lower)]
    case .sideways(let side, let middle):
      pattern = cairo_pattern_create_linear(left, 0, right, 0)
      stops = [(0, side), (0.35, middle), (1, side)]
    case .ball(let colour):
      let (width, height) = (right - left, bottom - top)
      let (x, y) = (left + 0.36 * width, top + 0.32 * height)
      pattern = cairo_pattern_create_radial(x, y, 0, x, y, 0.8 * max(width, height))
      stops = [(0, colour.lighter(0.32)), (0.35, colour), (1, colour.darker(0.62))]
    }
    for (at, colour) in stops {
      cairo_pattern_add_color_stop_rgba(pattern, at, colour.red, colour.green, colour.blue, colour.opacity)
    }
    return pattern
  }
}
