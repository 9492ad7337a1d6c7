import FineTuning
import GroundingDINO
import Images
import Jobs
import Rewards
import Tensors

/// Judges an `oft` job's drawings: the reward model tells what they are worth, the detector where their entity is.
struct OFTJudge: PictureJudge {
  let plan: OFTRunner.Plan

  func rewards(of drawings: [OnlineTrainer.Drawings]) throws -> [[Float]] {
    let items = drawings.map { drawings in
      ScoringItem(
        prompt: plan.job.prompts[drawings.row].prompt, images: pictures(drawings).map { .pixels($0) })
    }
    return try plan.scorer.scores(items).map { $0.map(\.score) }
  }

  func boxes(in drawings: [OnlineTrainer.Drawings]) throws -> [[DetectionBox]] {
    let all = drawings.flatMap { drawings in
      pictures(drawings).map { (prompt: plan.job.prompts[drawings.row], image: $0) }
    }
    let (job, detector) = (plan.job.request, plan.detector)
    let found = Parallelism.map(all.count) { index in
      Result { try Self.box(of: all[index].prompt, in: all[index].image, job, detector) }
    }
    var rest = try found.map { try $0.get() }[...]
    return drawings.map { drawings in
      defer { rest = rest.dropFirst(drawings.count) }
      return Array(rest.prefix(drawings.count))
    }
  }

  private func pictures(_ drawings: OnlineTrainer.Drawings) -> [RGBImage] {
    (0..<drawings.count).map { TrainingPicture.image(drawings.images, $0) }
  }

  private static func box(
    of prompt: EntityPrompt, in image: RGBImage, _ job: OFTRequest, _ detector: ObjectDetector?
  ) throws -> DetectionBox {
    guard job.mask else { return .wholeImage }
    switch job.detector {
    case .wholeImage: return .wholeImage
    case .boxes:
      return prompt.box.map {
        DetectionBox(
          centreX: Float($0.cx), centreY: Float($0.cy), width: Float($0.width), height: Float($0.height))
      } ?? .wholeImage
    case .model(_, let threshold, _):
      return try detector?.enclosingBox(
        of: prompt.object ?? "", in: image, boxThreshold: Float(threshold),
        preprocessing: job.quirks.rawDetectorImages ? .raw : .standard) ?? .wholeImage
    }
  }
}
