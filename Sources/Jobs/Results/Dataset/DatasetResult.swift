/// What a `dataset` job made or found.
package enum DatasetResult: Sendable, Equatable {
  case scenes(SceneDatasetResult)
  case drawings(DrawingsResult)
  case folder(FolderDatasetResult)
  case prompts(PromptListResult)
  case imported(ImportResult)
  case template(TemplateResult)
  case review(ReviewResult)

  package var source: DatasetRequest.Source {
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
}

extension DatasetResult: Codable {
  enum CodingKeys: String, CodingKey { case source }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self =
      switch try values.decode(DatasetRequest.Source.self, forKey: .source) {
      case .scenes: .scenes(try SceneDatasetResult(from: decoder))
      case .drawings: .drawings(try DrawingsResult(from: decoder))
      case .folder: .folder(try FolderDatasetResult(from: decoder))
      case .prompts: .prompts(try PromptListResult(from: decoder))
      case .imported: .imported(try ImportResult(from: decoder))
      case .template: .template(try TemplateResult(from: decoder))
      case .review: .review(try ReviewResult(from: decoder))
      }
  }

  /// The source stands beside the members of its result.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(source, forKey: .source)
    switch self {
    case .scenes(let result): try result.encode(to: encoder)
    case .drawings(let result): try result.encode(to: encoder)
    case .folder(let result): try result.encode(to: encoder)
    case .prompts(let result): try result.encode(to: encoder)
    case .imported(let result): try result.encode(to: encoder)
    case .template(let result): try result.encode(to: encoder)
    case .review(let result): try result.encode(to: encoder)
    }
  }
}
