import Foundation
import Jobs
import Scenes

/// A row of a split as it stands in its `metadata.jsonl`, with the digests of its pictures.
struct SplitRow {
  let row: SceneTuple.Row
  let pictures: [String]

  /// The row's prompts of every tier.
  var prompts: [String] {
    row.implicitPrompt + row.explicitPrompt + row.superficialPrompt + row.prototypePrompt
  }
}

extension SplitSummary {
  init(_ split: SceneSplits.Split, path: String, rows: [SplitRow]) {
    func count(_ name: (SceneTuple.Row) -> String) -> [String: Int] {
      Dictionary(rows.map { (name($0.row), 1) }, uniquingKeysWith: +)
    }
    self.init(
      name: split.rawValue, path: "\(path)/\(split.rawValue)", tuples: rows.count,
      categories: count(\.category.rawValue), laws: count(\.law.rawValue),
      difficulties: count(\.difficulty.rawValue),
      subjects: Dictionary(grouping: rows, by: \.row.law.rawValue).mapValues {
        Set($0.map(\.row.subject)).sorted()
      })
  }
}

extension LeakCheck {
  /// What the splits share that they must not.
  ///
  /// - Parameters:
  ///   - splits: As read from what was written.
  ///   - holdsOutWordings: Whether test wordings must not occur in training.
  /// - Throws: ``JobFailure`` `conflict` that names the first leaks.
  init(_ splits: [SceneSplits.Split: [SplitRow]], holdsOutWordings: Bool) throws(JobFailure) {
    let train = splits[.train] ?? []
    let tests = (splits[.testKnown] ?? []) + (splits[.testUnseen] ?? [])
    func subjects(_ rows: [SplitRow]) -> Set<String> {
      Set(rows.map { "\($0.row.law.rawValue)/\($0.row.subject)" })
    }

    let unseen = subjects(splits[.testUnseen] ?? [])
    let wordings = Set(holdsOutWordings ? tests.flatMap(\.row.implicitPrompt) : [])
    let sharedSubjects = unseen.intersection(subjects(train))
    let sharedWordings = wordings.intersection(train.flatMap(\.prompts))
    var owners: [String: Set<SceneSplits.Split>] = [:]
    for (split, rows) in splits {
      for picture in rows.flatMap(\.pictures) { owners[picture, default: []].insert(split) }
    }
    let sharedPictures = owners.filter { $0.value.count > 1 }.keys

    self.init(
      sharedSubjects: sharedSubjects.count, sharedWordings: sharedWordings.count,
      sharedPictures: sharedPictures.count, testSubjects: unseen.count, testWordings: wordings.count,
      pictures: splits.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1.pictures.count } })
    let found = [
      ("subjects of test-unseen in train", sharedSubjects.sorted()),
      ("held-out wordings in train", sharedWordings.sorted()),
      ("pictures of equal bytes in two splits", sharedPictures.sorted()),
    ].filter { !$0.1.isEmpty }
    guard found.isEmpty else {
      let texts = found.map { "\($0.1.count) \($0.0), such as \($0.1[0].quotedForMessage())" }
      throw JobFailure(
        .conflict, "the splits leak: \(texts.joined(separator: "; "))",
        hint: "Nothing was published. Another seed or size may help; please report the job.")
    }
  }
}
