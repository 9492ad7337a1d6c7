/// Checks and indexes a data set that is there, and changes nothing of it.
package struct FolderDatasetRequest: Sendable, Equatable {
  package var folder = ""
  /// Folders below `folder`, each with a `metadata.jsonl`; nil for those that are there.
  package var splits: [String]?
  /// Pictures whose perceptual hashes differ in at most so many of 64 bits are called near-duplicates.
  package var nearDuplicateBits = 4
  /// Whether faulty rows, bad pictures and exact duplicates fail the job.
  package var strict = false

  package enum Field: String, FieldNames, CodingKey {
    case folder, splits
    case nearDuplicateBits = "near_duplicate_bits"
    case strict
  }

  init() {}

  init(reading fields: FieldReader<Field>) {
    fields.require(.folder, "the data set's folder")
    folder = fields.string(.folder) ?? folder
    splits = fields.strings(.splits, count: 1...100, limit: 255)
    for (index, split) in (splits ?? []).enumerated()
    where split.hasPrefix("/") || split.split(separator: "/").contains("..") {
      fields.report(
        .outOfRange, .splits, "entry \(index), \(split.quotedForMessage()), leads out of the folder",
        hint: "Splits are folders below the folder.")
    }
    nearDuplicateBits = fields.integer(.nearDuplicateBits, in: 0...16) ?? nearDuplicateBits
    strict = fields.bool(.strict) ?? strict
  }
}

extension FolderDatasetRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(folder, forKey: .folder)
    try fields.encodeIfPresent(splits, forKey: .splits)
    try fields.encode(nearDuplicateBits, forKey: .nearDuplicateBits)
    try fields.encode(strict, forKey: .strict)
  }
}
