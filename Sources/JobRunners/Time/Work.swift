/// An amount of computing, in the units that its time is reckoned from.
package struct Work: Sendable, Equatable {
  /// Transformer blocks that are passed, and numbers of their streams: tokens times width, for each.
  var blocks = 0.0
  var elements = 0.0
  /// Multiplications and additions of their products, with float and with signed bytes as weights.
  var operations = 0.0
  var byteOperations = 0.0
  /// Convolutions, and their multiplications and additions were they direct ones.
  var convolutions = 0.0
  var convolutionOperations = 0.0

  static func + (a: Work, b: Work) -> Work {
    Work(
      blocks: a.blocks + b.blocks, elements: a.elements + b.elements, operations: a.operations + b.operations,
      byteOperations: a.byteOperations + b.byteOperations, convolutions: a.convolutions + b.convolutions,
      convolutionOperations: a.convolutionOperations + b.convolutionOperations)
  }

  static func * (factor: Double, work: Work) -> Work {
    Work(
      blocks: factor * work.blocks, elements: factor * work.elements, operations: factor * work.operations,
      byteOperations: factor * work.byteOperations, convolutions: factor * work.convolutions,
      convolutionOperations: factor * work.convolutionOperations)
  }

  /// Passes through transformer blocks.
  ///
  /// - Parameters:
  ///   - perToken: Numbers of a block's weights that a token is multiplied with.
  ///   - areBytes: Whether these are signed bytes.
  static func blocks(
    _ count: Int, tokens: Int, width: Int, perToken: Int, attention: Int, areBytes: Bool = false
  ) -> Work {
    let (count, tokens) = (Double(count), Double(tokens))
    let products = count * 2 * tokens * Double(perToken)
    return Work(
      blocks: count, elements: count * tokens * Double(width),
      operations: count * 4 * tokens * tokens * Double(attention) + (areBytes ? 0 : products),
      byteOperations: areBytes ? products : 0)
  }

  static func convolution(_ from: Int, _ to: Int, height: Int, width: Int, size: Int = 3) -> Work {
    Work(
      convolutions: 1, convolutionOperations: 2 * Double(size * size * from * to) * Double(height * width))
  }
}
