import Tensors

/// Records operations, and runs their backward rules from the last to the first.
///
/// Reverse-mode differentiation over whole arrays. A rule keeps only what it needs: an operation none of whose inputs
/// leads to a parameter is not recorded and keeps nothing. One thread records and runs a tape; it is used once.
package final class Tape {
  /// Whether operations are recorded. A tape that does not record turns every variable into a constant.
  package let isRecording: Bool

  private struct Node {
    /// The places of the results' gradients.
    let results: Range<Int>
    let rule: (GradientSink, [Tensor?]) -> Void
  }

  private var nodes: [Node] = []
  private var places = 0
  /// Floats that checkpointed parts may still keep instead of being computed again.
  var allowance: Int
  /// Whether a parameter was asked for while nothing was recorded.
  var hasMetParameter = false

  /// - Parameter keeping: Floats that checkpointed parts of a model may keep; see ``checkpointed(_:_:)``.
  package init(isRecording: Bool = true, keeping allowance: Int = 0) {
    self.isRecording = isRecording
    self.allowance = allowance
  }

  /// 256 MB: what a checkpointed training step of ours keeps. Little beside a large model, all of a small one.
  package static let usualAllowance = 1 << 26

  /// How many operations have been recorded.
  package var count: Int { nodes.count }

  /// A parameter's value; what flows back is added to the parameter's gradient.
  package func callAsFunction(_ parameter: Parameter) -> Variable {
    guard isRecording else {
      hasMetParameter = true
      return Variable(parameter.value)
    }
    return results([parameter.value]) { _, gradients in
      if let gradient = gradients[0] { parameter.accumulate(gradient) }
    }[0]
  }

  /// An input whose gradient is asked for after the backward pass.
  package func input(_ value: Tensor, onGradient: @escaping (Tensor) -> Void) -> Variable {
    guard isRecording else { return Variable(value) }
    return results([value]) { _, gradients in
      if let gradient = gradients[0] { onGradient(gradient) }
    }[0]
  }

  /// Records an operation of several results.
  ///
  /// - Parameter rule: Gets the gradients of the results, nil for those nothing flowed back to, and adds to its inputs'.
  package func results(_ values: [Tensor], rule: @escaping (GradientSink, [Tensor?]) -> Void) -> [Variable] {
    let first = places
    places += values.count
    nodes.append(Node(results: first..<places, rule: rule))
    return values.enumerated().map { Variable($0.element, on: self, at: first + $0.offset) }
  }

  /// Runs all rules, the last operation's first, and forgets them.
  ///
  /// - Parameters:
  ///   - seeds: Results with the gradients to begin with; constants among them are passed over.
  package func backward(from seeds: [(variable: Variable, gradient: Tensor)]) {
    let sink = GradientSink(count: places)
    for seed in seeds {
      precondition(
        seed.variable.value.shape == seed.gradient.shape,
        "gradient \(seed.gradient.shape) of \(seed.variable.shape)")
      sink.add(seed.gradient, to: seed.variable.target)
    }
    while let node = nodes.popLast() {
      let gradients = node.results.map { sink.take($0) }
      if gradients.contains(where: { $0 != nil }) { node.rule(sink, gradients) }
    }
  }

  /// Runs the tape from a single number, whose gradient is 1.
  package func backward(from loss: Variable) {
    backward(from: [(loss, Tensor(repeating: 1, shape: loss.shape))])
  }
}

/// Where the gradients of a backward pass collect.
package final class GradientSink {
  private var gradients: [Tensor?]

  fileprivate init(count: Int) { gradients = Array(repeating: nil, count: count) }

  /// Adds to what has collected for a variable: in place from the second time on. Nil takes nothing.
  package func add(_ gradient: @autoclosure () -> Tensor, to target: Target?) {
    guard let target else { return }
    guard gradients[target.place] != nil else {
      gradients[target.place] = gradient()
      return
    }
    gradients[target.place]!.add(gradient())
  }

  fileprivate func take(_ place: Int) -> Tensor? {
    defer { gradients[place] = nil }
    return gradients[place]
  }
}

/// Where a variable's gradient goes; holds no values, so that rules can keep it for free.
package struct Target: Sendable, Hashable {
  fileprivate let place: Int
}

/// A tensor that may depend on parameters.
package struct Variable {
  package let value: Tensor
  /// The tape that knows how the value came about; nil for constants.
  package let tape: Tape?
  package let target: Target?
  /// Gives the value, for rules that need it later: holds it, or computes it again from what is kept anyway, where that
  /// costs one pass over memory (normalisations, activations).
  package private(set) var kept: () -> Tensor

  /// A constant: nothing flows back to it.
  package init(_ value: Tensor) {
    self.value = value
    (tape, target) = (nil, nil)
    kept = { value }
  }

  fileprivate init(_ value: Tensor, on tape: Tape, at place: Int) {
    self.value = value
    self.tape = tape
    target = Target(place: place)
    kept = { value }
  }

  package var shape: [Int] { value.shape }
  /// Whether a gradient flows back from here.
  package var isConstant: Bool { target == nil }
}

extension Variable {
  /// The result of an operation, recorded when one of its inputs is no constant.
  ///
  /// - Parameters:
  ///   - again: Computes the value once more, to the same bits, from what the rule keeps; nil to have it held.
  ///   - rule: Gets the gradient of the result and adds to its inputs'.
  package static func result(
    _ value: Tensor, of inputs: [Variable], again: (() -> Tensor)? = nil,
    rule: @escaping (GradientSink, Tensor) -> Void
  ) -> Variable {
    guard let tape = inputs.lazy.compactMap(\.tape).first else { return Variable(value) }
    var variable = tape.results([value]) { sink, gradients in
      if let gradient = gradients[0] { rule(sink, gradient) }
    }[0]
    if let again { variable.kept = again }
    return variable
  }
}
