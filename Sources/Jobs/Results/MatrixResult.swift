import Foundation

/// What `result.json` says of a matrix whose jobs are all done.
package struct MatrixResult: Sendable, Equatable, Codable {
  /// Of the matrix in the ledger.
  package var id: String
  package var name: String
  package var started: Date
  package var finished: Date
  package var labels: [String: String]
  package var children: [MatrixChild]

  package init(
    id: String, name: String, started: Date, finished: Date, labels: [String: String], children: [MatrixChild]
  ) {
    (self.id, self.name, self.started, self.finished) = (id, name, started, finished)
    (self.labels, self.children) = (labels, children)
  }

  /// What stands for a matrix where other jobs have their kind.
  package static let kind = "matrix"

  enum CodingKeys: String, CodingKey {
    case kind, id, name
    case started = "started_at"
    case finished = "finished_at"
    case labels, children
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let kind = try values.decode(String.self, forKey: .kind)
    guard kind == Self.kind else {
      throw DecodingError.dataCorruptedError(
        forKey: .kind, in: values, debugDescription: "\(kind) is no matrix")
    }
    id = try values.decode(String.self, forKey: .id)
    name = try values.decode(String.self, forKey: .name)
    started = try values.decode(Date.self, forKey: .started)
    finished = try values.decode(Date.self, forKey: .finished)
    labels = try values.decode([String: String].self, forKey: .labels)
    children = try values.decode([MatrixChild].self, forKey: .children)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(Self.kind, forKey: .kind)
    try values.encode(id, forKey: .id)
    try values.encode(name, forKey: .name)
    try values.encode(started, forKey: .started)
    try values.encode(finished, forKey: .finished)
    try values.encode(labels, forKey: .labels)
    try values.encode(children, forKey: .children)
  }
}

/// One job of a matrix.
package struct MatrixChild: Sendable, Equatable, Codable {
  package enum End: String, Sendable, Codable { case done, failed }

  /// From 1.
  package var number: Int
  /// In the ledger.
  package var id: String
  /// Of its folder in outbox or failed.
  package var name: String
  /// What it does not share with the others, by the fields' names, as compact JSON.
  package var values: [String: String]
  /// Nil while it is open, and when nothing is known of it any more.
  package var state: End?
  /// Of the failure.
  package var code: String?
  package var message: String?
  /// How many pictures it drew or scored, and their mean score.
  package var images: Int?
  package var meanScore: Double?

  package init(number: Int, id: String, name: String, values: [String: String]) {
    (self.number, self.id, self.name, self.values) = (number, id, name, values)
  }

  enum CodingKeys: String, CodingKey {
    case number, id, name, values, state, code, message, images
    case meanScore = "mean_score"
  }
}
