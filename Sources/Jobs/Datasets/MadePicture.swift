import Foundation

/// A picture made elsewhere for a prompt of a tuple: a line of a `metadata.jsonl`.
///
/// Which tuple it belongs to is said by `row`, the tuple's line in its data set, or by `prompt`, what it was drawn from;
/// then no other tuple may have that prompt.
package struct MadePicture: Sendable, Equatable {
  package typealias Tier = GeneratorBenchmarkRequest.Tier

  /// Line of the file, counted from 1.
  package let line: Int
  /// As the row names it.
  package let file: String
  /// Real path.
  package let path: String
  /// Of the prompt that it was drawn from; implicit when the row does not say.
  package let tier: Tier
  /// Line of the tuple in its data set, counted from 1.
  package let row: Int
  package let seed: Int?

  fileprivate enum Field: String, FieldNames {
    case fileName = "file_name"
    case tier, row, prompt, seed
  }

  /// The tuples that pictures may belong to.
  package struct Tuples: Sendable {
    private let rows: Set<Int>
    private let prompts: [Tier: [String: [Int]]]

    /// - Parameter tuples: With their lines, and their prompts by tier.
    package init(_ tuples: [(row: Int, prompts: [Tier: String])]) {
      rows = Set(tuples.map(\.row))
      var prompts: [Tier: [String: [Int]]] = [:]
      for tuple in tuples {
        for (tier, prompt) in tuple.prompts {
          prompts[tier, default: [:]][prompt, default: []].append(tuple.row)
        }
      }
      self.prompts = prompts
    }

    fileprivate func row(_ fields: FieldReader<Field>, _ tier: Tier) -> Int? {
      let prompt = fields.string(.prompt, limit: PromptRequest.lengthLimit)
      if fields.has(.row) {
        guard let row = fields.integer(.row, in: 1...Int.max) else { return nil }
        guard rows.contains(row) else {
          fields.report(
            .outOfRange, .row, "\(row) is no tuple's line in the data set", hint: "Lines are counted from 1.")
          return nil
        }
        return row
      }
      guard let prompt else {
        fields.require(.prompt, "what the picture was drawn from; or row, the line of its tuple")
        return nil
      }
      let found = prompts[tier]?[prompt] ?? []
      if found.count == 1 { return found[0] }
      fields.report(
        .outOfRange, .prompt,
        found.isEmpty
          ? "\(prompt.quotedForMessage()) is no \(tier.rawValue) prompt of the data set"
          : "\(prompt.quotedForMessage()) is the \(tier.rawValue) prompt of \(found.count) tuples, such as those of rows \(found[0]) and \(found[1])",
        hint: found.isEmpty
          ? "Name the tier, or the wording, that the pictures were drawn from." : "Name the tuple's row.")
      return nil
    }
  }

  /// Every row of a folder, checked.
  ///
  /// - Parameters:
  ///   - folder: As the job writes it.
  ///   - imageProblem: What is wrong with the image file at a real path; nil for a good one.
  /// - Throws: ``JobFailure``: `empty` without rows, `bad_input` with the problems of up to
  ///   ``TrainingDataset/reportedRows`` faulty rows, and those of ``PathResolver/resolve(_:as:field:)``.
  package static func all(
    in folder: String, field: String, of tuples: Tuples, resolver: PathResolver,
    imageProblem: (_ path: String) -> String?
  ) throws(JobFailure) -> [MadePicture] {
    let trimmed = folder.hasSuffix("/") && folder.count > 1 ? String(folder.dropLast()) : folder
    let name = "\(trimmed)/metadata.jsonl"
    let root = try resolver.resolve(folder, as: .folder, field: field)
    let file = try resolver.resolve("\(root)/metadata.jsonl", as: .file, field: field)
    guard let content = try? Data(contentsOf: URL(filePath: file), options: .mappedIfSafe) else {
      throw JobFailure(.badInput, "cannot read \(name)", field: field)
    }
    guard content.count <= TrainingDataset.sizeLimit else {
      throw JobFailure(
        .tooLarge, "\(name) has \(content.count) bytes, more than the limit of \(TrainingDataset.sizeLimit)",
        field: field)
    }
    var pictures: [MadePicture] = []
    var faults = RowFaults(name: name)
    let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { continue }
      do throws(JobFailure) {
        pictures.append(
          try MadePicture([UInt8](line), line: index + 1, of: tuples) { path throws(JobFailure) in
            let image = try resolver.resolve(
              "\(root)/\(try TrainingDataset.checked(path))", as: .file, field: field)
            if let problem = imageProblem(image) {
              throw JobFailure(.badInput, "\(path.quotedForMessage()): \(problem)")
            }
            return image
          })
      } catch {
        faults.add(error.problems, row: index + 1)
      }
    }
    try faults.throwIfAny(good: pictures.count, field: field)
    guard !pictures.isEmpty else {
      throw JobFailure(
        .empty, "\(name) has no rows",
        hint: "Each line is one picture: {\"file_name\": …, \"tier\": …, \"row\" or \"prompt\": …}.",
        field: field)
    }
    return pictures
  }

  init(
    _ bytes: [UInt8], line: Int, of tuples: Tuples, image: (String) throws(JobFailure) -> String
  ) throws(JobFailure) {
    let problems = ProblemCollector(bytes: bytes)
    var node: JSONNode?
    do throws(JSONSyntaxError) { node = try JSONParser.parse(bytes) } catch {
      problems.report(.notJSON, at: error.offset, "the row is not JSON: \(error.problem)")
    }
    let fields = node.flatMap { FieldReader<Field>($0, passingOver: true, problems: problems) }
    fields?.require(.fileName, "the picture's path below the folder")
    let file = fields?.string(.fileName)
    var path: String?
    if let file {
      do throws(JobFailure) { path = try image(file) } catch {
        problems.report(
          error.code, field: Field.fileName.rawValue, at: fields?.node(.fileName)?.offset, error.message,
          hint: error.hint)
      }
    }
    let tier = fields?.choice(.tier, of: Tier.self) ?? .implicit
    let row = fields.flatMap { tuples.row($0, tier) }
    let seed = fields?.integer(.seed, in: 0...Int.max)
    try problems.throwIfAny()
    guard let file, let path, let row else {
      throw JobFailure(.internalError, "a row that cannot be read has no problem to name")
    }
    (self.line, self.file, self.path) = (line, file, path)
    (self.tier, self.row, self.seed) = (tier, row, seed)
  }
}
