import CCairo
import Images

/// Many pictures on one, in rows, each with a caption below it: for reports and for the eye.
package struct ContactSheet: Sendable {
  /// A frame that says at a glance how a picture was judged.
  package enum Mark: Sendable {
    case right, wrong, unclear
  }

  package struct Cell: Sendable {
    package let image: RGBImage
    package let caption: String
    /// Nil for no frame.
    package let mark: Mark?

    package init(_ image: RGBImage, caption: String = "", mark: Mark? = nil) {
      (self.image, self.caption, self.mark) = (image, caption, mark)
    }
  }

  /// Stands above the pictures; empty for none.
  package let title: String
  package let columns: Int
  /// Side length of the square that a picture fills, in pixels; its proportions are kept.
  package let cellSize: Int
  /// Room for this many lines of caption; what is longer ends in dots.
  package let captionLines: Int

  package init(title: String = "", columns: Int, cellSize: Int = 192, captionLines: Int = 2) {
    precondition(
      columns > 0 && cellSize >= 16 && captionLines >= 0, "a sheet has columns and cells with an extent")
    (self.title, self.columns, self.cellSize, self.captionLines) = (title, columns, cellSize, captionLines)
  }

  private var gap: Int { max(6, cellSize / 16) }
  private var fontSize: Double { max(10, Double(cellSize) / 14) }
  private var lineHeight: Double { 1.3 * fontSize }
  private var header: Int { title.isEmpty ? gap : gap + Int(2.2 * fontSize) }
  private var rowHeight: Int { cellSize + Int((Double(captionLines) * lineHeight).rounded(.up)) + gap }

  /// The sheet as a picture: as many rows as the cells need, read from left to right.
  package func image(of cells: [Cell]) -> RGBImage {
    let rows = max(1, (cells.count + columns - 1) / columns)
    let (width, height) = (gap + columns * (cellSize + gap), header + rows * rowHeight)
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    let context = cairo_create(surface)
    defer {
      cairo_destroy(context)
      cairo_surface_destroy(surface)
    }
    cairo_set_source_rgb(context, 1, 1, 1)
    cairo_paint(context)
    if !title.isEmpty {
      say(title, in: context, x: Double(gap), y: Double(gap) + 1.2 * fontSize, scale: 1.25, bold: true)
    }
    for (index, cell) in cells.enumerated() {
      let x = gap + index % columns * (cellSize + gap)
      let y = header + index / columns * rowHeight
      draw(cell, in: context, x: Double(x), y: Double(y))
    }
    return RGBImage(surface: surface)
  }

  private func draw(_ cell: Cell, in context: OpaquePointer?, x: Double, y: Double) {
    let side = Double(cellSize)
    cairo_save(context)
    cairo_translate(context, x, y)
    let scale = side / Double(max(cell.image.width, cell.image.height))
    cell.image.withCairoSurface { picture in
      cairo_save(context)
      cairo_scale(context, scale, scale)
      cairo_set_source_surface(context, picture, 0, 0)
      // Enlarged pixels stay visible as pixels; reductions are averaged.
      cairo_pattern_set_filter(
        cairo_get_source(context), scale >= 1 ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD)
      cairo_paint(context)
      cairo_restore(context)
    }
    if let mark = cell.mark {
      let (red, green, blue) = mark.colour
      let width = max(2, side / 40)
      cairo_set_source_rgb(context, red, green, blue)
      cairo_set_line_width(context, width)
      cairo_rectangle(
        context, width / 2, width / 2, Double(cell.image.width) * scale - width,
        Double(cell.image.height) * scale - width)
      cairo_stroke(context)
    }
    for (index, line) in lines(of: cell.caption, in: context).enumerated() {
      say(line, in: context, x: 0, y: side + (Double(index) + 1) * lineHeight)
    }
    cairo_restore(context)
  }

  private func say(
    _ text: String, in context: OpaquePointer?, x: Double, y: Double, scale: Double = 1, bold: Bool = false
  ) {
    setFont(in: context, scale: scale, bold: bold)
    cairo_set_source_rgb(context, 0.13, 0.14, 0.17)
    cairo_move_to(context, x, y)
    cairo_show_text(context, text)
  }

  private func setFont(in context: OpaquePointer?, scale: Double = 1, bold: Bool = false) {
    let weight = bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL
    cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, weight)
    cairo_set_font_size(context, scale * fontSize)
  }

  /// The caption broken between words into lines that fit under the picture; a word too long for a line is cut.
  private func lines(of caption: String, in context: OpaquePointer?) -> [String] {
    guard captionLines > 0 else { return [] }
    setFont(in: context)
    func fits(_ text: String) -> Bool {
      var extents = cairo_text_extents_t()
      cairo_text_extents(context, text, &extents)
      return extents.x_advance <= Double(cellSize)
    }
    var lines: [String] = []
    for word in caption.split(whereSeparator: \.isWhitespace) {
      if let last = lines.last, fits("\(last) \(word)") {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    let tooLong = lines.count > captionLines
    lines = Array(lines.prefix(captionLines))
    if tooLong, let last = lines.indices.last { lines[last] += " …" }
    return lines.map { line in
      guard !fits(line) else { return line }
      var cut = line
      while !cut.isEmpty, !fits(cut + "…") { cut.removeLast() }
      return cut + "…"
    }
  }
}

extension ContactSheet.Mark {
  fileprivate var colour: (Double, Double, Double) {
    switch self {
    case .right: (0.16, 0.62, 0.28)
    case .wrong: (0.84, 0.18, 0.16)
    case .unclear: (0.6, 0.6, 0.64)
    }
  }
}
