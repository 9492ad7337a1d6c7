import Foundation
import Jobs

/// What a person or a script asks of the daemon about one job: a file in the control folder.
package struct ControlRequest: Sendable, Equatable, Codable {
  package enum Verb: String, Sendable, Codable, CaseIterable {
    /// To `failed/` with the code `cancelled`; a running job stops at its next step.
    case cancel
    /// Wait until released; a running job is put back at its next step and keeps what it has done.
    case hold
    case release
    /// Out of `failed/`, to be run again; a job that pauses after a failure is run now.
    case retry
    /// Mark the folder of a finished or failed job as read, or as unread again.
    case read, unread
  }

  package var verb: Verb
  /// The job's name.
  package var name: String
  /// The job's id where the asker knows it: the request is for no later job of the same name.
  package var id: String?
  /// Why, for those who look later.
  package var reason: String?

  package init(_ verb: Verb, name: String, id: String? = nil, reason: String? = nil) {
    (self.verb, self.name, self.id, self.reason) = (verb, name, id, reason)
  }
}

/// What the daemon says when a request is carried out, or cannot be.
package enum ControlAnswer: Sendable, Equatable {
  /// It is so now, or was already; one sentence.
  case done(String)
  case refused(JobFailure)
}

extension ControlAnswer: Codable {
  enum CodingKeys: String, CodingKey { case done, refused }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let failure = try values.decodeIfPresent(JobFailure.self, forKey: .refused) {
      self = .refused(failure)
    } else {
      self = .done(try values.decode(String.self, forKey: .done))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .done(let message): try values.encode(message, forKey: .done)
    case .refused(let failure): try values.encode(failure, forKey: .refused)
    }
  }
}
