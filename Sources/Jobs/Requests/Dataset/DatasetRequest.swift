/// A `dataset` job as its file says it: make, check or convert a data set.
package enum DatasetRequest: Sendable, Equatable {
  case scenes(SceneDatasetRequest)

  /// Where the data come from.
  package enum Source: String, Sendable, Codable, CaseIterable { case scenes }

  package var source: Source {
    switch self {
    case .scenes: .scenes
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
    }
  }

  init(reading fields: FieldReader<Field>) {
    fields.require(
      .source, "where the data come from: \(Source.allCases.map(\.rawValue).joined(separator: ", "))")
    let source = fields.choice(.source, of: Source.self) ?? .scenes
    switch source {
    case .scenes: self = .scenes(SceneDatasetRequest(reading: fields.group(SceneDatasetRequest.Field.self)))
    }
  }
}

extension DatasetRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(source, forKey: .source)
    switch self {
    case .scenes(let request): try request.encode(to: encoder)
    }
  }
}
