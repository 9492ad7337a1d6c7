/// An amount of computing, in the units that its time is reckoned from.
package struct Work: Sendable, Equatable {
  /// Transformer blocks that are passed, and numbers of their streams: tokens times width, for each.
  var blocks = 0.0
  var elements = 0.0
  /// Scores of attention: heads times tokens squared.
  var scores = 0.0
  /// Multiplications and additions of their products, with float and with signed bytes as weights.
  var operations = 0.0
  var byteOperations = 0.0
  /// Convolutions, the numbers of the maps that they give, and their multiplications and additions were they direct ones.
  var convolutions = 0.0
  var mapElements = 0.0
  var convolutionOperations = 0.0

  static func + (a: Work, b: Work) -> Work {
    Work(
      blocks: a.blocks + b.blocks, elements: a.elements + b.elements, scores: a.scores + b.scores,
      operations: a.operations + b.operations,
      byteOperations: a.byteOperations + b.byteOperations, convolutions: a.convolutions + b.convolutions,
      mapElements: a.mapElements + b.mapElements,
      convolutionOperations: a.convolutionOperations + b.convolutionOperations)
  }

  static func * (factor: Double, work: Work) -> Work {
    Work(
      blocks: factor * work.blocks, elements: factor * work.elements, scores: factor * work.scores,
      operations: factor * work.operations,
      byteOperations: factor * work.byteOperations, convolutions: factor * work.convolutions,
      mapElements: factor * work.mapElements,
      convolutionOperations: factor * work.convolutionOperations)
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
    return Work(
      blocks: count, elements: count * batch * tokens * Double(width),
      scores: count * batch * tokens * tokens * Double(heads),
      operations: count * batch * 4 * tokens * tokens * Double(attention) + (areBytes ? 0 : products),
      byteOperations: areBytes ? products : 0)
  }

  static func convolution(_ from: Int, _ to: Int, height: Int, width: Int, size: Int = 3) -> Work {
    Work(
      convolutions: 1, mapElements: Double(to * height * width),
      convolutionOperations: 2 * Double(size * size * from * to) * Double(height * width))
  }
}
