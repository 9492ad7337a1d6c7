import Checkpoints
import Images
import Tensors
import Testing
import Tokenizers

@testable import GroundingDINO

/// A detector in `model` with two pictures and two texts, padded to each other's sizes.
enum GroundingDinoParity: ParityKind {
  static func covers(_ parityCase: ParityCase) -> Bool {
    parityCase.has("model/config.json") && parityCase.comparisons.contains { $0.tensor == "pred_boxes" }
  }

  /// What the reference makes of a batch is ours of each entry, one behind the other.
  private struct Results {
    var tensors: [String: [Float]] = [:]

    mutating func add(_ name: String, _ values: some Sequence<Float>) {
      tensors[name, default: []] += values
    }
  }

  static func results(of parityCase: ParityCase) throws -> [String: [Float]] {
    let detector = try ObjectDetector(folder: "\(parityCase.folder)/model")
    let pictures = try ["a", "b"].map { try RGBImage(contentsOf: "\(parityCase.folder)/\($0).png") }
    let images = try detector.processor.batch(of: pictures)
    let texts = try texts(of: parityCase, detector)
    var results = Results()
    for (image, text) in zip(images, texts) { add(image, text, detector.model, to: &results) }

    // The reference was also run on the first pair alone, on the same canvas.
    let output = detector.model(images[0], texts[0])
    results.add("logits_single", output.logits.values)
    results.add("pred_boxes_single", output.boxes.values)
    try addDetections(parityCase, detector, pictures: pictures, texts: texts, to: &results)
    return results.tensors
  }

  private static func texts(of parityCase: ParityCase, _ detector: ObjectDetector) throws -> [PhraseTokens] {
    let inputs = try parityCase.file("inputs.safetensors")
    let length = try inputs.entry("input_ids").shape[1]
    let (ids, mask) = (try inputs.integers("input_ids"), try inputs.integers("attention_mask"))
    let tokens = detector.tokenizer.encode(
      try parityCase.description.strings("texts"), padding: .longest(limit: nil))
    #expect(tokens.ids.flatMap { $0 } == ids)
    #expect(tokens.mask.flatMap { $0 } == mask)
    return stride(from: 0, to: ids.count, by: length).map {
      PhraseTokens(ids: Array(ids[$0..<$0 + length]), mask: Array(mask[$0..<$0 + length]))
    }
  }

  private static func add(
    _ image: PaddedImage, _ text: PhraseTokens, _ model: GroundingDinoForObjectDetection,
    to results: inout Results
  ) {
    results.add("pixel_values", image.pixelValues.values)
    for y in 0..<image.height {
      results.add(
        "pixel_mask", (0..<image.width).map { y < image.validHeight && $0 < image.validWidth ? 1 : 0 })
    }
    let blocks = TextBlocks(ids: text.ids)
    for query in 0..<blocks.count {
      results.add("text_self_mask", (0..<blocks.count).map { blocks.sees(query, $0) ? 1 : 0 })
    }
    results.add("text_position_ids", blocks.positions.map(Float.init))
    let features = model.textFeatures(text, blocks: blocks)
    results.add("text_projected", features.values)

    let maps = model.backbone(image.pixelValues)
    for (index, map) in maps.enumerated() {
      results.add("swin\(index)", map.tokens.permuted(1, 0).values)
    }
    let pyramid = model.featureProjection(maps, of: image)
    let states = model.encoder.states(
      of: pyramid, text: features, blocks: blocks, textBias: text.keyBias)
    results.add("enc0_vision", states[0].vision.values)
    results.add("enc0_text", states[0].text.values)
    let context = DecoderContext(
      state: states[states.count - 1], pyramid: pyramid, textBias: text.keyBias)
    results.add("encoder_vision", context.state.vision.values)
    results.add("encoder_text", context.state.text.values)

    let proposals = model.proposals(context.state, levels: pyramid.levels, textMask: text.mask)
    results.add("enc_class_max", proposals.scores)
    results.add("topk_indices", proposals.tokens.map(Float.init))
    results.add("init_reference_points", proposals.boxes.values)
    let decoded = model.decoder.states(
      queries: model.queries.tensor(), boxes: proposals.boxes, context: context)
    for state in decoded { results.add("intermediate_reference_points", state.refined.values) }
    results.add("decoder_last", decoded[decoded.count - 1].queries.values)
    let output = model(image, text)
    results.add("logits", output.logits.values)
    results.add("keep_all_finite_logits", output.logits.values.map { $0.isFinite ? 1 : 0 })
    results.add("pred_boxes", output.boxes.values)
  }

  /// Post-processing of the case's own logits, which the thresholds divide.
  private static func addDetections(
    _ parityCase: ParityCase, _ detector: ObjectDetector, pictures: [RGBImage], texts: [PhraseTokens],
    to results: inout Results
  ) throws {
    let expected = try parityCase.file("expected.safetensors")
    let shape = try expected.entry("post_logits").shape
    let logits = Tensor(try expected.floats("post_logits"), shape: shape)
    let boxes = Tensor(try expected.floats("pred_boxes"), shape: [shape[0], shape[1], 4])
    let post = try parityCase.description.nested("post")
    let thresholds = (
      Float(try post.number("box_threshold")), Float(try post.number("text_threshold"))
    )
    let cases = try #require(post["per_image"]?.array)
    for (index, picture) in pictures.enumerated() {
      let detections = GroundingDinoOutput(logits: logits[index], boxes: boxes[index]).detections(
        boxThreshold: thresholds.0, textThreshold: thresholds.1)
      let fields = try #require(cases[index].object)
      #expect(detections.map(\.query) == fields["queries"]?.array?.compactMap(\.integer))
      let ids = detections.map { $0.tokens.map { texts[index].ids[$0] } }
      #expect(ids == fields["token_ids"]?.array?.map { $0.array?.compactMap(\.integer) ?? [] })
      #expect(
        ids.map(detector.tokenizer.decode) == fields["phrases"]?.array?.compactMap(\.string))
      let (width, height) = (Float(picture.width), Float(picture.height))
      results.add(
        "post\(index).boxes_xyxy",
        detections.map(\.box).flatMap {
          [$0.left * width, $0.top * height, $0.right * width, $0.bottom * height]
        }
      )
      results.add("post\(index).scores", detections.map(\.score))
    }
  }
}
