/// Publishes what a person accepted of a template job's candidates.
package struct ReviewRequest: Sendable, Equatable {
  /// Name of the template job, whose folder is in the outbox.
  package var of = ""
  /// Name of the folder below the spool's `datasets/`.
  package var output = ""
  /// By a pair's name; pairs that are not named are left out.
  package var decisions: [String: Decision] = [:]

  package enum Decision: String, Sendable, Codable, CaseIterable {
    case accept, reject
    /// Accept with the pictures exchanged: what was drawn as wrong shows the right outcome.
    case swap
  }

  package enum Field: String, FieldNames, CodingKey { case of, output, decisions }

  init(reading fields: FieldReader<Field>) {
    fields.require(.of, "the name of the template job that was reviewed")
    fields.require(.decisions, "what was decided: {\"<pair>\": \"accept\", …}")
    of = fields.string(.of, limit: 255) ?? of
    if of.contains("/") || of.hasPrefix(".") {
      fields.report(.outOfRange, .of, "\(of.quotedForMessage()) is not a job's name")
    }
    output = fields.outputName(.output, unlike: [:])
    let names = Decision.allCases.map(\.rawValue)
    for (pair, text) in fields.textsByName(.decisions, count: 1_000_000) ?? [:] {
      if let decision = Decision(rawValue: text) {
        decisions[pair] = decision
      } else {
        fields.report(
          .outOfRange, .decisions,
          "\(pair.quotedForMessage()) has the unknown decision \(text.quotedForMessage())",
          hint: "It is one of \(names.joined(separator: ", ")).")
      }
    }
  }
}

extension ReviewRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(of, forKey: .of)
    try fields.encode(output, forKey: .output)
    try fields.encode(decisions, forKey: .decisions)
  }
}
