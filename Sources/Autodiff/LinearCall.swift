import Tensors

/// A linear layer applied to an input, to be computed and recorded with others.
///
/// Layers that share their input (queries, keys and values do) then share its gradient's one sum, and small products one
/// fork-join.
package struct LinearCall {
  /// `scale · (x Aᵀ) Bᵀ`, added to what the layer gives.
  ///
  /// peft 0.21 `tuners/lora/layer.py`, `Linear.forward` without dropout.
  package struct LowRank {
    /// `[r, in]`.
    let a: Variable
    /// `[out, r]`.
    let b: Variable
    let scale: Float

    package init(a: Variable, b: Variable, scale: Float) { (self.a, self.b, self.scale) = (a, b, scale) }
  }

  private let inputs: [Variable]
  private let weight: Weight
  private let bias: Tensor?
  private let lowRank: LowRank?
  /// The weight and bias as variables, where they are trained.
  private let trained: (weight: Variable, bias: Variable?)?

  /// A layer whose weight `[out, in]` and bias `[out]` may be trained.
  package init(_ inputs: [Variable], _ weight: Variable, bias: Variable? = nil) {
    self.inputs = inputs
    self.weight = Weight(weight.value)
    self.bias = bias?.value
    lowRank = nil
    trained = (weight, bias)
  }

  /// A layer with frozen weight and bias.
  ///
  /// - Parameter inputs: Taken as if they were side by side in their innermost axis.
  package init(_ inputs: [Variable], frozen weight: Weight, bias: Tensor? = nil, lowRank: LowRank? = nil) {
    (self.inputs, self.weight, self.bias) = (inputs, weight, bias)
    self.lowRank = lowRank
    trained = nil
  }

  /// The results of calls that do not depend on each other, `[…, out]` each.
  package static func results(of calls: [LinearCall]) -> [Variable] {
    var left = LinearProduct.results(
      of: calls.compactMap { call in
        call.lowRank.map { LinearProduct(call.inputs.map(\.value), Weight($0.a.value)) }
      })[...]
    // Scaled, so that B's gradient needs no scaling.
    let down = calls.map { call in call.lowRank.map { left.removeFirst().affine($0.scale) } }
    let values = LinearProduct.results(
      of: zip(calls, down).map { call, down in
        let product = LinearProduct(call.inputs.map(\.value), call.weight, bias: call.bias)
        guard let down, let pair = call.lowRank else { return product }
        return product.adding(down, Weight(pair.b.value))
      })
    // A frozen layer of a constant stays a constant, whatever is computed beside it.
    var results = values.map { Variable($0) }
    let places = calls.indices.filter { place in calls[place].variables.contains { !$0.isConstant } }
    guard let tape = places.first.flatMap({ calls[$0].variables.lazy.compactMap(\.tape).first }) else {
      return results
    }
    let records = places.map { Record(calls[$0], down: down[$0]) }
    let recorded = tape.results(places.map { values[$0] }) { sink, gradients in
      var all: [(record: Record, dy: Tensor)] = []
      for (record, gradient) in zip(records, gradients) { if let gradient { all.append((record, gradient)) } }
      Record.run(all, into: sink)
    }
    for (place, variable) in zip(places, recorded) { results[place] = variable }
    return results
  }

  private var variables: [Variable] {
    inputs + [lowRank?.a, lowRank?.b, trained?.weight, trained?.bias].compactMap { $0 }
  }

  /// What the backward rule keeps of a call: the input only where a weight or A is trained.
  private struct Record {
    /// Where the inputs' gradients go, and which columns of the weight were theirs.
    let inputs: [(target: Target?, columns: Range<Int>)]
    let weight: Weight
    let lowRank: (a: Tensor, b: Tensor, scale: Float, down: Tensor)?
    let (a, b, trainedWeight, bias): (Target?, Target?, Target?, Target?)
    let kept: [() -> Tensor]

    init(_ call: LinearCall, down: Tensor?) {
      var column = 0
      inputs = call.inputs.map { input in
        defer { column += input.value.columns }
        return (input.target, column..<column + input.value.columns)
      }
      weight = call.weight
      lowRank = call.lowRank.map { ($0.a.value, $0.b.value, $0.scale, down!) }
      (a, b) = (call.lowRank?.a.target, call.lowRank?.b.target)
      (trainedWeight, bias) = (call.trained?.weight.target, call.trained?.bias?.target)
      kept = a != nil || trainedWeight != nil ? call.inputs.map(\.kept) : []
    }

    private var needsUp: Bool { a != nil || inputs.contains { $0.target != nil } }

    static func run(_ all: [(record: Record, dy: Tensor)], into sink: GradientSink) {
      var left = LinearInputGradient.results(
        of: all.compactMap { record, dy in
          guard let pair = record.lowRank, record.needsUp else { return nil }
          return LinearInputGradient([(dy, Weight(pair.b))], columns: 0..<pair.b.columns)
        })[...]
      let up = all.map { record, _ in
        record.needsUp ? record.lowRank.map { left.removeFirst().affine($0.scale) } : nil  // [.., r]
      }
      addToInputs(all, up: up, sink)
      addToWeights(all, up: up, sink)
    }

    /// The inputs' gradients: one sum for each input, however many layers it went through.
    private static func addToInputs(
      _ all: [(record: Record, dy: Tensor)], up: [Tensor?], _ sink: GradientSink
    ) {
      struct Place: Hashable {
        let target: Target
        let columns: Range<Int>
      }
      var places: [Place] = []
      var terms: [Place: [(dy: Tensor, weight: Weight)]] = [:]
      for ((record, dy), up) in zip(all, up) {
        for input in record.inputs {
          guard let target = input.target else { continue }
          let place = Place(target: target, columns: input.columns)
          if terms[place] == nil { places.append(place) }
          terms[place, default: []].append((dy, record.weight))
          if let up, let pair = record.lowRank { terms[place]!.append((up, Weight(pair.a))) }
        }
      }
      let sums = LinearInputGradient.results(
        of: places.map { LinearInputGradient(terms[$0]!, columns: $0.columns) })
      for (place, sum) in zip(places, sums) { sink.add(sum, to: place.target) }
    }

    /// The gradients of weights, biases, A and B.
    private static func addToWeights(
      _ all: [(record: Record, dy: Tensor)], up: [Tensor?], _ sink: GradientSink
    ) {
      var pairs: [(dy: Tensor, x: Tensor)] = []
      var targets: [Target] = []
      // An input that several layers took is computed again once.
      var inputs: [Target: Tensor] = [:]
      for ((record, dy), up) in zip(all, up) {
        if let target = record.b, let pair = record.lowRank {
          pairs.append((dy, pair.down))
          targets.append(target)
        }
        if let target = record.bias { sink.add(dy.columnSums().reshaped(-1), to: target) }
        guard !record.kept.isEmpty else { continue }
        let known = record.inputs.count == 1 ? record.inputs[0].target.flatMap { inputs[$0] } : nil
        let parts = known.map { [$0] } ?? record.kept.map { $0() }
        let x = parts.count == 1 ? parts[0] : .concatenated(parts, axis: parts[0].shape.count - 1)
        if record.inputs.count == 1, let target = record.inputs[0].target { inputs[target] = x }
        if let target = record.trainedWeight {
          pairs.append((dy, x))
          targets.append(target)
        }
        if let target = record.a, let up {
          pairs.append((up, x))
          targets.append(target)
        }
      }
      for (target, gradient) in zip(targets, Tensor.linearWeightGradients(pairs)) {
        sink.add(gradient, to: target)
      }
    }
  }
}
