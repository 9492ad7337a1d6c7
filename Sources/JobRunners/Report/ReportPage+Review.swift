import Foundation
import Jobs
import Pages

// What the pages of template and review jobs show.
extension ReportPage {
  func candidates(_ template: TemplateResult) -> String {
    let link = template.reviewPage.escapedForHTML
    let below =
      template.belowMargin > 0
      ? " \(PageText.count(template.belowMargin, "pair")) had too small a margin." : ""
    let start = """
      <p><a href="\(link)">Review the pairs</a>, then drop <code>\(template.decisionsFile.escapedForHTML)</code>, which the page
      saves, into the inbox.\(below)</p>
      """
    let files = template.pairs.flatMap {
      [CandidateRow.explicitSuffix, CandidateRow.superficialSuffix].map { [name = $0.name] in
        "\(template.candidates)/\(name)\($0)"
      }
    }
    let sources = pictures.sources(of: files, inOutput: true)
    let figures = template.pairs.enumerated().map { index, pair in
      figure(
        [2 * index, 2 * index + 1].map { (sources[$0], files[$0]) }, pair.implicitPrompt,
        pair.margin.map { "margin \($0.rounded(to: 2))" } ?? pair.name)
    }
    return Self.part(
      "Pairs to review", start, Self.bars(template.laws),
      "<div class=\"row\">\(figures.joined(separator: "\n"))</div>")
  }

  func reviewed(_ review: ReviewResult) -> String {
    let decisions = PageText.table(
      ["", ""],
      [
        ["accepted", "\(review.accepted)"], ["of these with exchanged pictures", "\(review.swapped)"],
        ["rejected", "\(review.rejected)"], ["undecided, left out", "\(review.undecided)"],
      ])
    return Self.part("The decisions", decisions, Self.bars(review.laws))
      + TupleView.section(
        "The data set", "At most its first 200 tuples.", tuples(in: review.path, count: 200))
  }

  private func figure(_ pair: [(source: String?, file: String)], _ title: String, _ note: String) -> String {
    let images = pair.map { Self.picture($0.source, alternative: $0.file, size: "class=\"small\"") }
    return """
      <figure><div class="pair">\(images.joined())</div>
      <figcaption><b>\(title.escapedForHTML)</b><br>\(note.escapedForHTML)</figcaption></figure>
      """
  }
}
