import Checkpoints
import ChildProcesses
import Foundation
import Jobs
import Synthesis

/// stable-diffusion.cpp's command line program, `sd-cli`, as somebody to compare with.
///
/// It draws a whole picture from the same weights and tells how long each stage took; of its steps of denoising the time of one is
/// the sum over their number. Prompts are padded to 256 tokens there, so our transformer gets as many. Without a T5 their states
/// are zeros, which take as long.
package struct StableDiffusionCpp {
  /// Tokens of text that its transformer sees.
  package static let textTokens = 256
  private static let steps = 3

  let binary: String

  package init(binary: String) { self.binary = binary }

  /// What it computes, too.
  package static let rows: [ModelRow] = [.fluxFloat32, .fluxBFloat16, .fluxInt8, .decode]

  /// - Parameter root: The folder of the rows' weights, in which those that it needs besides are written.
  /// - Returns: Seconds.
  package func seconds(_ row: ModelRow, in root: String, threads: Int) throws -> Double {
    let drawer = row == .decode ? ModelRow.fluxBFloat16 : row
    for row in [drawer, .decode] { try row.prepare(in: root) }
    let encoder = "\(root)/clip-l"
    if !FileManager.default.fileExists(atPath: encoder) {
      let part = ModelPart(.clipText, folder: "", configuration: PublishedShape.clipL)
      try SyntheticModel(parts: [part], files: [:]).write(to: encoder)
    }
    let picture = FileManager.default.temporaryDirectory.appending(path: "sd-\(UUID().uuidString).png")
    defer { try? FileManager.default.removeItem(at: picture) }
    var arguments = [
      "--diffusion-model", try Self.renamed(drawer, in: root),
      "--vae", "\(root)/\(ModelRow.decode.peerFolder)/diffusion_pytorch_model.safetensors",
      "--clip_l", "\(encoder)/model.safetensors", "--prompt", "a picture", "--width", "512", "--height",
      "512",
      "--steps", "\(row == .decode ? 1 : Self.steps)", "--cfg-scale", "1", "--sampling-method", "euler",
      "--seed", "1",
      "--threads", "\(threads)", "--output", picture.path,
    ]
    if row == .fluxInt8 { arguments += ["--type", "q8_0"] }
    let child = try ChildProcess(binary, arguments, input: .nothing, output: .pipe, errors: .nothing)
    let said = String(decoding: child.output?.readDataToEndOfFile() ?? Data(), as: UTF8.self)
    let end = child.wait()
    let stage = row == .decode ? "decode_first_stage" : "sampling"
    guard end == .exited(status: 0), let seconds = Self.seconds(of: stage, in: said) else {
      let last = said.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
      throw JobFailure(
        .internalError, "\(binary) did not say how long \(stage) took (\(end))\(last)",
        hint: "Run it by hand: \(([binary] + arguments).joined(separator: " "))")
    }
    return row == .decode ? seconds : seconds / Double(Self.steps)
  }

  /// The file of a row's transformer under Black Forest Labs' names, written unless it is there.
  private static func renamed(_ row: ModelRow, in root: String) throws -> String {
    let (source, target) = ("\(root)/\(row.peerFolder)", "\(root)/\(row.peerFolder)-renamed.safetensors")
    guard !FileManager.default.fileExists(atPath: target) else { return target }
    let checkpoint = try Checkpoint(path: source)
    let type: SafetensorsWriter.FloatType = row == .fluxFloat32 ? .float32 : .bfloat16
    var writer = SafetensorsWriter()
    func floats(_ name: String) throws -> [Float]? {
      guard let (file, entry) = checkpoint.locate(name) else { return nil }
      return try file.floats(entry.name)
    }
    for module in BlackForestNames.modules(double: 1, single: 1) {
      for ending in ["weight", "bias"] {
        let parts = try module.layers.compactMap { try floats("\($0).\(ending)") }
        guard parts.count == module.layers.count else { continue }
        var values = Array(parts.joined())
        if module.swapsHalves {
          values = Array(values[(values.count / 2)...] + values[..<(values.count / 2)])
        }
        let inner = checkpoint.locate("\(module.layers[0]).\(ending)")?.entry.shape.dropFirst() ?? []
        let shape = [values.count / inner.reduce(1, *)] + inner
        writer.add("\(module.name).\(ending)", values, shape: shape, as: type)
      }
    }
    for norm in BlackForestNames.norms(double: 1, single: 1) {
      if let values = try floats(norm.tensor) {
        writer.add(norm.name, values, shape: [values.count], as: type)
      }
    }
    try writer.write(to: target)
    return target
  }

  /// What a log says of a stage: `sampling completed, taking 3.21s`.
  static func seconds(of stage: String, in log: String) -> Double? {
    let pattern = #/(?<stage>\w+) completed, taking (?<number>[0-9.]+) ?(?<unit>ms|s)/#
    for match in log.matches(of: pattern) where match.output.stage == stage {
      return Double(match.output.number).map { match.output.unit == "ms" ? $0 / 1000 : $0 }
    }
    return nil
  }
}
