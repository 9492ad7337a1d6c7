import Foundation
import Jobs
import Pages

// What the page of a data set of drawings shows.
extension ReportPage {
  func published(_ drawings: DrawingsResult) -> String {
    guard case .dataset(.drawings(let request)) = job.work else { return "" }
    var first = drawings.originalTuples
    var sections: [String] = []
    for (contrast, count) in zip(request.contrasts, drawings.drawnTuples) {
      let adapter = contrast.adapter == nil ? "" : ", with its adapter"
      sections.append(
        samples(
          title:
            "\(PageText.count(count, "tuple")): explicit against \(contrast.tier.rawValue) prompts\(adapter)",
          folder: drawings.path, from: first))
      first += count
    }
    return sections.joined(separator: "\n")
  }

  private func samples(title: String, folder: String, from first: Int) -> String {
    TupleView.section(
      title, "Left what was drawn from the explicit prompt, right what it is to be preferred to.",
      tuples(in: folder, from: first, count: 16))
  }
}
