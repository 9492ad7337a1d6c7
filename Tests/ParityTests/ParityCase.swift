import Checkpoints
import Foundation
import Testing

/// One folder with a `case.json`: what a reference library computed, and how close we must come.
///
/// The format is the contract of `docs/parity.md`: `compare` lists tensors of `expected.safetensors`, each with metric
/// and tolerance; all other files are the kind's own.
struct ParityCase: Sendable, CustomTestStringConvertible {
  struct Comparison: Sendable {
    var tensor: String
    /// `peak`, `abs`, `grad` or `exact`.
    var metric: String
    var tolerance: Double
    /// For `grad`: below this norm only the size of ours is judged.
    var floor: Double
  }

  let folder: String
  let description: ModelConfiguration
  let comparisons: [Comparison]

  var name: String { URL(fileURLWithPath: folder).lastPathComponent }
  var testDescription: String { name }

  init(folder: String) throws {
    self.folder = folder
    description = try ModelConfiguration(path: "\(folder)/case.json")
    comparisons = try (description["compare"]?.array ?? []).map { entry in
      let fields = try #require(entry.object)
      return Comparison(
        tensor: try #require(fields["tensor"]?.string), metric: try #require(fields["metric"]?.string),
        tolerance: fields["tol"]?.double ?? 0, floor: fields["floor"]?.double ?? 1e-7)
    }
  }

  func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(path)") }

  func file(_ name: String) throws -> SafetensorsFile { try SafetensorsFile(path: "\(folder)/\(name)") }

  /// All cases below `Tests/Fixtures/parity` and below the folders that `PARITY_CASES` names, colons between them.
  static let all: [ParityCase] = {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/parity").path
    let others =
      ProcessInfo.processInfo.environment["PARITY_CASES"]?.split(separator: ":").map(String.init) ?? []
    return ([fixtures] + others).flatMap { root in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: root).sorted()) ?? []
      return (names.map { "\(root)/\($0)" } + [root]).filter {
        FileManager.default.fileExists(atPath: "\($0)/case.json")
      }
    }.compactMap { folder in
      do { return try ParityCase(folder: folder) } catch {
        Issue.record("\(folder)/case.json cannot be read: \(error)")
        return nil
      }
    }
  }()
}

extension ParityCase {
  /// Compares every tensor that the case lists with what `results` holds under its name, and prints the errors.
  func check(_ results: [String: [Float]], sourceLocation: SourceLocation = #_sourceLocation) throws {
    let expected = try file("expected.safetensors")
    for comparison in comparisons {
      let name = comparison.tensor
      guard let result = results[name] else {
        Issue.record("\(self.name): \(name) was not computed", sourceLocation: sourceLocation)
        continue
      }
      let type = try expected.entry(name).type
      let isFloat = [.float16, .bfloat16, .float32, .float64].contains(type)
      let target = try isFloat ? expected.floats(name) : expected.integers(name).map { Float($0) }
      guard target.count == result.count else {
        Issue.record(
          "\(self.name): \(name) has \(result.count) values, expected \(target.count)",
          sourceLocation: sourceLocation)
        continue
      }
      let error = Self.error(of: result, against: target, comparison)
      print(
        "parity \(self.name) \(name): \(comparison.metric) error \(error), tolerance \(comparison.tolerance)")
      #expect(
        error <= comparison.tolerance, "\(self.name): \(name) (\(comparison.metric))",
        sourceLocation: sourceLocation)
    }
  }

  /// The error by the comparison's metric; infinite where one side is finite and the other is not the same.
  private static func error(of result: [Float], against target: [Float], _ comparison: Comparison) -> Double {
    var largest = 0.0
    var peak = 0.0
    var squares = 0.0
    var targetSquares = 0.0
    var resultSquares = 0.0
    for (ours, theirs) in zip(result, target) {
      guard theirs.isFinite && ours.isFinite else {
        guard ours == theirs || (ours.isNaN && theirs.isNaN) else { return .infinity }
        continue
      }
      let difference = abs(Double(ours) - Double(theirs))
      largest = max(largest, difference)
      peak = max(peak, abs(Double(theirs)))
      squares += difference * difference
      targetSquares += Double(theirs) * Double(theirs)
      resultSquares += Double(ours) * Double(ours)
    }
    switch comparison.metric {
    case "peak": return peak == 0 ? largest : largest / peak
    case "abs", "exact": return largest
    case "grad":
      guard targetSquares.squareRoot() >= comparison.floor else {
        return resultSquares.squareRoot() <= 10 * comparison.floor ? 0 : .infinity
      }
      return (squares / targetSquares).squareRoot()
    default: return .infinity
    }
  }
}
