import Autodiff
import Foundation
import Tensors
import Testing

func cosine(_ x: Float) -> Float { cos(x) }
func sine(_ x: Float) -> Float { sin(x) }

@Suite struct TapeTests {
  @Test func `parameters collect gradients over several passes`() {
    let parameter = Parameter("w", Tensor([1, 2, 3]))
    for _ in 0..<3 {
      let tape = Tape()
      tape.backward(from: (2 * (tape(parameter) * tape(parameter))).mean())
    }
    // d/dw mean(2w²) = 4w/3, three times.
    #expect(parameter.gradient == Tensor([4, 8, 12]))
    parameter.clearGradient()
    #expect(parameter.gradient == nil)
  }

  @Test func `what leads to no parameter is not recorded`() {
    let tape = Tape()
    let constant = Variable(Tensor([1, 2])) + Variable(Tensor([3, 4]))
    #expect(constant.isConstant && tape.count == 0)
    let frozen = Variable(Tensor([1, 2], shape: [1, 2])).linear(
      frozen: Weight(Tensor([1, 0, 0, 1], shape: [2, 2])))
    #expect(frozen.isConstant)
  }

  @Test func `a frozen layer beside an adapted one stays a constant`() {
    let tape = Tape()
    let x = Variable(GradientCheck.numbers([3, 2], seed: 1))
    let frozen = Weight(GradientCheck.numbers([2, 2], seed: 2))
    let a = Parameter("a", GradientCheck.numbers([1, 2], seed: 3))
    let b = Parameter("b", GradientCheck.numbers([2, 1], seed: 4))
    let results = LinearCall.results(of: [
      LinearCall([x], frozen: frozen),
      LinearCall([x], frozen: frozen, lowRank: .init(a: tape(a), b: tape(b), scale: 1)),
    ])
    #expect(results.map(\.isConstant) == [true, false])
    #expect(results[0].value == x.linear(frozen: frozen).value)
    tape.backward(from: results[1].mean())
    #expect(a.gradient != nil && b.gradient != nil)
  }

  @Test func `checkpointed parts that lead to no parameter are not recorded`() {
    let (tape, frozen) = (Tape(), Weight(GradientCheck.numbers([2, 2], seed: 2)))
    let x = Variable(GradientCheck.numbers([3, 2], seed: 1))
    let parameter = Parameter("w", GradientCheck.numbers([2, 2], seed: 3))
    let constant = tape.checkpointed([x]) { _, inputs in [inputs[0].linear(frozen: frozen)] }[0]
    #expect(constant.isConstant && tape.count == 0)
    // However deep the parameter is asked for.
    let nested = tape.checkpointed([x]) { tape, inputs in
      tape.checkpointed(inputs) { [$1[0].linear($0(parameter))] }
    }[0]
    #expect(!nested.isConstant && tape.count == 1)
    tape.backward(from: nested.mean())
    #expect(parameter.gradient != nil)
  }

  @Test func `a tape that does not record gives constants`() {
    let tape = Tape(isRecording: false)
    #expect(tape(Parameter("w", Tensor([1]))).isConstant)
  }

  @Test func `a value used twice gets both gradients`() {
    let x = Tensor([2, -3])
    let tape = Tape()
    var gradient: Tensor?
    let v = tape.input(x) { gradient = $0 }
    tape.backward(from: [(v * v + v, Tensor([1, 1]))])
    #expect(gradient == Tensor([5, -5]))
  }

  @Test func `checkpointed parts give the same gradients and record one operation`() {
    let w = GradientCheck.numbers([4, 4], seed: 1)
    let x = GradientCheck.numbers([3, 4], seed: 2)
    func body(_ tape: Tape, _ w: Parameter, _ x: Variable) -> Variable {
      let h = x.linear(tape(w)).activated(.gelu)
      return h + h.linear(tape(w)).activated(.silu)
    }
    func run(_ isCheckpointed: Bool) -> (weight: Tensor?, input: Tensor?, value: Tensor) {
      let tape = Tape()
      let parameter = Parameter("w", w)
      var input: Tensor?
      let v = tape.input(x) { input = $0 }
      let before = tape.count
      let y =
        isCheckpointed
        ? tape.checkpointed([v]) { [body($0, parameter, $1[0])] }[0] : body(tape, parameter, v)
      if isCheckpointed { #expect(tape.count == before + 1) }
      tape.backward(from: [(y, x)])
      return (parameter.gradient, input, y.value)
    }
    let (plain, checkpointed) = (run(false), run(true))
    #expect(plain.value == checkpointed.value)
    #expect(plain.input == checkpointed.input)
    #expect(plain.weight == checkpointed.weight)
  }

  @Test func `checkpointed parts are kept while they fit in the allowance, with the same gradients`() {
    let w = Parameter("w", GradientCheck.numbers([64, 64], seed: 5))
    let x = GradientCheck.numbers([300, 64], seed: 6)
    func run(keeping allowance: Int) -> (operations: [Int], gradient: Tensor?) {
      w.clearGradient()
      let tape = Tape(keeping: allowance)
      var (y, operations) = (tape.input(x) { _ in }, [Int]())
      for _ in 0..<3 {
        let before = tape.count
        y = tape.checkpointed([y]) { [$1[0].linear($0(w)).activated(.gelu)] }[0]
        operations.append(tape.count - before)
      }
      tape.backward(from: [(y, x)])
      return (operations, w.gradient)
    }
    let none = run(keeping: 0)
    #expect(none.operations == [1, 1, 1])
    // What a part keeps is told by the memory in use, which is the whole process's: tests beside this one upset some runs.
    let (some, all) = ((0..<20).map { _ in run(keeping: 1000) }, (0..<20).map { _ in run(keeping: 1 << 20) })
    // Each part keeps its product and result, 38400 floats: the first uses the allowance up.
    #expect(some.contains { $0.operations[0] > 1 && $0.operations[1...] == [1, 1] })
    #expect(all.contains { $0.operations.allSatisfy { $0 > 1 } })
    #expect((some + all).allSatisfy { $0.gradient == none.gradient })
  }

  @Test func `gradients do not depend on the number of threads`() {
    let x = GradientCheck.numbers([2, 150, 32], seed: 3)
    let w = GradientCheck.numbers([96, 32], seed: 4)
    func gradients(threads: Int) -> [Tensor?] {
      let before = Parallelism.threads
      Parallelism.threads = threads
      defer { Parallelism.threads = before }
      let (weight, scale, shift) = (
        Parameter("w", w), Parameter("s", Tensor(repeating: 1, shape: [32])),
        Parameter("b", Tensor(repeating: 0, shape: [32]))
      )
      let tape = Tape()
      let h = Variable(x).layerNorm(weight: tape(scale), bias: tape(shift), epsilon: 1e-5)
      let parts = h.linear(tape(weight)).chunks(3)
      let y = parts[0].attention(keys: parts[1], values: parts[2], heads: 4, scale: 0.3)
      tape.backward(from: [(y, x)])
      return [weight.gradient, scale.gradient, shift.gradient]
    }
    #expect(gradients(threads: 1) == gradients(threads: 2))
    #expect(gradients(threads: 1) == gradients(threads: 3))
  }
}
