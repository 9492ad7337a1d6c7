import Checkpoints
import FLUX
import GroundingDINO
import Images
import Jobs
import Rewards
import Tokenizers

extension JobFailure {
  /// The failure for an error that the engine threw about a job's own files; errors of no known type are our bug.
  init(_ error: any Error, field: String) {
    switch error {
    case let failure as JobFailure: self = failure
    case let error as CheckpointError:
      self.init(.badInput, Self.sentence(error, without: error.hint), hint: error.hint, field: field)
    case let error as TokenizerError: self.init(.badInput, "\(error)", hint: error.hint, field: field)
    case let error as ImageError:
      self.init(.badInput, "\(error.path): \(error.problem)", hint: error.hint, field: field)
    case let error as SamplingError: self.init(.badInput, "\(error)", field: field)
    case let error as PhraseError: self.init(.badInput, "\(error)", hint: error.hint, field: field)
    case let error as NonFiniteScore: self.init(.badInput, "\(error)", field: field)
    default: self.init(.internalError, "\(error)", field: field)
    }
  }

  private static func sentence(_ error: CheckpointError, without hint: String?) -> String {
    var error = error
    error.hint = nil
    return "\(error)"
  }

  /// Runs what may throw the engine's errors, and throws them as failures of a field.
  static func of<Result>(_ field: String, _ body: () throws -> Result) throws(JobFailure) -> Result {
    do { return try body() } catch { throw JobFailure(error, field: field) }
  }
}
