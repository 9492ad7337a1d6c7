import Foundation
import Images
import Jobs
import Rewards

/// Runs a `generate` job: prompts to PNG files, scored when asked.
///
/// Image k of prompt p draws its noise from its own seed, one image at a time, so that an image does not depend on
/// what else the job draws, and an attempt that follows a killed one goes on with the first image that is missing.
struct GenerateRunner {
  let shelf: ModelShelf
  let resolver: PathResolver
  let output: OutputFolder
  let context: JobContext
  let clock: StageClock
  let version: String

  /// The job with its models, ready to draw: everything that a job file can get wrong has been checked.
  struct Plan {
    let job: ResolvedGenerate
    let drawing: DrawingModel
    let scoring: SciScore?
    let latents: StartLatents?
    /// Equal for attempts whose images would be equal.
    let fingerprint: String
  }

  /// - Parameter keepingRecord: Whether a later attempt shall still know the images: for jobs that go on after drawing.
  func run(_ plan: Plan, keepingRecord: Bool = false) throws(JobFailure) -> GenerateResult {
    let planned = plan.job.images
    let record = try ImageRecord(in: output, fingerprint: plan.fingerprint)
    let files = planned.map { Self.fileName(of: $0, in: plan.job) }
    let resumed = files.count { record.finished[$0] != nil }
    if resumed > 0 {
      context.log(
        LogLine(.info, "going on after \(resumed) of \(files.count) images that an earlier attempt drew"))
    }
    // A step of the transformer is one unit; so is decoding, scoring and writing together.
    let units = plan.job.inferenceSteps + 1
    var meter = ProgressMeter(total: files.count * units, done: resumed * units, clock: clock)

    // Of those that an earlier attempt did not draw.
    let open = zip(planned, files).filter { record.finished[$1] == nil }.map { $0.0.prompt }
    try drawing(plan).encode(open.map { plan.job.prompts[$0] })
    var images: [GeneratedImage] = []
    for (index, (image, file)) in zip(planned, files).enumerated() {
      if let finished = record.finished[file] {
        images.append(finished)
        continue
      }
      try context.checkCancellation()
      let new = try draw(image, number: index, to: file, plan, &meter)
      try record.add(new)
      images.append(new)
    }
    if !keepingRecord { record.remove() }
    return GenerateResult(model: plan.job.model, scoreModel: plan.job.score?.model, images: images)
  }

  private func drawing(_ plan: Plan) -> ImageDrawing {
    ImageDrawing(
      model: plan.drawing, job: plan.job, context: context, clock: clock, spoolRoot: resolver.spoolRoot)
  }

  private func draw(
    _ planned: ResolvedGenerate.PlannedImage, number: Int, to file: String, _ plan: Plan,
    _ meter: inout ProgressMeter
  ) throws(JobFailure) -> GeneratedImage {
    let (job, start) = (plan.job, clock.elapsed)
    let prompt = job.prompts[planned.prompt]
    let drawing = drawing(plan)
    let picture = try drawing.picture(of: prompt, seed: planned.seed, start: plan.latents?[number]) {
      context.progress(meter.advance(.denoise))
    }
    let score = try plan.scoring.map { scorer throws(JobFailure) in
      try clock.measure(.score) { () throws(JobFailure) in
        try JobFailure.of("score.model") {
          Double(try scorer.scores(prompts: [prompt.prompt], images: [picture])[0])
        }
      }
    }
    var image = GeneratedImage(
      file: file, prompt: prompt.prompt, negativePrompt: prompt.negativePrompt, object: prompt.object,
      seed: plan.latents == nil || job.sampler != .ode ? planned.seed : nil, height: job.height,
      width: job.width,
      score: score, sha256: "", seconds: 0)
    let artifact = try clock.measure(.write) { () throws(JobFailure) in
      let texts = ImageTexts(
        version: version, model: job.model, image: image, steps: job.inferenceSteps,
        guidance: job.guidanceScale,
        trueCFG: job.trueCFGScale, maxSequenceLength: job.maxSequenceLength, sampler: job.sampler)
      return try output.write(picture.pngData(texts: try texts.pngTexts()), to: file)
    }
    image.sha256 = artifact.sha256
    image.seconds = clock.elapsed - start
    context.artifact(JobArtifact(file: file, bytes: artifact.bytes, sha256: artifact.sha256, image: image))
    context.progress(meter.advance(.write))
    return image
  }

  /// `images/0003-1.png`: image 1 of prompt 3, so that names sort as the job lists them.
  static func fileName(of image: ResolvedGenerate.PlannedImage, in job: ResolvedGenerate) -> String {
    func padded(_ number: Int, beside largest: Int, atLeast digits: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, max(digits, String(largest).count) - text.count)) + text
    }
    let prompt = padded(image.prompt, beside: job.prompts.count - 1, atLeast: 4)
    return "images/\(prompt)-\(padded(image.number, beside: job.imagesPerPrompt - 1, atLeast: 1)).png"
  }
}
