import Jobs
import Spooling

/// The matrices of a queue: they wait until none of their jobs does.
extension JobQueue {
  /// A matrix as its jobs see it, and it them.
  struct Matrix {
    /// How many of its jobs wait or run.
    var open = 0
    /// Holds its jobs, too.
    let hold: Hold?
  }

  /// By the ids of their claims.
  var matrices: [String: Matrix] {
    var matrices: [String: Matrix] = [:]
    for entry in waiting where entry.children != nil { matrices[entry.claim.id] = Matrix(hold: entry.hold) }
    if matrices.isEmpty { return matrices }
    for entry in waiting {
      if let parent = entry.claim.parent { matrices[parent.id]?.open += 1 }
    }
    if let parent = running?.claim.parent { matrices[parent.id]?.open += 1 }
    return matrices
  }

  /// Whether the matrix that made a job still waits for it.
  package func awaits(childOf parent: Claim.Parent) -> Bool {
    waiting.contains { $0.claim.id == parent.id && $0.children != nil }
  }

  /// Takes the waiting jobs of a matrix out.
  package mutating func removeChildren(of id: String) -> [Entry] {
    let children = waiting.filter { $0.claim.parent?.id == id }
    if !children.isEmpty { waiting.removeAll { $0.claim.parent?.id == id } }
    return children
  }
}
