import Checkpoints
import Images
import Testing

@testable import GroundingDINO

@Suite struct GroundingDinoImageProcessorTests {
  private typealias Scaling = GroundingDinoImageProcessor.Scaling

  private func picture(width: Int, height: Int) -> RGBImage {
    RGBImage(
      width: width, height: height,
      pixels: (0..<3 * width * height).map { UInt8(truncatingIfNeeded: $0 * 37 + $0 / 50) })
  }

  private func configuration(_ text: String) throws -> GroundingDinoImageProcessor.Configuration {
    try .init(ModelConfiguration(text: text, path: "preprocessor_config.json"))
  }

  /// Sizes that transformers' `get_size_with_aspect_ratio` gives.
  @Test(arguments: [
    (640, 480, 1066, 800), (480, 640, 800, 1066), (800, 800, 800, 800), (1024, 1024, 800, 800),
    (2000, 500, 1333, 333), (500, 2000, 333, 1333), (800, 1000, 800, 1000), (101, 61, 1324, 800),
    (1333, 800, 1333, 800), (1334, 800, 1333, 799), (31, 2000, 21, 1333),
  ])
  func scalesTheShorterSideUnlessTheLongerOneBecomesTooLong(
    width: Int, height: Int, newWidth: Int, newHeight: Int
  ) {
    let size = Scaling.edges(shortest: 800, longest: 1333).size(width: width, height: height)
    #expect(size == (newWidth, newHeight))
  }

  @Test func normalisesEveryChannelByItsOwnMean() throws {
    let configuration = try configuration(#"{"do_resize": false}"#)
    let image = RGBImage(width: 1, height: 1, pixels: [255, 0, 51])
    let pixels = try GroundingDinoImageProcessor(configuration).pixels(of: image)
    #expect(pixels.pixelValues.shape == [3, 1, 1])
    let expected: [Float] = [(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225]
    for (value, target) in zip(pixels.pixelValues.values, expected) { #expect(abs(value - target) < 1e-6) }
  }

  @Test func padsABatchToItsLargestSidesWithZeros() throws {
    let configuration = try configuration(#"{"do_resize": false}"#)
    let batch = try GroundingDinoImageProcessor(configuration).batch(of: [
      picture(width: 3, height: 5), picture(width: 4, height: 2),
    ])
    #expect(batch.map(\.pixelValues.shape) == [[3, 5, 4], [3, 5, 4]])
    #expect(batch.map(\.validWidth) == [3, 4])
    #expect(batch.map(\.validHeight) == [5, 2])
    let first = batch[0].pixelValues.values
    #expect((0..<15).allSatisfy { first[4 * $0 + 3] == 0 })
    #expect(first[4 * 14 + 2] != 0)
  }

  @Test func rawPixelsAreLevelsFromNoughtToOneAtTheirOwnSize() {
    let image = picture(width: 7, height: 4)
    let raw = GroundingDinoImageProcessor.raw(image)
    #expect(raw.pixelValues.shape == [3, 4, 7])
    #expect(raw.pixelValues.values[28 + 9] == Float(image.pixels[3 * 9 + 1]) / 255)
  }

  @Test func readsOldAndNewSizes() throws {
    #expect(try configuration("{}").scaling == .edges(shortest: 800, longest: 1333))
    #expect(
      try configuration(#"{"size": 600, "max_size": 900}"#).scaling == .edges(shortest: 600, longest: 900))
    #expect(
      try configuration(#"{"size": {"height": 20, "width": 30}}"#).scaling == .exactly(width: 30, height: 20))
    #expect(throws: CheckpointError.self) { try configuration(#"{"pad_size": {"height": 5, "width": 5}}"#) }
    #expect(throws: CheckpointError.self) { try configuration(#"{"size": {"shortest_edge": 5}}"#) }
    #expect(throws: CheckpointError.self) {
      try configuration(#"{"image_processor_type": "CLIPImageProcessor"}"#)
    }
  }

  @Test func refusesAPictureThatWouldBecomeALine() throws {
    let error = #expect(throws: ImageError.self) {
      try GroundingDinoImageProcessor().pixels(of: picture(width: 3000, height: 1), name: "thin.png")
    }
    #expect(error?.path == "thin.png")
  }
}
