import Kernels
import Testing

/// Every set of kernels that this processor can run, at odd sizes and places: each stays within its arrays, and gives what
/// the one for every processor gives.
@Suite("Kernels for every instruction set")
struct InstructionSetTests {
  @Test("stay within their arrays and agree", arguments: KernelTrial.all)
  func agree(_ trial: KernelTrial) {
    let kernels = Self.choices
    for round in 0..<60 {
      var expected: [Float] = []
      for (place, kernels) in kernels.enumerated() {
        let memory = GuardedMemory(atEnd: round % 2 == 0)
        var dice = Dice(seed: UInt64(round))
        let got = trial.run(kernels.pointee, memory, &dice)
        let name = String(cString: kernels.pointee.name)
        #expect(memory.isUntouchedBeside, "\(name) wrote beside an array in round \(round)")
        if place == 0 { expected = got }
        #expect(got.count == expected.count)
        let worst = zip(got, expected).map { abs($0 - $1) / (1 + abs($1)) }.max() ?? 0
        #expect(worst < Tolerance.instructionSets, "\(name) in round \(round)")
      }
    }
  }

  @Test("the best ones are chosen")
  func choice() { #expect(elementwise() == Self.choices.last) }

  private static var choices: [UnsafePointer<elementwise_kernels>] {
    var choices = [UnsafePointer<elementwise_kernels>?](repeating: nil, count: Int(elementwise_most_choices))
    let count = elementwise_choices(&choices)
    return choices.prefix(count).compactMap(\.self)
  }
}

enum Tolerance {
  /// Sums of up to 300 products in another order, multiplied and added in one rounding or in two.
  static let instructionSets: Float = 1e-4
}
