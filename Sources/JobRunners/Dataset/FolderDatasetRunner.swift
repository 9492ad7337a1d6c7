import Fingerprints
import Foundation
import Images
import Jobs
import Threads

/// Runs a `dataset` job with the source `folder`: reads every row and every picture, and says what is there.
struct FolderDatasetRunner {
  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock

  struct Plan {
    /// With its splits named.
    let job: FolderDatasetRequest
    let root: String
    let splits: [(name: String, lines: [DatasetLine])]
  }

  /// Finds the splits and reads their rows.
  func plan(_ request: FolderDatasetRequest) throws(JobFailure) -> Plan {
    let root = try resolver.resolve(request.folder, as: .folder, field: "folder")
    var job = request
    let names: [String]
    if let asked = request.splits { names = asked } else { names = try Self.splits(of: root, request.folder) }
    job.splits = names
    var splits: [(name: String, lines: [DatasetLine])] = []
    for name in names {
      let path = try resolver.resolve("\(root)/\(name)", as: .folder, field: "splits")
      splits.append((name, try DatasetLine.all(in: path, field: "splits", resolver: resolver)))
    }
    return Plan(job: job, root: root, splits: splits)
  }

  /// The folder itself, or the folders in it, that have a `metadata.jsonl`.
  private static func splits(of root: String, _ folder: String) throws(JobFailure) -> [String] {
    let manager = FileManager.default
    let names =
      ["."] + ((try? manager.contentsOfDirectory(atPath: root)) ?? []).sorted().filter { !$0.hasPrefix(".") }
    let found = names.filter { manager.fileExists(atPath: "\(root)/\($0)/metadata.jsonl") }
    guard !found.isEmpty else {
      throw JobFailure(
        .missingInput, "neither \(folder.quotedForMessage()) nor a folder in it has a metadata.jsonl",
        hint: "Each line of it is one tuple: {\"implicit_prompt\": …, \"explicit_image\": …, …}.",
        field: "folder")
    }
    return found
  }

  func run(_ plan: Plan) throws(JobFailure) -> FolderDatasetResult {
    var result = FolderDatasetResult(folder: plan.job.folder, nearDuplicateBits: plan.job.nearDuplicateBits)
    let used = UsedPictures(plan)
    let inspected = try clock.measure(.check) { () throws(JobFailure) in try inspect(used.files) }
    let pictures = zip(used.files, inspected).compactMap { file, outcome in
      if case .good(let seen) = outcome { FoundPicture(file: file, seen: seen) } else { nil }
    }
    for (name, lines) in plan.splits {
      result.splits.append(Self.summary(name, lines, pictures.filter { $0.file.split == name }))
      for line in lines where line.isFaulty {
        result.faultyRows += 1
        for problem in line.problems {
          result.add(.init(split: name, row: line.number, field: problem.field, message: problem.message))
        }
      }
    }
    for (file, outcome) in zip(used.files, inspected) {
      guard case .bad(let problem) = outcome else { continue }
      result.badPictures += 1
      result.add(
        .init(split: file.split, row: file.row, field: file.column, message: "\(file.name): \(problem)"))
    }
    let duplicates = DuplicateSearch(pictures)
    result.exactDuplicates = duplicates.exact
    result.nearDuplicates = try JobFailure.of("folder") {
      try duplicates.near(bits: plan.job.nearDuplicateBits, check: context.checkCancellation)
    }
    result.sharedPrompts = Self.sharedPrompts(plan)
    try writeIndex(pictures)
    if plan.job.strict && result.hasProblems {
      let counts = [
        (result.faultyRows, "faulty rows"), (result.badPictures, "bad pictures"),
        (result.exactDuplicates.within + result.exactDuplicates.across, "pairs of equal pictures"),
      ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
      let first = result.findings.first.map {
        ", the first in \($0.split)/metadata.jsonl, row \($0.row): \($0.message)"
      }
      throw JobFailure(
        .badInput, "\(plan.job.folder) has \(counts)\(first ?? "")",
        hint: "Without \"strict\" the job tells all of them in a report.", field: "folder")
    }
    return result
  }

  // MARK: Pictures

  enum Outcome {
    case good(SeenPicture)
    case bad(String)
  }

  /// Decodes every picture.
  private func inspect(_ files: [UsedPictures.File]) throws(JobFailure) -> [Outcome] {
    var outcomes: [Outcome] = []
    var meter = ProgressMeter(total: files.count, done: 0, clock: clock)
    for first in stride(from: 0, to: files.count, by: 256) {
      try context.checkCancellation()
      let part = Array(files[first..<min(first + 256, files.count)])
      outcomes += concurrentMap(part) { Self.look(at: $0.path) }
      context.progress(meter.advance(.check, by: part.count))
    }
    return outcomes
  }

  private static func look(at path: String) -> Outcome {
    do {
      let data = try Data(contentsOf: URL(filePath: path))
      let picture = try RGBImage(decoding: data, path: path)
      return .good(
        SeenPicture(
          width: picture.width, height: picture.height, sha256: SHA256.hexDigest(of: data),
          hash: DifferenceHash(of: picture), colours: ColourHash(of: picture)))
    } catch let error as ImageError {
      return .bad(error.problem)
    } catch {
      return .bad(error.localizedDescription)
    }
  }

  // MARK: Counts

  private static func summary(
    _ name: String, _ lines: [DatasetLine], _ pictures: [FoundPicture]
  ) -> FolderDatasetResult.Split {
    var split = FolderDatasetResult.Split(name: name)
    split.rows = lines.count
    split.pictures = pictures.count
    split.categories = Dictionary(lines.compactMap(\.category).map { ($0, 1) }, uniquingKeysWith: +)
    split.laws = Dictionary(lines.compactMap(\.law).map { ($0, 1) }, uniquingKeysWith: +)
    split.sizes = Dictionary(pictures.map { ("\($0.seen.width)x\($0.seen.height)", 1) }, uniquingKeysWith: +)
    for column in Set(lines.flatMap(\.prompts.keys)) {
      split.prompts[column] = .init(lines.flatMap { $0.prompts[column] ?? [] })
    }
    return split
  }

  private static func sharedPrompts(_ plan: Plan) -> Int {
    var owners: [String: Set<String>] = [:]
    for (name, lines) in plan.splits {
      for prompt in lines.flatMap(\.implicitPrompts) {
        owners[prompt, default: []].insert(name)
      }
    }
    return owners.values.count { $0.count > 1 }
  }

  private func writeIndex(_ pictures: [FoundPicture]) throws(JobFailure) {
    var text = Data()
    for picture in pictures { text += try JobJSON.line(picture.indexLine) }
    context.artifact(try output.write(text, to: "index.jsonl"))
  }
}

extension FolderDatasetResult {
  fileprivate mutating func add(_ finding: Finding) {
    if findings.count < Self.findingLimit { findings.append(finding) }
  }
}
