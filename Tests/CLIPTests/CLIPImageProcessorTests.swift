import Checkpoints
import Images
import Testing

@testable import CLIP

@Suite struct CLIPImageProcessorTests {
  private func processor(_ text: String) throws -> CLIPImageProcessor {
    try CLIPImageProcessor(.init(ModelConfiguration(text: text, path: "p.json")))
  }

  private func grey(_ width: Int, _ height: Int, _ level: UInt8 = 128) -> RGBImage {
    RGBImage(width: width, height: height, pixels: [UInt8](repeating: level, count: 3 * width * height))
  }

  @Test func numbersAndObjectsMeanTheSame() throws {
    let old = try processor(
      #"{"size": 40, "crop_size": 32, "feature_extractor_type": "CLIPFeatureExtractor"}"#)
    let new = try processor(
      """
      {"size": {"shortest_edge": 40}, "crop_size": {"height": 32, "width": 32}, "resample": 3,
       "image_processor_type": "CLIPImageProcessor"}
      """)
    #expect(old.configuration == new.configuration)
    #expect(try processor("{}").configuration == CLIPImageProcessor().configuration)
    #expect(old.configuration.outputSize == .init(width: 32, height: 32))
  }

  @Test(
    "The longer side is rounded down",
    arguments: [
      (317, 211, 336, 224), (101, 163, 224, 361), (9, 200, 224, 4977), (224, 224, 224, 224), (3, 2, 336, 224),
    ])
  func scaledSize(width: Int, height: Int, scaledWidth: Int, scaledHeight: Int) {
    #expect(
      CLIPImageProcessor().scaledSize(width: width, height: height)
        == .init(width: scaledWidth, height: scaledHeight))
  }

  @Test func levelsAreScaledThenNormalised() throws {
    let values = try processor(#"{"size": 2, "crop_size": 2}"#).pixelValues(of: [
      grey(2, 2, 255), grey(2, 2, 0),
    ])
    #expect(values.shape == [2, 3, 2, 2])
    #expect(values.values[0] == (1 - Float(0.48145466)) / Float(0.26862954))
    #expect(values.values[4] == (1 - Float(0.4578275)) / Float(0.26130258))
    #expect(values.values[12] == (0 - Float(0.48145466)) / Float(0.26862954))
    let plain = try processor(#"{"size": 2, "crop_size": 2, "do_normalize": false, "do_rescale": false}"#)
    #expect(try plain.pixelValues(of: [grey(2, 2, 7)]).values.allSatisfy { $0 == 7 })
  }

  @Test func channelsComeOneAfterTheOther() throws {
    let image = RGBImage(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
    let values = try processor(
      """
      {"size": {"height": 1, "width": 2}, "do_center_crop": false, "do_rescale": false, "do_normalize": false}
      """
    ).pixelValues(of: [image])
    #expect(values.values == [1, 4, 2, 5, 3, 6])
  }

  @Test func cropsTheMiddle() throws {
    let image = RGBImage(width: 5, height: 2, pixels: (0..<10).flatMap { [$0, $0, $0] })
    let cropped = try processor(#"{"size": 2, "crop_size": 2}"#).cropped(image)
    #expect(cropped.pixels == [1, 1, 1, 2, 2, 2, 6, 6, 6, 7, 7, 7])
  }

  @Test func aThreadOfAPictureIsRefusedBeforeItFillsTheMemory() throws {
    let error = try #require(throws: ImageError.self) {
      try CLIPImageProcessor().pixelValues(of: [grey(1, 30_000)], names: ["thread.png"])
    }
    #expect(error.description.contains("thread.png: 1×30000 pixels become 224×6720000 when scaled"))
  }

  @Test(
    "Settings that do not work are refused by name",
    arguments: [
      (#"{"image_processor_type": "ViTImageProcessor"}"#, "image_processor_type"),
      (#"{"resample": 4}"#, "resample"),
      (#"{"size": {"longest_edge": 5}}"#, "size.longest_edge"), (#"{"crop_size": 0}"#, "crop_size"),
      (#"{"image_mean": [0.5]}"#, "image_mean"), (#"{"image_std": [1, 0, 1]}"#, "image_std"),
      (#"{"do_pad": true}"#, "do_pad"),
    ])
  func refused(text: String, key: String) throws {
    let error = try #require(throws: CheckpointError.self) { try processor(text) }
    #expect(error.description.contains("p.json: \"\(key)\""), "\(error)")
  }
}
