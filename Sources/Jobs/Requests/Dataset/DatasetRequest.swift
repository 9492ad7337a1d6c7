/// A `dataset` job as its file says it: make, check or convert a data set.
package enum DatasetRequest: Sendable, Equatable {
  case scenes(SceneDatasetRequest)
  case drawings(DrawingsRequest)
  case folder(FolderDatasetRequest)
  case prompts(PromptListRequest)
  case imported(ImportRequest)
  case template(TemplateRequest)
  case review(ReviewRequest)

  /// Where the data come from.
  package enum Source: String, Sendable, Codable, CaseIterable {
    /// Drawn by procedures.
    case scenes
    /// Drawn by a model, beside those they are compared with.
    case drawings
    /// A folder that is there, to be checked.
    case folder
    /// A list of prompts, to be checked and kept.
    case prompts
    /// A published file of prompts, to become tuples.
    case imported = "import"
    /// Drawn by a model for a table of prompts, to be reviewed.
    case template
    /// A person's decisions about what `template` drew.
    case review
  }

  package var source: Source {
    switch self {
    case .scenes: .scenes
    case .drawings: .drawings
    case .folder: .folder
    case .prompts: .prompts
    case .imported: .imported
    case .template: .template
    case .review: .review
    }
  }

  package enum Field: String, FieldNames, CodingKey { case source }
}

extension DatasetRequest: WorkRequest {
  static let sharedFields = Array(Set(Source.allCases.flatMap(fields(of:)))).sorted()

  /// The fields that a source reads beside the ones of every job.
  static func fields(of source: Source) -> [String] {
    switch source {
    case .scenes: SceneDatasetRequest.Field.allCases.map(\.rawValue)
    case .drawings: DrawingsRequest.Field.allCases.map(\.rawValue)
    case .folder: FolderDatasetRequest.Field.allCases.map(\.rawValue)
    case .prompts: PromptListRequest.Field.allCases.map(\.rawValue)
    case .imported: ImportRequest.Field.allCases.map(\.rawValue)
    case .template: TemplateRequest.Field.allCases.map(\.rawValue)
    case .review: ReviewRequest.Field.allCases.map(\.rawValue)
    }
  }

  init(reading fields: FieldReader<Field>) {
    let names = Source.allCases.map(\.rawValue).joined(separator: ", ")
    fields.require(.source, "where the data come from: \(names)")
    guard let source = fields.choice(.source, of: Source.self) else {
      // Whatever else is there cannot be judged.
      self = .folder(FolderDatasetRequest())
      return
    }
    Self.refuseOthers(SceneDatasetRequest.Field.self, in: fields, source)
    Self.refuseOthers(DrawingsRequest.Field.self, in: fields, source)
    Self.refuseOthers(FolderDatasetRequest.Field.self, in: fields, source)
    Self.refuseOthers(PromptListRequest.Field.self, in: fields, source)
    Self.refuseOthers(ImportRequest.Field.self, in: fields, source)
    Self.refuseOthers(TemplateRequest.Field.self, in: fields, source)
    Self.refuseOthers(ReviewRequest.Field.self, in: fields, source)
    self =
      switch source {
      case .scenes: .scenes(SceneDatasetRequest(reading: fields.group(SceneDatasetRequest.Field.self)))
      case .drawings: .drawings(DrawingsRequest(reading: fields.group(DrawingsRequest.Field.self)))
      case .folder: .folder(FolderDatasetRequest(reading: fields.group(FolderDatasetRequest.Field.self)))
      case .prompts: .prompts(PromptListRequest(reading: fields.group(PromptListRequest.Field.self)))
      case .imported: .imported(ImportRequest(reading: fields.group(ImportRequest.Field.self)))
      case .template: .template(TemplateRequest(reading: fields.group(TemplateRequest.Field.self)))
      case .review: .review(ReviewRequest(reading: fields.group(ReviewRequest.Field.self)))
      }
  }

  /// Reports fields of another source.
  private static func refuseOthers<Other: FieldNames>(
    _ others: Other.Type, in fields: FieldReader<Field>, _ source: Source
  ) {
    let own = Self.fields(of: source)
    let reader = fields.group(others)
    for field in others.allCases where reader.has(field) && !own.contains(field.rawValue) {
      // A field of several sources is reported once.
      let known = fields.problems.problems.contains { $0.field == field.rawValue && $0.code == .conflict }
      if known { continue }
      reader.report(
        .conflict, field, "has no meaning for the source \(source.rawValue)",
        hint: "The source \(source.rawValue) knows \(own.joined(separator: ", ")).")
    }
  }
}

extension DatasetRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(source, forKey: .source)
    switch self {
    case .scenes(let request): try request.encode(to: encoder)
    case .drawings(let request): try request.encode(to: encoder)
    case .folder(let request): try request.encode(to: encoder)
    case .prompts(let request): try request.encode(to: encoder)
    case .imported(let request): try request.encode(to: encoder)
    case .template(let request): try request.encode(to: encoder)
    case .review(let request): try request.encode(to: encoder)
    }
  }
}
