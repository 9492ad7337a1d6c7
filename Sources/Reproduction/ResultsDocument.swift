import Pages

/// What came of the reproduction, apart from how it is written down.
package struct ResultsDocument: Sendable {
  /// Below the title.
  package var introduction: [String]
  package var findings: [Finding]
  package var sections: [Section]

  /// One claim of the paper.
  package struct Finding: Sendable, Equatable {
    package var claim: String
    package var published: String
    package var goal: String
    package var ours: String
    package var verdict: Verdict
    /// Seconds of the jobs that show it, without those shared with the claims above.
    package var seconds: Double
  }

  package enum Verdict: String, Sendable {
    case shown, partly
    case notShown = "not shown"

    /// - Parameter checks: What the goal asks for, one by one.
    init(_ checks: [Bool]) {
      self = checks.allSatisfy(\.self) ? .shown : checks.contains(true) ? .partly : .notShown
    }
  }

  package struct Section: Sendable {
    package var title: String
    package var parts: [Part]
  }

  package enum Part: Sendable {
    case text(String)
    case table([String], [[String]])
    case curves(CurvePlot)
    case bars(BarPlot)
  }
}

extension ResultsDocument {
  private static let heads = ["claim", "published", "goal", "ours", "verdict", "time"]

  private var findingRows: [[String]] {
    findings.map {
      [
        $0.claim, $0.published, $0.goal, $0.ours, $0.verdict.rawValue,
        PageText.duration($0.seconds.rounded()),
      ]
    }
  }

  /// Without the plots, which the page has.
  package var markdown: String {
    var lines = ["# Results", ""]
    for text in introduction { lines += [text, ""] }
    lines += Self.markdown(Self.heads, findingRows) + [""]
    for section in sections {
      lines += ["## \(section.title)", ""]
      for part in section.parts {
        switch part {
        case .text(let text): lines += [text, ""]
        case .table(let head, let rows): lines += Self.markdown(head, rows) + [""]
        case .curves, .bars: break
        }
      }
    }
    return lines.dropLast().joined(separator: "\n") + "\n"
  }

  private static func markdown(_ head: [String], _ rows: [[String]]) -> [String] {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
    return [line(head), "|" + String(repeating: "---|", count: head.count)] + rows.map(line)
  }

  package var html: String {
    let parts = sections.map { section in
      "<section>\n<h2>\(section.title.escapedForHTML)</h2>\n\(section.parts.map(Self.html).joined(separator: "\n"))\n</section>"
    }
    let claims = "<section>\n<h2>The claims</h2>\n\(PageText.table(Self.heads, findingRows))\n</section>"
    return Page(
      title: "Results", kind: "Science-T2I at miniature size",
      summary: introduction.map(Self.inline).joined(separator: "<br>\n"),
      main: ([claims] + parts).joined(separator: "\n"), style: "main p { max-width: 60rem; }"
    ).html
  }

  private static func html(_ part: Part) -> String {
    switch part {
    case .text(let text): "<p>\(inline(text))</p>"
    case .table(let head, let rows): PageText.table(head, rows)
    case .curves(let plot): plot.svg
    case .bars(let plot): plot.svg
    }
  }

  /// Text with the code spans of Markdown.
  private static func inline(_ text: String) -> String {
    text.escapedForHTML.split(separator: "`", omittingEmptySubsequences: false).enumerated().map {
      $0.offset % 2 == 1 ? "<code>\($0.element)</code>" : String($0.element)
    }.joined()
  }
}
