import Foundation

/// One line of a `metadata.jsonl` for whoever checks it: its pictures and prompts, or what is wrong with it.
///
/// A line is a tuple of Science-T2I, read as ``TrainingTuple``, or one picture: `file_name`, with `prompt` or `text`, as
/// Hugging Face's imagefolder convention has it.
package struct DatasetLine: Sendable {
  /// Counted from 1.
  package let number: Int
  /// Real paths with the columns that name them.
  package private(set) var pictures: [(column: String, path: String)] = []
  /// By column.
  package private(set) var prompts: [String: [String]] = [:]
  package private(set) var category: String?
  package private(set) var law: String?
  package private(set) var problems: [JobProblem] = []

  package var isFaulty: Bool { !problems.isEmpty }
  package var implicitPrompts: [String] { prompts[TrainingTuple.PromptField.implicit.rawValue] ?? [] }

  private enum Field: String, FieldNames {
    case fileName = "file_name"
    case prompt, text, category, law
  }

  /// Every line that is not blank.
  ///
  /// - Parameters:
  ///   - root: The real path of the folder of `metadata.jsonl`.
  ///   - field: The job's field, for messages.
  /// - Throws: ``JobFailure`` when the file cannot be read or is too large.
  package static func all(
    in root: String, field: String, resolver: PathResolver
  ) throws(JobFailure) -> [DatasetLine] {
    let file = try resolver.resolve("\(root)/metadata.jsonl", as: .file, field: field)
    guard let content = try? Data(contentsOf: URL(filePath: file), options: .mappedIfSafe) else {
      throw JobFailure(.badInput, "cannot read \(file)", field: field)
    }
    guard content.count <= TrainingDataset.sizeLimit else {
      throw JobFailure(
        .tooLarge, "\(file) has \(content.count) bytes, more than the limit of \(TrainingDataset.sizeLimit)",
        field: field)
    }
    let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return lines.enumerated().filter { _, line in line.contains { ![0x20, 0x09, 0x0D].contains($0) } }.map {
      DatasetLine(number: $0 + 1, [UInt8]($1)) { path throws(JobFailure) in
        try resolver.resolve("\(root)/\(try TrainingDataset.checked(path))", as: .file, field: field)
      }
    }
  }

  init(number: Int, _ bytes: [UInt8], image: (String) throws(JobFailure) -> String) {
    self.number = number
    do throws(JobFailure) {
      if let node = try? JSONParser.parse(bytes), case .object(let members) = node.content,
        members.contains(where: { $0.name == Field.fileName.rawValue })
      {
        try readPicture(node, bytes, image)
      } else {
        read(try TrainingDataset.tuple(bytes, columns: [], readsImages: true, image: image))
      }
    } catch {
      problems = error.problems
    }
  }

  private mutating func read(_ tuple: TrainingTuple) {
    (category, law) = (tuple.category, tuple.law)
    for column in TrainingTuple.ImageField.allCases {
      pictures += tuple.images(column).map { (column.rawValue, $0) }
    }
    for column in TrainingTuple.PromptField.allCases { prompts[column.rawValue] = tuple.prompts(column) }
  }

  private mutating func readPicture(
    _ node: JSONNode, _ bytes: [UInt8], _ image: (String) throws(JobFailure) -> String
  ) throws(JobFailure) {
    let problems = ProblemCollector(bytes: bytes)
    guard let fields = FieldReader<Field>(node, passingOver: true, problems: problems) else { return }
    for column in [Field.prompt, .text] {
      if let text = fields.string(column, limit: PromptRequest.lengthLimit) {
        prompts[column.rawValue] = [text]
      }
    }
    (category, law) = (fields.string(.category), fields.string(.law))
    if let name = fields.string(.fileName) {
      do throws(JobFailure) { pictures.append((Field.fileName.rawValue, try image(name))) } catch {
        problems.report(error.code, field: Field.fileName.rawValue, at: nil, error.message, hint: error.hint)
      }
    }
    try problems.throwIfAny()
  }
}
