/// An amount of computing, in the units that its time is reckoned from.
package struct Work: Sendable, Equatable {
  package enum Quantity: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
    /// Transformer blocks that are passed, and numbers of their streams: tokens times width, for each.
    case blocks, elements
    /// Scores of attention: heads times tokens squared.
    case scores
    /// Multiplications and additions of their products, with float and with signed bytes as weights.
    case operations
    case byteOperations = "byte_operations"
    /// Convolutions, the numbers of the maps that they give, and their multiplications and additions were they direct ones.
    case convolutions
    case mapElements = "map_elements"
    case convolutionOperations = "convolution_operations"
    /// The same of blocks that gradients pass, through weights that stay.
    case gradientBlocks = "gradient_blocks"
    case gradientElements = "gradient_elements"
    case gradientScores = "gradient_scores"
    case gradientOperations = "gradient_operations"
    /// Numbers that go into low-rank updates or come out of them, in training.
    case updateElements = "update_elements"
    /// Trained numbers, for each step of the optimizer.
    case parameters
  }

  /// Of each quantity that there is; none is 0.
  private var amounts: [Quantity: Double] = [:]

  init(_ amounts: [Quantity: Double] = [:]) { self.amounts = amounts.filter { $0.value != 0 } }

  package subscript(quantity: Quantity) -> Double { amounts[quantity] ?? 0 }

  static func + (a: Work, b: Work) -> Work { Work(a.amounts.merging(b.amounts, uniquingKeysWith: +)) }

  static func * (factor: Double, work: Work) -> Work { Work(work.amounts.mapValues { factor * $0 }) }

  /// The gradients of blocks that are passed. They pass through widened weights, bytes or not.
  var gradients: Work {
    Work([
      .gradientBlocks: self[.blocks], .gradientElements: self[.elements], .gradientScores: self[.scores],
      .gradientOperations: self[.operations] + self[.byteOperations],
    ])
  }

  /// The same with weights widened to floats.
  var widened: Work {
    var work = self
    work.amounts[.byteOperations] = nil
    return work + Work([.operations: self[.byteOperations]])
  }

  /// Passes through transformer blocks.
  ///
  /// - Parameters:
  ///   - batch: Pictures or texts that pass together, each attending to itself.
  ///   - perToken: Numbers of a block's weights that a token is multiplied with.
  ///   - attention: Width of all heads together.
  ///   - areBytes: Whether these are signed bytes.
  static func blocks(
    _ count: Int, tokens: Int, batch: Int = 1, width: Int, perToken: Int, attention: Int, heads: Int,
    areBytes: Bool = false
  ) -> Work {
    let (count, tokens, batch) = (Double(count), Double(tokens), Double(batch))
    let products = count * batch * 2 * tokens * Double(perToken)
    return Work([
      .blocks: count, .elements: count * batch * tokens * Double(width),
      .scores: count * batch * tokens * tokens * Double(heads),
      .operations: count * batch * 4 * tokens * tokens * Double(attention) + (areBytes ? 0 : products),
      .byteOperations: areBytes ? products : 0,
    ])
  }

  static func convolution(_ from: Int, _ to: Int, height: Int, width: Int, size: Int = 3) -> Work {
    Work([
      .convolutions: 1, .mapElements: Double(to * height * width),
      .convolutionOperations: 2 * Double(size * size * from * to) * Double(height * width),
    ])
  }

  /// What training low-rank updates adds to a pass, forward and backward.
  ///
  /// - Parameters:
  ///   - sides: Inputs and outputs of all layers that have one, together.
  ///   - passes: Three where nothing is computed again: forward, and the gradients of the update's two matrices and of what they
  ///     are multiplied with; more by the share that is.
  static func updates(tokens: Int, rank: Int, sides: Int, passes: Double) -> Work {
    passes
      * Work([
        .operations: 2 * Double(tokens) * Double(rank * sides), .updateElements: Double(tokens * sides),
      ])
  }
}
