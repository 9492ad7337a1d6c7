import Checkpoints
import Images
import Tokenizers

/// Finds in pictures what a noun phrase names: a detector with its tokenizer and its image processor.
package struct ObjectDetector: Sendable {
  /// What pictures go through before the model sees them.
  package enum Preprocessing: Equatable, Sendable {
    /// What the model was trained on: scaled and normalised as `preprocessor_config.json` says.
    case standard
    /// Levels from 0 to 1 at the picture's own size: what the published fine-tuning code of Science-T2I gives its detector.
    case raw
  }

  /// Where it was loaded from, for messages.
  package let folder: String
  package let model: GroundingDinoForObjectDetection
  package let processor: GroundingDinoImageProcessor
  package let tokenizer: BERTTokenizer

  /// Loads a folder with `config.json`, the weights, `preprocessor_config.json` and the tokenizer's files.
  ///
  /// - Throws: ``CheckpointError`` naming the key and ``TokenizerError``.
  package init(folder: String) throws {
    self.folder = folder
    processor = try GroundingDinoImageProcessor(folder: folder)
    tokenizer = try BERTTokenizer(folder: folder)
    model = try GroundingDinoForObjectDetection(folder: folder)
    let rows = model.configuration.text.vocabularySize
    guard tokenizer.vocabularySize <= rows else {
      throw CheckpointError(
        file: folder, problem: "the tokenizer has more tokens than the model has vectors",
        found: "\(tokenizer.vocabularySize) tokens, \(rows) vectors",
        hint: "Copy model and tokenizer from the same place")
    }
  }

  /// The boxes that show what the phrase names, in no order of importance.
  ///
  /// - Parameters:
  ///   - phrase: Such as `an unripe apple`. Lower-cased and closed by a full stop, as the detector was trained; several
  ///     phrases may stand in a row, a full stop after each.
  ///   - boxThreshold: The probability that a box's best word must exceed.
  ///   - textThreshold: The probability that further words must exceed to be named with a box.
  ///   - name: What errors call the picture.
  /// - Throws: ``ImageError`` for a picture too small or too thin, ``PhraseError`` for a text without words or too long,
  ///   ``CheckpointError`` when damaged weights make the answers no numbers.
  package func detections(
    of phrase: String, in image: RGBImage, boxThreshold: Float = 0.35, textThreshold: Float = 0.25,
    preprocessing: Preprocessing = .standard, name: String = "image"
  ) throws -> [Detection] {
    let tokens = try tokens(of: phrase)
    let pixels =
      preprocessing == .raw
      ? GroundingDinoImageProcessor.raw(image) : try processor.pixels(of: image, name: name)
    let places = model.tokenCount(height: pixels.height, width: pixels.width)
    guard places >= model.configuration.queries else {
      throw ImageError(
        path: name,
        problem: "\(pixels.width)×\(pixels.height) pixels have \(places) places to look for objects",
        hint: "The detector needs \(model.configuration.queries): give a larger picture")
    }
    let output = model(pixels, tokens)
    guard output.boxes.isFinite else {
      throw CheckpointError(
        file: folder, problem: "the detector's boxes are not numbers",
        hint: "Its weights are damaged: copy the folder again")
    }
    return output.detections(boxThreshold: boxThreshold, textThreshold: textThreshold)
  }

  /// One box around all that the phrase names, with a margin; the whole image when nothing is found.
  package func enclosingBox(
    of phrase: String, in image: RGBImage, boxThreshold: Float = 0.35,
    preprocessing: Preprocessing = .standard, name: String = "image"
  ) throws -> DetectionBox {
    DetectionBox.enclosing(
      try detections(
        of: phrase, in: image, boxThreshold: boxThreshold, preprocessing: preprocessing, name: name
      ).map(\.box))
  }

  /// The words that a detection answers to.
  package func words(of detection: Detection, in phrase: String) throws -> String {
    let ids = try tokens(of: phrase).ids
    return tokenizer.decode(detection.tokens.filter(ids.indices.contains).map { ids[$0] })
  }

  /// The phrase as the model reads it: lower case, a full stop at its end.
  static func caption(_ phrase: String) -> String {
    let words = phrase.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.hasSuffix(".") ? words : words + "."
  }

  /// Refuses what cannot be asked for, before anything is computed.
  package func check(phrase: String) throws(PhraseError) { _ = try tokens(of: phrase) }

  private func tokens(of phrase: String) throws(PhraseError) -> PhraseTokens {
    guard phrase.contains(where: \.isLetter) else {
      throw PhraseError(phrase: phrase, problem: "names nothing to look for", hint: "Name an object")
    }
    let tokens = PhraseTokens(ids: tokenizer.encode(Self.caption(phrase)))
    let limit = model.configuration.maxTextLength
    guard tokens.ids.count <= limit else {
      throw PhraseError(
        phrase: phrase, problem: "is \(tokens.ids.count) tokens long; the detector reads \(limit)",
        hint: "Name the object in fewer words")
    }
    return tokens
  }
}

/// A phrase that the detector cannot look for.
package struct PhraseError: Error, Equatable, CustomStringConvertible {
  package let phrase: String
  package let problem: String
  /// What to do about it.
  package let hint: String

  package var description: String {
    "the phrase \"\(phrase.prefix(60))\(phrase.count > 60 ? "…" : "")\" \(problem)"
  }
}

extension GroundingDinoForObjectDetection {
  /// Tokens of the feature pyramid of an image of this size.
  func tokenCount(height: Int, width: Int) -> Int {
    let (patch, outputs) = (configuration.backbone.patchSize, configuration.backbone.outputStages)
    // Every stage, and every level beyond the backbone's, halves the map of the one before, rounded up.
    func side(_ length: Int, halved times: Int) -> Int {
      (0..<times).reduce((length + patch - 1) / patch) { side, _ in (side + 1) / 2 }
    }
    return (0..<configuration.levels).reduce(0) { count, level in
      let halvings =
        level < outputs.count ? outputs[level] - 1 : outputs[outputs.count - 1] + level - outputs.count
      return count + side(height, halved: halvings) * side(width, halved: halvings)
    }
  }
}
