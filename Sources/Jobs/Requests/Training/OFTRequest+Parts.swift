extension OFTRequest {
  /// Where the box comes from that a step's log-probability is taken in.
  package enum Detector: Sendable, Equatable {
    /// A GroundingDINO model asked for the prompt's `object`; its boxes are enclosed in one.
    case model(String, boxThreshold: Double, textThreshold: Double)
    /// The prompts bring their boxes.
    case boxes
    /// The whole image is the box.
    case wholeImage

    /// How the job writes the cases that are not a model.
    package enum Name: String, Sendable, Codable, CaseIterable {
      case boxes
      case wholeImage = "none"
    }

    package enum Field: String, FieldNames, CodingKey {
      case model
      case boxThreshold = "box_threshold"
      case textThreshold = "text_threshold"
    }

    init(reading fields: FieldReader<Field>) {
      fields.require(.model, "a GroundingDINO folder, or a name under the spool's models/")
      self = .model(
        fields.string(.model) ?? "",
        boxThreshold: fields.number(.boxThreshold, in: 0...1) ?? 0.35,
        textThreshold: fields.number(.textThreshold, in: 0...1) ?? 0.25)
    }
  }

  /// Faults of the published implementation, for repeating its runs; off by default.
  package struct DetectorQuirks: Sendable, Equatable, Encodable {
    /// The detector gets images in 0…1 at their own size, neither resized nor normalised as it was trained.
    package var rawDetectorImages = false
    /// A box that begins beyond the left or upper edge wraps round as a Python slice, which mostly leaves nothing.
    package var boxWrapAround = false

    package init() {}

    package enum Field: String, FieldNames, CodingKey {
      case rawDetectorImages = "raw_detector_images"
      case boxWrapAround = "box_wrap_around"
    }

    typealias CodingKeys = Field

    init(reading fields: FieldReader<Field>) {
      rawDetectorImages = fields.bool(.rawDetectorImages) ?? rawDetectorImages
      boxWrapAround = fields.bool(.boxWrapAround) ?? boxWrapAround
    }
  }

  /// What the loss of a step is the mean of.
  package enum PairLoss: String, Sendable, Codable, CaseIterable {
    /// `−ln sigmoid` of the pair itself: DPO as published.
    case pairs
    /// The published implementation's 2×2 matrix of a pair with itself: three constants, a quarter of the gradient.
    case matrix
  }

  /// How far the policy may drift from the reference before the run stops with its best adapter so far.
  package struct GuardLimits: Sendable, Equatable, Encodable {
    /// Mean |Δv| between the velocities of policy and reference.
    package var maxVelocityDrift: Double?
    /// The KL divergence of the policy from the reference: (μ − μ_ref)²/2τ² of the steps that are learnt from, as a mean over
    /// all numbers of the latents.
    package var maxKL: Double?

    package init(maxVelocityDrift: Double? = nil, maxKL: Double? = nil) {
      self.maxVelocityDrift = maxVelocityDrift
      self.maxKL = maxKL
    }

    package enum Field: String, FieldNames, CodingKey {
      case maxVelocityDrift = "max_velocity_drift"
      case maxKL = "max_kl"
    }

    typealias CodingKeys = Field

    init(reading fields: FieldReader<Field>) {
      maxVelocityDrift = fields.number(.maxVelocityDrift, in: 1e-9...1e6)
      maxKL = fields.number(.maxKL, in: 1e-9...1e6)
      if !Field.allCases.contains(where: fields.has) {
        fields.report(
          .missingField, .maxVelocityDrift, "is missing, and so is max_kl: give one limit or both")
      }
    }
  }
}

extension OFTRequest.Detector: Encodable {
  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .model(let model, let boxThreshold, let textThreshold):
      var fields = encoder.container(keyedBy: Field.self)
      try fields.encode(model, forKey: .model)
      try fields.encode(boxThreshold, forKey: .boxThreshold)
      try fields.encode(textThreshold, forKey: .textThreshold)
    case .boxes: try Name.boxes.rawValue.encode(to: encoder)
    case .wholeImage: try Name.wholeImage.rawValue.encode(to: encoder)
    }
  }
}
