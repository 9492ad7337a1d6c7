/// Checks a list of `{"prompt", "object"}` and keeps what an `oft` job can use.
package struct PromptListRequest: Sendable, Equatable {
  /// A JSON array.
  package var file = ""
  /// Name of the folder below the spool's `datasets/`.
  package var output = ""
  /// Whether a prompt that was there before is left out.
  package var dropDuplicates = true

  package enum Field: String, FieldNames, CodingKey {
    case file, output
    case dropDuplicates = "drop_duplicates"
  }

  init(reading fields: FieldReader<Field>) {
    fields.require(.file, "a JSON array of {\"prompt\", \"object\"}")
    file = fields.string(.file) ?? file
    output = fields.outputName(.output, unlike: [:])
    dropDuplicates = fields.bool(.dropDuplicates) ?? dropDuplicates
  }
}

extension PromptListRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(file, forKey: .file)
    try fields.encode(output, forKey: .output)
    try fields.encode(dropDuplicates, forKey: .dropDuplicates)
  }
}
