/// One case of Science-T2I: three tiers of prompts, the right picture and the tempting wrong one (arXiv:2504.13129).
///
/// Prompts and images are one or several alternatives, as the published training split has them; evaluation takes the first.
package struct TrainingTuple: Sendable, Equatable {
  /// Science is needed to read them: "an unripe apple".
  package var implicitPrompts: [String]
  /// They say the right outcome: "a green apple".
  package var explicitPrompts: [String]
  /// They say the tempting wrong outcome: "a red apple".
  package var superficialPrompts: [String]
  /// Paths of PNG or JPEG files with the right outcome.
  package var explicitImages: [String]
  /// Paths of PNG or JPEG files with the wrong outcome.
  package var superficialImages: [String]
  /// `physics`, `chemistry` or `biology` in the published dataset; any text groups.
  package var category: String
  /// The task within the category: `ripeness`.
  package var law: String
  /// The noun phrase a detector looks for.
  package var object: String?
  /// Where the entity is in the explicit images.
  package var explicitBox: UnitBox?
  /// Where the entity is in the superficial images.
  package var superficialBox: UnitBox?
  /// The further text columns that were asked for, by name.
  package var columns: [String: String] = [:]

  package enum PromptField: String, Sendable, Codable, CaseIterable {
    case implicit = "implicit_prompt"
    case explicit = "explicit_prompt"
    case superficial = "superficial_prompt"
  }

  package enum ImageField: String, Sendable, Codable, CaseIterable {
    case explicit = "explicit_image"
    case superficial = "superficial_image"
  }

  package func prompts(_ field: PromptField) -> [String] {
    switch field {
    case .implicit: implicitPrompts
    case .explicit: explicitPrompts
    case .superficial: superficialPrompts
    }
  }

  package func images(_ field: ImageField) -> [String] {
    switch field {
    case .explicit: explicitImages
    case .superficial: superficialImages
    }
  }
}

extension TrainingTuple {
  /// The columns that are read; a row may have others.
  package enum Field: String, FieldNames, CodingKey {
    case implicitPrompt = "implicit_prompt"
    case explicitPrompt = "explicit_prompt"
    case superficialPrompt = "superficial_prompt"
    case explicitImage = "explicit_image"
    case superficialImage = "superficial_image"
    case category, law, object
    case explicitBox = "explicit_box"
    case superficialBox = "superficial_box"
  }

  static let alternativeLimit = 1000

  /// Reads one row; nil after a report.
  ///
  /// - Parameters:
  ///   - columns: Further columns to keep; each must be a text.
  ///   - readsImages: Whether the row's images are read; prompts alone may come without, and without superficial ones.
  ///   - image: The path to keep for an image that the row names, or why it cannot be used.
  init?(
    reading node: JSONNode, columns: [String] = [], readsImages: Bool = true, problems: ProblemCollector,
    image: (String) throws(JobFailure) -> String
  ) {
    guard case .object(let members) = node.content,
      let fields = FieldReader<Field>(node, passingOver: true, problems: problems)
    else {
      problems.report(.wrongType, at: node.offset, "found \(node.summary), expected an object { … }")
      return nil
    }
    let known = Field.allCases.map(\.rawValue)
    let others = members.map(\.name).filter { !known.contains($0) }

    func texts(_ field: Field) -> [(text: String, path: String)] {
      if !fields.has(field) {
        let slip = others.first { NearestName.of($0, in: known) == field.rawValue }
        fields.report(
          .missingField, field, "is missing",
          hint: slip.map { "The row has \($0.cut(to: 120).quotedForMessage())." })
      }
      return fields.alternatives(field, count: 1...Self.alternativeLimit, limit: PromptRequest.lengthLimit)
        ?? []
    }
    func images(_ field: Field) -> [String] {
      texts(field).compactMap { path, place in
        do throws(JobFailure) { return try image(path) } catch {
          problems.report(
            error.code, field: place, at: fields.node(field)?.offset, error.message, hint: error.hint)
          return nil
        }
      }
    }
    implicitPrompts = texts(.implicitPrompt).map(\.text)
    explicitPrompts = texts(.explicitPrompt).map(\.text)
    superficialPrompts =
      readsImages || fields.has(.superficialPrompt) ? texts(.superficialPrompt).map(\.text) : []
    explicitImages = readsImages ? images(.explicitImage) : []
    superficialImages = readsImages ? images(.superficialImage) : []
    category = texts(.category).first?.text ?? ""
    law = texts(.law).first?.text ?? ""
    object = fields.alternatives(.object, count: 1...Self.alternativeLimit, limit: 1024)?.first?.text
    explicitBox = fields.box(.explicitBox)
    superficialBox = fields.box(.superficialBox)
    for column in columns {
      guard let value = members.first(where: { $0.name == column })?.value else {
        problems.report(
          .missingField, field: column, at: node.offset, "is missing: the job asks for this column",
          hint: "The row has \(members.map(\.name).joined(separator: ", ").cut(to: 200)).")
        continue
      }
      guard case .string(let text) = value.content else {
        problems.report(
          .wrongType, field: column, at: value.offset, "found \(value.summary), expected a text in quotes")
        continue
      }
      self.columns[column] = text
    }
    if !problems.problems.isEmpty { return nil }
  }
}
