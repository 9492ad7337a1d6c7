/// A table whose rows its reader sorts by a click, or a key, on a head; without scripts it is a table.
package struct SortableTable: Sendable {
  package struct Head: Sendable {
    package var name: String
    /// Numbers stand to the right and fall when they are first sorted.
    package var isNumber: Bool
    /// Whether the rows come sorted by it, falling.
    package var isSorted: Bool

    package init(_ name: String, isNumber: Bool = false, isSorted: Bool = false) {
      (self.name, self.isNumber, self.isSorted) = (name, isNumber, isSorted)
    }
  }

  package enum Cell: Sendable {
    case text(String, link: String? = nil)
    /// Sorted by the number, shown as the text.
    case number(Double, String)
    /// Nothing; below all others in either order.
    case none
  }

  package var caption: String
  package var heads: [Head]
  package var rows: [[Cell]]

  package init(caption: String, heads: [Head], rows: [[Cell]]) {
    (self.caption, self.heads, self.rows) = (caption, heads, rows)
  }

  /// Needs ``PageScript/sortableTables``.
  package var html: String {
    let head = heads.map {
      """
      <th scope="col"\($0.isNumber ? " class=\"number\"" : "")\($0.isSorted ? " aria-sort=\"descending\"" : "")>\
      <button type="button">\($0.name.escapedForHTML)</button></th>
      """
    }
    let body = rows.map { "<tr>\($0.map(Self.html).joined())</tr>" }
    return """
      <div class="wide"><table class="sortable"><caption>\(caption.escapedForHTML)</caption>
      <thead><tr>\(head.joined())</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody></table></div>
      """
  }

  private static func html(_ cell: Cell) -> String {
    switch cell {
    case .text(let text, nil): "<td>\(text.escapedForHTML)</td>"
    case .text(let text, let link?):
      "<td><a href=\"\(link.escapedForHTML)\">\(text.escapedForHTML)</a></td>"
    case .number(let value, let text):
      "<td class=\"number\" data-value=\"\(value)\">\(text.escapedForHTML)</td>"
    case .none: "<td></td>"
    }
  }
}
