import Foundation
import Jobs

/// What a system call said.
struct SystemError: Error, CustomStringConvertible {
  let code: Int32

  init(_ code: Int32) { self.code = code }

  var description: String { String(cString: strerror(code)) }
}

extension JobFailure {
  /// Writes, and throws errors as failures of the machine: `disk_full`, which holds the job until there is room, or
  /// `cannot_write`.
  ///
  /// - Parameters:
  ///   - action: What is done, as in "cannot …".
  ///   - then: What becomes of the job, if that is not plain.
  static func writing<Result>(
    _ action: String, then: String? = nil, _ body: () throws -> Result
  ) throws(JobFailure) -> Result {
    do { return try body() } catch let failure as JobFailure { throw failure } catch {
      let isFull = isOutOfSpace(error)
      let text = (error as? CocoaError)?.localizedDescription ?? "\(error)"
      throw JobFailure(
        isFull ? .diskFull : .cannotWrite, "cannot \(action): \(text)",
        hint: (isFull ? "Make room on the disk" : "Check the folder's permissions")
          + (then.map { "; \($0)" } ?? "."))
    }
  }

  /// By the error's code, or by the system's words that a writer's error quotes.
  static func isOutOfSpace(_ error: any Error) -> Bool {
    if let error = error as? CocoaError, error.code == .fileWriteOutOfSpace { return true }
    let words = [ENOSPC, EDQUOT].map { SystemError($0).description }
    return words.contains { "\(error)".contains($0) }
  }
}
