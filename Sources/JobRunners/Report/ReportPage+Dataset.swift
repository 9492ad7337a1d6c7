import Foundation
import Jobs
import Pages

// What the page of a dataset job shows.
extension ReportPage {
  func summary(of dataset: DatasetResult) -> String {
    let seconds = "in \(PageText.duration(result.timings.total))"
    switch dataset {
    case .scenes(let scenes):
      let tuples = scenes.splits.reduce(0) { $0 + $1.tuples }
      let what = "\(PageText.count(tuples, "tuple")) in \(scenes.path.escapedForHTML)"
      return scenes.existed ? "\(what), there already" : "\(what), \(seconds)"
    case .drawings(let drawings):
      let tuples = drawings.originalTuples + drawings.drawnTuples.reduce(0, +)
      let what = "\(PageText.count(tuples, "tuple")) in \(drawings.path.escapedForHTML)"
      return drawings.existed ? "\(what), there already" : "\(what), \(seconds)"
    case .folder(let folder):
      let (rows, pictures) = folder.splits.reduce((0, 0)) { ($0.0 + $1.rows, $0.1 + $1.pictures) }
      return
        "\(folder.folder.escapedForHTML): \(PageText.count(rows, "row")) and \(PageText.count(pictures, "picture")) checked \(seconds)"
    case .prompts(let list):
      return
        "\(list.kept) of \(PageText.count(list.rows, "entry", "entries")) kept in \(list.file.escapedForHTML)"
    case .imported(let list):
      let what = "\(PageText.count(list.tuples, "tuple")) in \(list.path.escapedForHTML)"
      return list.existed ? "\(what), there already" : what
    case .template(let template):
      return
        "\(PageText.count(template.drawn, "picture")) drawn \(seconds), \(PageText.count(template.pairs.count, "pair")) to review"
    case .review(let review):
      let what = "\(PageText.count(review.accepted, "tuple")) in \(review.path.escapedForHTML)"
      return review.existed ? "\(what), there already" : what
    }
  }

  func dataset(_ result: DatasetResult) -> String {
    switch result {
    case .scenes(let scenes): published(scenes)
    case .drawings(let drawings): published(drawings)
    case .folder(let folder): checked(folder)
    case .prompts(let list): kept(list)
    case .imported(let list): imported(list)
    case .template(let template): candidates(template)
    case .review(let review): reviewed(review)
    }
  }

  /// A section with a title above parts that are HTML already.
  static func part(_ title: String, _ parts: String...) -> String {
    "<section>\n<h2>\(title.escapedForHTML)</h2>\n\(parts.joined(separator: "\n"))\n</section>"
  }

  /// Counts as bars, the largest as long as the page is wide.
  static func bars(_ counts: [String: Int]) -> String {
    let most = max(1, counts.values.max() ?? 1)
    let rows = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { name, count in
      let width = (100 * Double(count) / Double(most)).rounded(to: 1)
      return """
        <tr><td>\(name.escapedForHTML)</td><td>\(count)</td><td class="bar"><span style="width:\(width)%"></span></td></tr>
        """
    }
    return "<table class=\"bars\">\n\(rows.joined(separator: "\n"))\n</table>"
  }
}
