import Tensors

/// A rectangle in fractions of the image's width and height, from its upper left corner on.
package struct DetectionBox: Equatable, Sendable {
  package var centreX: Float
  package var centreY: Float
  package var width: Float
  package var height: Float

  package init(centreX: Float, centreY: Float, width: Float, height: Float) {
    (self.centreX, self.centreY, self.width, self.height) = (centreX, centreY, width, height)
  }

  package static let wholeImage = DetectionBox(centreX: 0.5, centreY: 0.5, width: 1, height: 1)

  package var left: Float { centreX - width / 2 }
  package var right: Float { centreX + width / 2 }
  package var top: Float { centreY - height / 2 }
  package var bottom: Float { centreY + height / 2 }

  /// The box that the fine-tuning of Science-T2I looks into: all boxes in one, with a margin.
  ///
  /// Width and height grow by 0.1 where they are at most 0.9 and become 1 otherwise; the centre stays, so the box may
  /// reach beyond the image. Without boxes it is the whole image.
  package static func enclosing(_ boxes: [DetectionBox]) -> DetectionBox {
    guard let left = boxes.map(\.left).min(), let right = boxes.map(\.right).max(),
      let top = boxes.map(\.top).min(), let bottom = boxes.map(\.bottom).max()
    else { return .wholeImage }
    func grown(_ side: Float) -> Float { side <= 0.9 ? side + 0.1 : 1 }
    return DetectionBox(
      centreX: (left + right) / 2, centreY: (top + bottom) / 2, width: grown(right - left),
      height: grown(bottom - top))
  }
}

/// One box that the detector kept.
package struct Detection: Equatable, Sendable {
  package let box: DetectionBox
  /// The probability of the word that answers best.
  package let score: Float
  /// The row of the model's output.
  package let query: Int
  /// Tokens of the text that answer, by place.
  package let tokens: [Int]
}

extension GroundingDinoOutput {
  /// The boxes with a word more probable than `boxThreshold`, in the order of the queries.
  ///
  /// transformers 5.23.0 `models/grounding_dino/processing_grounding_dino.py`, `post_process_grounded_object_detection`.
  ///
  /// - Parameter textThreshold: What other words must exceed to belong to a box. The first place and the last column,
  ///   where start and end tokens stand, never do.
  package func detections(boxThreshold: Float = 0.35, textThreshold: Float = 0.25) -> [Detection] {
    let (count, columns) = (logits.shape[0], logits.shape[1])
    return logits.withValues { logits in
      boxes.withValues { boxes in
        (0..<count).compactMap { query in
          let row = UnsafeBufferPointer(rebasing: logits[query * columns..<(query + 1) * columns])
          let score = sigmoid(row.max() ?? -.infinity)
          guard score > boxThreshold else { return nil }
          return Detection(
            box: DetectionBox(
              centreX: boxes[4 * query], centreY: boxes[4 * query + 1], width: boxes[4 * query + 2],
              height: boxes[4 * query + 3]),
            score: score, query: query,
            tokens: (1..<columns - 1).filter { sigmoid(row[$0]) > textThreshold })
        }
      }
    }
  }
}
