/// A tensor that training changes, and the gradient that has collected for it.
///
/// One owner trains it; others read it between steps.
package final class Parameter: @unchecked Sendable {
  // Unchecked: written between computations only, by the one training that owns it.
  package let name: String
  package var value: Tensor
  /// Nil when nothing has been added since the last clearing.
  package private(set) var gradient: Tensor?

  package init(_ name: String, _ value: Tensor) {
    self.name = name
    self.value = value
  }

  /// Adds to the gradient, in place when there is one.
  package func accumulate(_ addition: consuming Tensor) {
    precondition(addition.shape == value.shape, "a gradient \(addition.shape) for \(name) \(value.shape)")
    guard gradient != nil else {
      gradient = addition
      return
    }
    gradient!.add(addition)
  }

  package func scaleGradient(by factor: Float) {
    guard factor != 1 else { return }
    gradient?.scale(by: factor)
  }

  package func clearGradient() { gradient = nil }
}
