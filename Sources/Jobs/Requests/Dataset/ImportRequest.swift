/// Turns a published file of prompts into a data set of tuples without pictures, which benchmarks draw.
package struct ImportRequest: Sendable, Equatable {
  package var format = PublishedPrompts.Format.commonsense
  /// A JSON array of objects, or an object a line.
  package var file = ""
  /// Name of the folder below the spool's `datasets/`.
  package var output = ""
  /// Of entries that name none; nil for the file's name.
  package var category: String?

  package enum Field: String, FieldNames, CodingKey { case format, file, output, category }

  init(reading fields: FieldReader<Field>) {
    let formats = PublishedPrompts.Format.allCases.map(\.rawValue).joined(separator: " or ")
    fields.require(.format, "what the file is: \(formats)")
    fields.require(.file, "the published file of prompts")
    format = fields.choice(.format, of: PublishedPrompts.Format.self) ?? format
    file = fields.string(.file) ?? file
    output = fields.outputName(.output, unlike: [:])
    category = fields.string(.category, limit: 255)
  }
}

extension ImportRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(format, forKey: .format)
    try fields.encode(file, forKey: .file)
    try fields.encode(output, forKey: .output)
    try fields.encodeIfPresent(category, forKey: .category)
  }
}
