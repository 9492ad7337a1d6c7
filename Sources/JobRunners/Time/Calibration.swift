import Foundation

/// How fast a machine computes, from which a job's time is reckoned.
package struct Calibration: Codable, Sendable, Equatable {
  /// Seconds of a transformer block beside its arithmetic, for each number of its stream, and for each score of its
  /// attention.
  package var block = 0.0
  package var element = 0.0
  package var score = 0.0
  /// Seconds of a multiplication and an addition in products, and in those with signed bytes; half of both.
  package var operation = 0.0
  package var byteOperation = 0.0
  package var convolution = 0.0
  package var mapElement = 0.0
  package var convolutionOperation = 0.0
  package var threads = 0
  /// The instruction set of the kernels that were measured.
  package var kernels = ""

  enum CodingKeys: String, CodingKey {
    case block, element, score, operation, threads, kernels, convolution
    case mapElement = "map_element"
    case byteOperation = "byte_operation"
    case convolutionOperation = "convolution_operation"
  }

  /// Seconds that an amount of computing takes.
  package func seconds(of work: Work) -> Double {
    block * work.blocks + element * work.elements + score * work.scores + operation * work.operations
      + byteOperation * work.byteOperations + convolution * work.convolutions + mapElement * work.mapElements
      + convolutionOperation * work.convolutionOperations
  }

  /// Where a machine's is kept: one for each host, as homes may be shared.
  ///
  /// - Parameter environment: `XDG_CACHE_HOME`, or `HOME`, says where.
  package static func place(environment: [String: String], host: String) -> URL? {
    let cache =
      environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? environment["HOME"].map { "\($0)/.cache" }
    let name = host.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" }
    return cache.map { URL(filePath: "\($0)/scispool/calibration-\(String(name)).json") }
  }
}
