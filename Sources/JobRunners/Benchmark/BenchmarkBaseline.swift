import Foundation
import Jobs

/// A former generator benchmark, read from its outbox folder.
struct BenchmarkBaseline {
  /// As the job names it.
  let name: String
  let images: [GeneratorBenchmarkResult.Image]
  private let result: GeneratorBenchmarkResult

  private static let field = BenchmarkRequest.Field.baseline.rawValue

  /// - Throws: ``JobFailure`` when the folder holds no result of a generator benchmark.
  init(_ name: String, _ resolver: PathResolver) throws(JobFailure) {
    let name = name.hasSuffix("/") && name.count > 1 ? String(name.dropLast()) : name
    let folder = try resolver.resolve(name, as: .folder, field: Self.field)
    let content = try Self.content(resolver.resolve("\(folder)/result.json", as: .file, field: Self.field))
    guard let job = try? JobJSON.value(JobResult.self, from: content),
      case .benchmark(let benchmark) = job.outcome, let result = benchmark.pictures
    else {
      throw JobFailure(
        .badInput, "\(name)/result.json is no result of a benchmark job with the suite generator or images",
        hint: "Name the outbox folder of such a job: outbox/<name>.", field: Self.field)
    }
    let lines = try Self.content(resolver.resolve("\(folder)/scores.jsonl", as: .file, field: Self.field))
    var images: [GeneratorBenchmarkResult.Image] = []
    for (index, line) in lines.split(separator: UInt8(ascii: "\n")).enumerated() {
      guard let image = try? JobJSON.value(GeneratorBenchmarkResult.Image.self, from: Data(line)) else {
        throw JobFailure(
          .badInput, "\(name)/scores.jsonl, line \(index + 1), is no score", hint: "Run that job again.",
          field: Self.field)
      }
      images.append(image)
    }
    (self.name, self.images, self.result) = (name, images, result)
  }

  private static func content(_ path: String) throws(JobFailure) -> Data {
    guard let content = try? Data(contentsOf: URL(filePath: path)) else {
      throw JobFailure(.badInput, "cannot read \(path)", field: field)
    }
    return content
  }

  /// - Throws: ``JobFailure`` naming what the two runs do not share.
  func check(against setup: GeneratorBenchmarkResult.Setup, needsVerdicts: Bool) throws(JobFailure) {
    let differences = setup.differences(from: result.setup)
    guard differences.isEmpty else {
      throw JobFailure(
        .badInput,
        "\(name) cannot be compared: it has another \(differences.joined(separator: ", another "))",
        hint: "Run the baseline with the same prompts, seeds, sizes and scorer.", field: Self.field)
    }
    guard result.tiers[.implicit] != nil else {
      throw JobFailure(
        .badInput, "\(name) has no tier implicit, which is what is compared",
        hint: "Run the baseline with that tier; with explicit, too, for the relative improvement.",
        field: Self.field)
    }
    let each = result.setup.imagesPerPrompt
    for tier in [GeneratorBenchmarkRequest.Tier.implicit, .explicit] {
      guard let each, result.tiers[tier] != nil else { continue }
      let count = setup.tuples * each
      if images.count(where: { $0.tier == tier }) == count { continue }
      throw JobFailure(
        .badInput, "\(name)/scores.jsonl does not have the \(count) pictures of the tier \(tier.rawValue)",
        hint: "Run that job again.", field: Self.field)
    }
    if needsVerdicts && images.contains(where: { $0.verdict == nil }) {
      throw JobFailure(
        .badInput, "\(name) has no verdicts of an oracle",
        hint: "Run the baseline with the same oracle, or leave oracle out.", field: Self.field)
    }
  }
}
