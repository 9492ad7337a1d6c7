import Foundation

/// The one way in which jobs, results and failures become JSON text: UTF-8, dates as RFC 3339, names sorted.
package enum JobJSON {
  /// A file for people and scripts: indented, with a line break at the end.
  ///
  /// - Throws: ``JobFailure`` `internal_error` for a number that is not finite, which JSON cannot say.
  package static func file(_ value: some Encodable) throws(JobFailure) -> Data {
    try encoded(value, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
  }

  /// One line of a stream; JSON escapes line breaks in texts, so the only one is the last byte.
  package static func line(_ value: some Encodable) throws(JobFailure) -> Data {
    try encoded(value, [.sortedKeys, .withoutEscapingSlashes])
  }

  /// A value that this program wrote. For files that users wrote, ``JobRequest/init(reading:sizeLimit:)`` is the reader.
  package static func value<Value: Decodable>(_ type: Value.Type, from data: Data) throws(JobFailure) -> Value
  {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    do {
      return try decoder.decode(type, from: data)
    } catch {
      throw JobFailure(.internalError, "cannot read \(type): \(error)")
    }
  }

  private static func encoded(
    _ value: some Encodable, _ format: JSONEncoder.OutputFormatting
  ) throws(JobFailure) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = format
    encoder.dateEncodingStrategy = .iso8601
    do {
      return try encoder.encode(value) + Data("\n".utf8)
    } catch {
      throw JobFailure(.internalError, "cannot write \(type(of: value)) as JSON: \(error)")
    }
  }
}
