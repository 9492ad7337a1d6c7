import Foundation

/// Numbers and words as people read them.
package enum PageText {
  package static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  package static func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<1: "\((seconds * 1000).rounded(to: 0)) ms"
    case ..<60: "\(seconds.rounded(to: 1)) s"
    case ..<3600: "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
    default: "\(Int(seconds) / 3600) h \(Int(seconds) / 60 % 60) min"
    }
  }

  package static func count(_ number: Int, _ one: String, _ several: String) -> String {
    "\(number) \(number == 1 ? one : several)"
  }

  package static func percent(_ share: Double) -> String { "\((100 * share).rounded(to: 2)) %" }

  /// A table with a row of heads; the cells are texts.
  package static func table(_ head: [String], _ rows: [[String]]) -> String {
    let cells = { (cells: [String], tag: String) in
      cells.map { "<\(tag)>\($0.escapedForHTML)</\(tag)>" }.joined()
    }
    let body = rows.map { "<tr>\(cells($0, "td"))</tr>" }.joined(separator: "\n")
    return "<div class=\"wide\"><table><tr>\(cells(head, "th"))</tr>\n\(body)\n</table></div>"
  }
}

extension Double {
  /// For people's eyes.
  package func rounded(to digits: Int) -> String {
    let text = String(format: "%.\(digits)f", self)
    // Nothing is not less than nothing.
    return text.hasPrefix("-") && !text.contains(where: { ("1"..."9").contains($0) }) && isFinite
      ? String(text.dropFirst()) : text
  }
}

extension String {
  /// A path as an address, to be escaped like any text.
  package var asAddress: String { addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? "" }

  /// The text as HTML shows it, in content and in quoted attributes.
  package var escapedForHTML: String {
    var escaped = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
