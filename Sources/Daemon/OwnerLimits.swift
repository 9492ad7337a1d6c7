import Spooling

/// How much of a spool's queue one user may take; what is beyond stays in the inbox until there is room.
package struct OwnerLimits: Sendable, Equatable {
  /// Jobs that wait or run; nil for any number.
  package var jobs: Int?
  /// Bytes of the drops of those jobs; nil for any number.
  package var bytes: Int?

  package init(jobs: Int? = nil, bytes: Int? = nil) { (self.jobs, self.bytes) = (jobs, bytes) }

  /// Why a drop is not claimed now; nil when it may be.
  ///
  /// A drop that is larger than the limit by itself may: it is claimed to fail, or it would lie in the inbox for ever.
  ///
  /// - Parameters:
  ///   - size: Bytes of the drop.
  ///   - jobs: How many jobs the user has in the queue, and in `bytes` those of their drops.
  package func obstacle(to size: Int, jobs: Int, bytes: Int) -> String? {
    if let limit = self.jobs, jobs >= limit { return "\(jobs) jobs wait or run, the limit is \(limit)" }
    guard let limit = self.bytes, !isBeyond(size), bytes + size > limit else { return nil }
    return
      "\(Retention.size(bytes)) wait or run and this has \(Retention.size(size)), the limit is \(Retention.size(limit))"
  }

  /// Whether a drop can never be taken.
  package func isBeyond(_ size: Int) -> Bool { bytes.map { size > $0 } ?? false }
}
