import Checkpoints
import Images
import Testing

@testable import GroundingDINO

@Suite struct ObjectDetectorTests {
  private let detector: ObjectDetector
  private let image: RGBImage

  init() throws {
    detector = try ObjectDetector(folder: FixtureModel.folder)
    image = try RGBImage(contentsOf: "\(FixtureModel.caseFolder)/a.png")
  }

  @Test func phrasesAreLowerCasedAndClosedByAFullStop() {
    #expect(ObjectDetector.caption(" An Unripe\n apple ") == "an unripe apple.")
    #expect(ObjectDetector.caption("a kettle.") == "a kettle.")
    #expect(ObjectDetector.caption("a cat. a dog") == "a cat. a dog.")
  }

  @Test func findsBoxesAndTheOneAroundThem() throws {
    // Random weights see the phrase nearly everywhere.
    let detections = try detector.detections(of: "a green apple", in: image)
    #expect(!detections.isEmpty)
    #expect(detections.allSatisfy { $0.score > 0.35 })
    let box = try detector.enclosingBox(of: "a green apple", in: image)
    #expect(box == DetectionBox.enclosing(detections.map(\.box)))
    let words = try detections.map { try detector.words(of: $0, in: "a green apple") }
    #expect(words.allSatisfy { $0.split(separator: " ").count <= 6 })
    #expect(words.contains { $0.contains("apple") })
  }

  @Test func theWholeImageIsTheBoxWhenNothingIsFound() throws {
    #expect(try detector.enclosingBox(of: "a kettle", in: image, boxThreshold: 1) == .wholeImage)
  }

  @Test func rawPixelsAreAnotherPictureToTheModel() throws {
    let standard = try detector.detections(of: "a kettle", in: image, boxThreshold: 0)
    let raw = try detector.detections(of: "a kettle", in: image, boxThreshold: 0, preprocessing: .raw)
    #expect(standard.count == raw.count)
    #expect(standard.map(\.box) != raw.map(\.box))
  }

  @Test func aPhraseTooLongIsRefused() {
    let phrase = [String](repeating: "kettle", count: 40).joined(separator: " ")
    let error = #expect(throws: PhraseError.self) { try detector.detections(of: phrase, in: image) }
    #expect(error?.description.contains("tokens long; the detector reads 30") == true)
  }

  @Test func aPhraseWithoutWordsIsRefused() {
    #expect(throws: PhraseError.self) { try detector.detections(of: " . ", in: image) }
  }

  @Test func aPictureWithFewerPlacesThanQueriesIsRefused() throws {
    let tiny = RGBImage(width: 8, height: 8, pixels: [UInt8](repeating: 90, count: 3 * 64))
    let error = #expect(throws: ImageError.self) {
      try detector.detections(of: "a kettle", in: tiny, preprocessing: .raw, name: "tiny.png")
    }
    #expect(error?.description.contains("8×8 pixels have 4 places") == true)
    #expect(error?.path == "tiny.png")
  }

  @Test(arguments: [(37, 91), (64, 64), (5, 200), (128, 33)])
  func countsTheTokensOfThePyramid(height: Int, width: Int) {
    let raw = GroundingDinoImageProcessor.raw(
      RGBImage(width: width, height: height, pixels: [UInt8](repeating: 7, count: 3 * width * height)))
    let model = detector.model
    let pyramid = model.featureProjection(model.backbone(raw.pixelValues), of: raw)
    #expect(model.tokenCount(height: height, width: width) == pyramid.count)
  }

  @Test func damagedWeightsAreAnErrorAndNoCrash() throws {
    try FixtureModel.withCopy { entries in
      entries["model.encoder.layers.0.deformable_layer.self_attn.sampling_offsets.bias"]?.values[3] = .nan
      entries["model.decoder.layers.0.fc1.bias"]?.values[1] = .nan
    } _: { folder in
      let damaged = try ObjectDetector(folder: folder)
      #expect(throws: CheckpointError.self) { try damaged.detections(of: "a kettle", in: image) }
    }
  }
}
