/// A tuple as one looks at it: the three prompts, and the right and the wrong picture with where the entity is.
package struct TupleView: Sendable {
  package struct Picture: Sendable {
    /// As ``Gallery/Picture/small``.
    package var source: String?
    package var alternative: String
    /// Where the entity is, in fractions of the picture's sides from its upper left corner.
    package var box: Box?

    package init(source: String?, alternative: String, box: Box? = nil) {
      (self.source, self.alternative, self.box) = (source, alternative, box)
    }
  }

  package struct Box: Sendable, Equatable {
    package var (left, top, width, height): (Double, Double, Double, Double)

    /// From centre and size, as detectors write boxes.
    package init(cx: Double, cy: Double, width: Double, height: Double) {
      (left, top) = (cx - width / 2, cy - height / 2)
      (self.width, self.height) = (width, height)
    }
  }

  package var implicit: String
  package var explicit: String
  package var superficial: String
  package var right: Picture
  package var wrong: Picture
  package var note: String

  package init(
    implicit: String, explicit: String, superficial: String, right: Picture, wrong: Picture, note: String = ""
  ) {
    (self.implicit, self.explicit, self.superficial) = (implicit, explicit, superficial)
    (self.right, self.wrong, self.note) = (right, wrong, note)
  }

  package var html: String {
    let note = note.isEmpty ? "" : "<p class=\"note\">\(note.escapedForHTML)</p>"
    return """
      <figure class="tuple"><figcaption><b>\(implicit.escapedForHTML)</b>\(note)</figcaption>
      <div class="pair">\(Self.half(right, "explicit", explicit))\(Self.half(wrong, "superficial", superficial))</div></figure>
      """
  }

  private static func half(_ picture: Picture, _ tier: String, _ prompt: String) -> String {
    let image =
      picture.source.map {
        "<img loading=\"lazy\" class=\"small\" src=\"\($0.escapedForHTML)\" alt=\"\(picture.alternative.escapedForHTML)\">"
      } ?? "<span class=\"missing\">\(picture.alternative.escapedForHTML)</span>"
    return """
      <div class="\(tier)"><div class="framed">\(image)\(picture.box.map(overlay) ?? "")</div>\
      <p><span class="tier">\(tier)</span> \(prompt.escapedForHTML)</p></div>
      """
  }

  private static func overlay(_ box: Box) -> String {
    func n(_ value: Double) -> String { value.rounded(to: 4) }
    return """
      <svg class="box" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true"><rect x="\(n(box.left))" \
      y="\(n(box.top))" width="\(n(box.width))" height="\(n(box.height))"/></svg>
      """
  }

  /// Tuples side by side under a heading; with boxes there is a switch for them.
  package static func section(_ title: String, _ note: String, _ tuples: [TupleView]) -> String {
    guard !tuples.isEmpty else { return "" }
    let hasBoxes = tuples.contains { $0.right.box != nil || $0.wrong.box != nil }
    let toggle =
      hasBoxes
      ? "<p><label><input type=\"checkbox\" class=\"boxes\" checked> boxes around the entity</label></p>" : ""
    return """
      <section>
      <h2>\(title.escapedForHTML)</h2>
      <p class="note">\(note.escapedForHTML)</p>
      \(toggle)
      <div class="row wider">
      \(tuples.map(\.html).joined(separator: "\n"))
      </div>
      </section>
      """
  }
}
