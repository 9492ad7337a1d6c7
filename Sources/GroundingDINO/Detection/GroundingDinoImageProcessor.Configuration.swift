import Checkpoints
import Foundation
import Images

extension GroundingDinoImageProcessor {
  /// What `preprocessor_config.json` says, with the defaults of the class for what it does not say.
  ///
  /// transformers 5.23.0 `models/grounding_dino/image_processing_pil_grounding_dino.py`. An old `size` that is a number goes
  /// with `max_size`.
  package struct Configuration: Equatable, Sendable {
    package var scaling: Scaling = .edges(shortest: 800, longest: 1333)
    package var filter: ResamplingFilter = .bilinear
    /// What pixel levels 0...255 are multiplied by.
    package var rescaleFactor: Double = 1 / 255
    /// Subtracted from each channel, after which ``deviation`` divides.
    package var mean: [Float] = [0.485, 0.456, 0.406]
    package var deviation: [Float] = [0.229, 0.224, 0.225]

    package init() {}

    package init(_ file: ModelConfiguration) throws(CheckpointError) {
      if file["image_processor_type"] != nil {
        _ = try file.string(
          "image_processor_type",
          oneOf: [
            "GroundingDinoImageProcessor", "GroundingDinoImageProcessorFast",
            "GroundingDinoImageProcessorPil",
          ])
      }
      if try !file.bool("do_resize", default: true) {
        scaling = .none
      } else if file["size"] != nil {
        scaling = try Self.scaling(file)
      }
      switch try file.integer("resample", in: 0...5, default: 2) {
      case 1: filter = .lanczos
      case 2: filter = .bilinear
      case 3: filter = .bicubic
      default:
        throw file.error("resample", "is not supported", expected: "1 (Lanczos), 2 (bilinear) or 3 (bicubic)")
      }
      rescaleFactor =
        try file.bool("do_rescale", default: true) ? file.number("rescale_factor", default: 1 / 255) : 1
      try file.require("pad_size", is: .null, because: "Images are padded to the largest of their batch")
      if try file.bool("do_normalize", default: true) {
        mean = try Self.channels(file, "image_mean", default: mean)
        deviation = try Self.channels(file, "image_std", default: deviation)
        guard deviation.allSatisfy({ $0 != 0 }) else {
          throw file.error("image_std", "divides by zero", expected: "three numbers other than 0")
        }
      } else {
        (mean, deviation) = ([0, 0, 0], [1, 1, 1])
      }
    }

    private static func scaling(_ file: ModelConfiguration) throws(CheckpointError) -> Scaling {
      let sides = 1...16_384
      if file["size"]?.object == nil {
        return .edges(
          shortest: try file.integer("size", in: sides),
          longest: try file.integer("max_size", in: sides, default: 1333))
      }
      let size = try file.nested("size")
      try size.refuseKeys(otherThan: ["shortest_edge", "longest_edge", "height", "width"])
      if size["shortest_edge"] != nil {
        return .edges(
          shortest: try size.integer("shortest_edge", in: sides),
          longest: try size.integer("longest_edge", in: sides))
      }
      return .exactly(
        width: try size.integer("width", in: sides), height: try size.integer("height", in: sides))
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

  /// What size a picture is scaled to.
  package enum Scaling: Equatable, Sendable {
    /// The shorter side to its length, or less where the longer side would exceed its own.
    case edges(shortest: Int, longest: Int)
    case exactly(width: Int, height: Int)
    case none

    /// As `get_size_with_aspect_ratio` of transformers 5.23.0 `image_transforms.py`.
    package func size(width: Int, height: Int) -> (width: Int, height: Int) {
      switch self {
      case .none: return (width, height)
      case .exactly(let newWidth, let newHeight): return (newWidth, newHeight)
      case .edges(let shortest, let longest):
        let (short, long) = (Double(min(width, height)), Double(max(width, height)))
        var edge = Double(shortest)
        var whole = shortest
        if long / short * edge > Double(longest) {
          edge = Double(longest) * short / long
          whole = Int(edge.rounded(.toNearestOrEven))
        }
        guard min(width, height) != whole else { return (width, height) }
        // Only the shorter side is rounded before the longer one is worked out from the unrounded length.
        return width < height
          ? (whole, Int(edge * Double(height) / Double(width)))
          : (Int(edge * Double(width) / Double(height)), whole)
      }
    }
  }
}
