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
    TupleView.section(
      "\(split.name): \(PageText.count(split.tuples, "tuple"))", "The first of each task.",
      tuples(in: split.path, count: Task.allCases.count))
  }
}
