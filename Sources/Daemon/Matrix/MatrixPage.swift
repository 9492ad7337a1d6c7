import Foundation
import Jobs
import Pages

/// A matrix's `report.html`: its jobs with what sets them apart and how they came out, each a click away.
struct MatrixPage {
  let result: MatrixResult
  /// By the ids of the jobs, relative to the outbox.
  let pictures: [String: String]
  /// The job file as it was dropped.
  let job: Data

  var html: String {
    var page = Page(
      title: result.name, kind: "\(MatrixResult.kind)", summary: summary, main: gallery + table.html,
      footer: "<h2>The job</h2>\n<pre>\(String(decoding: job, as: UTF8.self).escapedForHTML)</pre>",
      script: PageScript.sortableTables)
    page.style = Self.style
    return page.html
  }

  private var summary: String {
    let seconds = PageText.duration(max(0, result.finished.timeIntervalSince(result.started)))
    return "\(PageText.count(result.children.count, "job")) done, \(seconds) after they were claimed"
  }

  private var axes: [String] { Set(result.children.flatMap(\.values.keys)).sorted() }

  private var table: SortableTable {
    let hasImages = result.children.contains { $0.images != nil }
    let hasScores = result.children.contains { $0.meanScore != nil }
    var heads = [SortableTable.Head("job")] + axes.map { SortableTable.Head($0) }
    if hasImages { heads.append(SortableTable.Head("images", isNumber: true)) }
    if hasScores { heads.append(SortableTable.Head("mean score", isNumber: true)) }
    let rows = result.children.map { child in
      var cells: [SortableTable.Cell] = [.text(child.name, link: Self.link(child))]
      cells += axes.map { Self.cell(child.values[$0]) }
      if hasImages { cells.append(child.images.map { .number(Double($0), "\($0)") } ?? .none) }
      if hasScores { cells.append(child.meanScore.map { .number($0, $0.rounded(to: 2)) } ?? .none) }
      return cells
    }
    return SortableTable(caption: "Its jobs", heads: heads, rows: rows)
  }

  private static func cell(_ value: String?) -> SortableTable.Cell {
    guard let value else { return .none }
    return Double(value).map { .number($0, value) } ?? .text(value.cut(to: 200))
  }

  /// The pictures side by side with what sets them apart, when there are any.
  private var gallery: String {
    let figures = result.children.compactMap { child in
      pictures[child.id].map { picture in
        let values = axes.compactMap { axis in child.values[axis].map { "\(axis) \($0.cut(to: 60))" } }
        let text = "\(values.joined(separator: ", "))"
        return """
          <figure><a href="\(Self.link(child).escapedForHTML)"><img src="\("../\(picture)".asAddress.escapedForHTML)" alt="\(child.name.escapedForHTML)" \
          loading="lazy"></a><figcaption>\(text.escapedForHTML)\(child.meanScore.map { " · \($0.rounded(to: 2))" } ?? "")</figcaption></figure>
          """
      }
    }
    return figures.isEmpty ? "" : "<div class=\"jobs\">\n\(figures.joined(separator: "\n"))\n</div>\n"
  }

  /// The report lies in a folder beside those of the jobs.
  private static func link(_ child: MatrixChild) -> String {
    "../\(child.name)/report.html".asAddress
  }

  private static let style = """
    .jobs { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: 1rem; margin-bottom: 2rem }
    .jobs figure { margin: 0 }
    .jobs img { width: 100%; height: auto; display: block }
    """
}
