/// A `dataset` job as its file says it: make, check or convert a data set.
package enum DatasetRequest: Sendable, Equatable {
  case scenes(SceneDatasetRequest)
  case drawings(DrawingsRequest)

  /// Where the data come from.
  package enum Source: String, Sendable, Codable, CaseIterable { case scenes, drawings }

  package var source: Source {
    switch self {
    case .scenes: .scenes
    case .drawings: .drawings
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
    }
  }

  init(reading fields: FieldReader<Field>) {
    let names = Source.allCases.map(\.rawValue).joined(separator: ", ")
    fields.require(.source, "where the data come from: \(names)")
    let source = fields.choice(.source, of: Source.self) ?? .scenes
    Self.refuseOthers(SceneDatasetRequest.Field.self, in: fields, source)
    Self.refuseOthers(DrawingsRequest.Field.self, in: fields, source)
    self =
      switch source {
      case .scenes: .scenes(SceneDatasetRequest(reading: fields.group(SceneDatasetRequest.Field.self)))
      case .drawings: .drawings(DrawingsRequest(reading: fields.group(DrawingsRequest.Field.self)))
      }
  }

  /// Reports fields of another source.
  private static func refuseOthers<Other: FieldNames>(
    _ others: Other.Type, in fields: FieldReader<Field>, _ source: Source
  ) {
    let own = Self.fields(of: source)
    let reader = fields.group(others)
    for field in others.allCases where reader.has(field) && !own.contains(field.rawValue) {
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
    }
  }
}
