import Checkpoints
import Foundation
import Images

extension CLIPImageProcessor {
  /// What `preprocessor_config.json` says, with the defaults of the class for what it does not say.
  ///
  /// transformers 5.23.0 `models/clip/image_processing_pil_clip.py`. `size` and `crop_size` may be numbers (old files) or objects.
  package struct Configuration: Equatable, Sendable {
    /// What an image is scaled to before it is cropped.
    package enum Scaling: Equatable, Sendable {
      /// The shorter side to this length, the longer one in proportion.
      case shortestEdge(Int)
      case exactly(Size)
      case none
    }

    package struct Size: Equatable, Sendable {
      package var width: Int
      package var height: Int
    }

    package var scaling: Scaling = .shortestEdge(224)
    package var filter: ResamplingFilter = .bicubic
    /// The size of what is cut from the middle; nil to leave the image whole.
    package var crop: Size? = Size(width: 224, height: 224)
    /// What pixel levels 0...255 are multiplied by.
    package var rescaleFactor: Double = 1 / 255
    /// Subtracted from each channel, after which ``deviation`` divides.
    package var mean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    package var deviation: [Float] = [0.26862954, 0.26130258, 0.27577711]

    package init() {}

    package init(_ file: ModelConfiguration) throws(CheckpointError) {
      try Self.requireCLIP(file)
      if try !file.bool("do_resize", default: true) {
        scaling = .none
      } else if file["size"] != nil {
        scaling = try Self.scaling(file)
      }
      filter = try Self.filter(file)
      if try !file.bool("do_center_crop", default: true) {
        crop = nil
      } else if file["crop_size"] != nil {
        crop = try Self.crop(file)
      }
      rescaleFactor =
        try file.bool("do_rescale", default: true) ? file.number("rescale_factor", default: 1 / 255) : 1
      if try file.bool("do_normalize", default: true) {
        mean = try Self.channels(file, "image_mean", default: mean)
        deviation = try Self.channels(file, "image_std", default: deviation)
        guard deviation.allSatisfy({ $0 != 0 }) else {
          throw file.error("image_std", "divides by zero", expected: "three numbers other than 0")
        }
      } else {
        (mean, deviation) = ([0, 0, 0], [1, 1, 1])
      }
      try file.require("do_pad", is: .bool(false), because: "CLIP's images are cropped, not padded")
    }

    /// Width and height of what the processor makes; nil when it depends on the image.
    package var outputSize: Size? {
      if let crop { return crop }
      if case .exactly(let size) = scaling { return size }
      return nil
    }

    private static func requireCLIP(_ file: ModelConfiguration) throws(CheckpointError) {
      // Files of before transformers 4.27 have the second key only.
      for key in ["image_processor_type", "feature_extractor_type"] where file[key] != nil {
        _ = try file.string(
          key,
          oneOf: [
            "CLIPImageProcessor", "CLIPFeatureExtractor", "CLIPImageProcessorFast", "CLIPImageProcessorPil",
          ])
        return
      }
    }

    private static func scaling(_ file: ModelConfiguration) throws(CheckpointError) -> Scaling {
      if file["size"]?.object == nil { return .shortestEdge(try file.integer("size", in: 1...16_384)) }
      let size = try file.nested("size")
      try size.refuseKeys(otherThan: ["shortest_edge", "height", "width"])
      if size["shortest_edge"] != nil {
        return .shortestEdge(try size.integer("shortest_edge", in: 1...16_384))
      }
      return .exactly(try Self.size(size))
    }

    private static func crop(_ file: ModelConfiguration) throws(CheckpointError) -> Size {
      if file["crop_size"]?.object == nil {
        let side = try file.integer("crop_size", in: 1...16_384)
        return Size(width: side, height: side)
      }
      return try size(file.nested("crop_size"))
    }

    private static func size(_ file: ModelConfiguration) throws(CheckpointError) -> Size {
      Size(
        width: try file.integer("width", in: 1...16_384), height: try file.integer("height", in: 1...16_384))
    }

    /// Pillow's numbers for filters.
    private static func filter(_ file: ModelConfiguration) throws(CheckpointError) -> ResamplingFilter {
      switch try file.integer("resample", in: 0...5, default: 3) {
      case 1: return .lanczos
      case 2: return .bilinear
      case 3: return .bicubic
      default:
        throw file.error("resample", "is not supported", expected: "1 (Lanczos), 2 (bilinear) or 3 (bicubic)")
      }
    }

    private static func channels(
      _ file: ModelConfiguration, _ key: String, default fallback: [Float]
    ) throws(CheckpointError) -> [Float] {
      guard let value = file[key] else { return fallback }
      let numbers = value.array?.compactMap(\.double).filter(\.isFinite) ?? []
      guard numbers.count == 3, value.array?.count == 3 else {
        throw file.error(key, "is not usable", expected: "three numbers, one a channel")
      }
      return numbers.map { Float($0) }
    }
  }
}
