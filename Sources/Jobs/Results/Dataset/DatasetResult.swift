/// What a `dataset` job made or found.
package enum DatasetResult: Sendable, Equatable {
  case scenes(SceneDatasetResult)
  case drawings(DrawingsResult)
}

extension DatasetResult: Codable {
  enum CodingKeys: String, CodingKey { case source }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    switch try values.decode(DatasetRequest.Source.self, forKey: .source) {
    case .scenes: self = .scenes(try SceneDatasetResult(from: decoder))
    case .drawings: self = .drawings(try DrawingsResult(from: decoder))
    }
  }

  /// The source stands beside the members of its result.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .scenes(let result):
      try values.encode(DatasetRequest.Source.scenes, forKey: .source)
      try result.encode(to: encoder)
    case .drawings(let result):
      try values.encode(DatasetRequest.Source.drawings, forKey: .source)
      try result.encode(to: encoder)
    }
  }
}
