import Foundation
import Jobs
import Pages
import Scenes

// What the page of a data set of scenes shows.
extension ReportPage {
  func published(_ scenes: SceneDatasetResult) -> String {
    ([leaks(of: scenes), counts(of: scenes)] + scenes.splits.map(samples)).joined(separator: "\n")
  }

  private func leaks(of scenes: SceneDatasetResult) -> String {
    let leaks = scenes.leaks
    return """
      <section>
      <h2>What the splits share</h2>
      \(PageText.table(["compared", "number", "shared"], [
        ["subjects of test-unseen with those of train", "\(leaks.testSubjects)", "\(leaks.sharedSubjects)"],
        ["held-out wordings with the prompts of train", "\(leaks.testWordings)", "\(leaks.sharedWordings)"],
        ["pictures of each split with those of the others", "\(leaks.pictures)", "\(leaks.sharedPictures)"],
      ]))
      </section>
      """
  }

  private func counts(of scenes: SceneDatasetResult) -> String {
    let names = scenes.splits.map(\.name)
    func row(_ title: String, _ count: (SplitSummary) -> Int?) -> [String] {
      [title] + scenes.splits.map { count($0).map(String.init) ?? "" }
    }
    let laws = Task.allCases.map { task in
      row(task.rawValue) { $0.laws[task.rawValue] } + [
        (scenes.heldOutSubjects[task.rawValue] ?? []).joined(separator: ", ")
      ]
    }
    let categories = Task.Domain.allCases.map { domain in
      row(domain.rawValue) { $0.categories[domain.rawValue] } + [""]
    }
    let difficulties = Difficulty.allCases.map { kind in
      row(kind.rawValue) { $0.difficulties[kind.rawValue] } + [""]
    }
    return """
      <section>
      <h2>Tuples</h2>
      \(PageText.table(
        [""] + names + ["held-out subjects"], [row("all") { $0.tuples } + [""]] + categories + difficulties + laws))
      </section>
      """
  }

  /// The first round of the tasks.
  private func samples(of split: SplitSummary) -> String {
    let rows = SceneSampleRows(pictures.text(of: "\(split.path)/metadata.jsonl", lines: Task.allCases.count))
      .rows
    let files = rows.flatMap { $0.explicitImage.prefix(1) + $0.superficialImage.prefix(1) }.map {
      "\(split.path)/\($0)"
    }
    let sources = pictures.sources(of: files, inOutput: false)
    let figures = rows.enumerated().map { index, row in
      let pair = [2 * index, 2 * index + 1].map {
        Self.picture(sources[$0], alternative: files[$0], size: "class=\"small\"")
      }
      return """
        <figure><div class="pair">\(pair.joined())</div><figcaption><b>\(row.implicitPrompt[0].escapedForHTML)</b><br>
        \(row.explicitPrompt[0].escapedForHTML) / \(row.superficialPrompt[0].escapedForHTML)</figcaption></figure>
        """
    }
    return """
      <section>
      <h2>\(split.name): \(PageText.count(split.tuples, "tuple"))</h2>
      <p class="note">Left the explicit picture, right the superficial one.</p>
      <div class="row">
      \(figures.joined(separator: "\n"))
      </div>
      </section>
      """
  }
}

/// The rows of a sample of a `metadata.jsonl`.
private struct SceneSampleRows {
  let rows: [SceneTuple.Row]

  init(_ lines: [String]) {
    rows = lines.compactMap { try? JSONDecoder().decode(SceneTuple.Row.self, from: Data($0.utf8)) }
      .filter { !$0.implicitPrompt.isEmpty && !$0.explicitPrompt.isEmpty && !$0.superficialPrompt.isEmpty }
  }
}
