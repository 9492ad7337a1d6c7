/// Gathers everything wrong with one file, so that its author mends it once and not once per error.
package final class ProblemCollector {
  private let bytes: [UInt8]
  package private(set) var problems: [JobProblem] = []
  /// Beyond this many, further ones say nothing new.
  private static let limit = 50

  package init(bytes: [UInt8]) { self.bytes = bytes }

  package func report(
    _ code: JobFailure.Code, field: String? = nil, at offset: Int?, _ message: String, hint: String? = nil
  ) {
    guard problems.count < Self.limit else { return }
    let position = offset.map { TextPosition(of: $0, in: bytes) }
    problems.append(
      JobProblem(
        code: code, message: message, hint: hint, field: field, line: position?.line, column: position?.column
      ))
  }

  package func throwIfAny() throws(JobFailure) {
    if !problems.isEmpty { throw JobFailure(problems: problems) }
  }
}
