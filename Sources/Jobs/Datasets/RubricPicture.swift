import Foundation

/// A picture with the prompt it was drawn for and the rubrics to grade it by: a line of a `metadata.jsonl`.
///
/// Prompt and rubrics are a text, or a list whose first one counts, as in the published data set.
package struct RubricPicture: Sendable, Equatable {
  /// Line of the file, counted from 1.
  package let row: Int
  /// As the row names it.
  package let file: String
  /// Real path.
  package let path: String
  package let prompt: String
  /// `scene_scoring`: what must be in the picture.
  package let scene: String
  /// `real_scoring`: what gives how many points of 3.
  package let reality: String
  package let category: String?
  package let law: String?

  private enum Field: String, FieldNames {
    case fileName = "file_name"
    case prompt
    case implicitPrompt = "implicit_prompt"
    case scene = "scene_scoring"
    case reality = "real_scoring"
    case category, law
  }

  /// Bytes of a rubric.
  private static let rubricLimit = 64 << 10

  /// Every row of a folder, checked.
  ///
  /// - Parameters:
  ///   - folder: As the job writes it.
  ///   - limit: Only the first so many rows are read; nil for all.
  ///   - imageProblem: What is wrong with the image file at a real path; nil for a good one.
  /// - Throws: ``JobFailure``: `empty` without rows, `bad_input` with the problems of up to
  ///   ``TrainingDataset/reportedRows`` faulty rows, and those of ``PathResolver/resolve(_:as:field:)``.
  package static func all(
    in folder: String, field: String, limit: Int?, resolver: PathResolver,
    imageProblem: (_ path: String) -> String?
  ) throws(JobFailure) -> [RubricPicture] {
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
    var pictures: [RubricPicture] = []
    var faults = RowFaults(name: name)
    let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where pictures.count < limit ?? .max {
      guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { continue }
      do throws(JobFailure) {
        pictures.append(
          try RubricPicture([UInt8](line), row: index + 1) { path throws(JobFailure) in
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
        hint:
          "Each line is one picture: {\"file_name\": …, \"prompt\": …, \"scene_scoring\": …, \"real_scoring\": …}.",
        field: field)
    }
    return pictures
  }

  init(
    _ line: [UInt8], row: Int, image: (String) throws(JobFailure) -> String
  ) throws(JobFailure) {
    let problems = ProblemCollector(bytes: line)
    var node: JSONNode?
    do throws(JSONSyntaxError) { node = try JSONParser.parse(line) } catch {
      problems.report(.notJSON, at: error.offset, "the row is not JSON: \(error.problem)")
    }
    let fields = node.flatMap { FieldReader<Field>($0, passingOver: true, problems: problems) }
    func text(_ field: Field, limit: Int, isRequired: Bool = true) -> String? {
      if isRequired { fields?.require(field, "a text, or a list of texts whose first one counts") }
      return fields?.alternatives(field, count: 1...TrainingTuple.alternativeLimit, limit: limit)?.first?.text
    }
    let promptField: Field =
      fields?.has(.prompt) == false && fields?.has(.implicitPrompt) == true ? .implicitPrompt : .prompt
    let prompt = text(promptField, limit: PromptRequest.lengthLimit)
    let scene = text(.scene, limit: Self.rubricLimit)
    let reality = text(.reality, limit: Self.rubricLimit)
    category = text(.category, limit: 1024, isRequired: false)
    law = text(.law, limit: 1024, isRequired: false)
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
    try problems.throwIfAny()
    guard let file, let path, let prompt, let scene, let reality else {
      throw JobFailure(.internalError, "a row that cannot be read has no problem to name")
    }
    (self.row, self.file, self.path, self.prompt) = (row, file, path, prompt)
    (self.scene, self.reality) = (scene, reality)
  }
}
