import Foundation

/// A folder of tuples to train on or to measure with: images with a `metadata.jsonl`, one ``TrainingTuple`` a line.
///
/// The layout is Hugging Face's imagefolder convention with the columns of the published Science-T2I dataset.
package struct TrainingDataset: Sendable, Equatable {
  /// In the order of the file; at least one. Their images are real paths.
  package let tuples: [TrainingTuple]
  /// The line that each tuple stands in, counted from 1.
  package let rows: [Int]

  /// Faulty rows whose problems are reported; of further ones only the number is.
  package static let reportedRows = 20
  package static let sizeLimit = 1 << 30

  /// Reads and checks every row of a dataset's folder.
  ///
  /// - Parameters:
  ///   - folder: As the job writes it.
  ///   - field: The job's field, for messages.
  ///   - columns: Further text columns that every row must have.
  ///   - readsImages: Whether rows name images; prompts alone may come without.
  ///   - imageProblem: What is wrong with the image file at a real path; nil for a good one.
  /// - Throws: ``JobFailure``: those of ``PathResolver/resolve(_:as:field:)`` for the folder, `empty` for a file without
  ///   rows, `bad_input` with the problems of up to ``reportedRows`` faulty rows.
  package init(
    folder: String, field: String, resolver: PathResolver, columns: [String] = [], readsImages: Bool = true,
    imageProblem: (_ path: String) -> String? = { _ in nil }
  ) throws(JobFailure) {
    let trimmed = folder.hasSuffix("/") && folder.count > 1 ? String(folder.dropLast()) : folder
    let root = try resolver.resolve(folder, as: .folder, field: field)
    let file = try resolver.resolve("\(root)/metadata.jsonl", as: .file, field: field)
    guard let content = try? Data(contentsOf: URL(filePath: file), options: .mappedIfSafe) else {
      throw JobFailure(.badInput, "cannot read \(trimmed)/metadata.jsonl", field: field)
    }
    try self.init(
      content, name: "\(trimmed)/metadata.jsonl", field: field, columns: columns, readsImages: readsImages
    ) { path throws(JobFailure) in
      let image = try resolver.resolve("\(root)/\(try Self.checked(path))", as: .file, field: field)
      if let problem = imageProblem(image) {
        throw JobFailure(.badInput, "\(path.quotedForMessage()): \(problem)")
      }
      return image
    }
  }

  /// Reads the content of a `metadata.jsonl`.
  ///
  /// - Parameters:
  ///   - name: The file as messages call it.
  ///   - image: The path to keep for an image that a row names.
  init(
    _ content: Data, name: String, field: String, columns: [String] = [], readsImages: Bool = true,
    image: (String) throws(JobFailure) -> String
  ) throws(JobFailure) {
    guard content.count <= Self.sizeLimit else {
      throw JobFailure(
        .tooLarge, "\(name) has \(content.count) bytes, more than the limit of \(Self.sizeLimit)",
        field: field)
    }
    var (tuples, rows): ([TrainingTuple], [Int]) = ([], [])
    var faults = RowFaults(name: name)
    let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { continue }
      do throws(JobFailure) {
        tuples.append(try Self.tuple([UInt8](line), columns: columns, readsImages: readsImages, image: image))
        rows.append(index + 1)
      } catch {
        faults.add(error.problems, row: index + 1)
      }
    }
    try faults.throwIfAny(good: tuples.count, field: field)
    guard !tuples.isEmpty else {
      throw JobFailure(
        .empty, "\(name) has no rows", hint: "Each line is one tuple: {\"implicit_prompt\": …, …}.",
        field: field)
    }
    (self.tuples, self.rows) = (tuples, rows)
  }

  /// Each distinct implicit prompt once, in the order of the rows, as online fine-tuning takes them.
  package var entityPrompts: [EntityPrompt] {
    var known: Set<String> = []
    return tuples.flatMap { tuple in
      tuple.implicitPrompts.filter { known.insert($0).inserted }.map {
        EntityPrompt($0, object: tuple.object, box: tuple.explicitBox)
      }
    }
  }

  static func tuple(
    _ line: [UInt8], columns: [String], readsImages: Bool, image: (String) throws(JobFailure) -> String
  ) throws(JobFailure) -> TrainingTuple {
    let problems = ProblemCollector(bytes: line)
    do throws(JSONSyntaxError) {
      let node = try JSONParser.parse(line)
      if let tuple = TrainingTuple(
        reading: node, columns: columns, readsImages: readsImages, problems: problems, image: image)
      {
        return tuple
      }
    } catch {
      problems.report(.notJSON, at: error.offset, "the row is not JSON: \(error.problem)")
    }
    try problems.throwIfAny()
    throw JobFailure(.internalError, "a row that cannot be read has no problem to name")
  }

  /// A relative path without steps upwards, so that a dataset means the same wherever its folder is moved.
  static func checked(_ path: String) throws(JobFailure) -> String {
    guard !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
      throw JobFailure(
        .badPath, "\(path.quotedForMessage()) leads out of the dataset's folder",
        hint: "Images are named by their path below the folder of metadata.jsonl.")
    }
    return path
  }
}

/// Gathers what is wrong with a file's rows.
struct RowFaults {
  let name: String
  private var count = 0
  private var problems: [JobProblem] = []

  init(name: String) { self.name = name }

  mutating func add(_ found: [JobProblem], row: Int) {
    count += 1
    guard count <= TrainingDataset.reportedRows else { return }
    problems += found.map { problem in
      var problem = problem
      // The column is the one within the row's line.
      problem.message = "\(name), row \(row): \(problem.message)"
      problem.line = row
      return problem
    }
  }

  func throwIfAny(good: Int, field: String) throws(JobFailure) {
    guard let first = problems.first else { return }
    throw JobFailure(
      .badInput, "\(count) of \(good + count) rows cannot be used, the first being \(first)",
      hint: first.hint, field: field, problems: problems)
  }
}
