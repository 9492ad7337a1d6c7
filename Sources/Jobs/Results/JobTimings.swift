/// Where a job's time went, and how much memory it took.
package struct JobTimings: Sendable, Equatable, Codable {
  /// Seconds from the attempt's start to its end.
  package var total: Double
  /// Seconds a stage took, all images together: `load`, `text`, `denoise`, `decode`, `score`, `write`, `thumbnails`.
  package var stages: [String: Double]
  package var models: [Model]
  /// Bytes of memory that were reckoned before the job, and the most that the worker held meanwhile; nil where that is not
  /// known.
  package var plannedMemory: Int?
  package var peakMemory: Int?

  package init(total: Double = 0, stages: [String: Double] = [:], models: [Model] = []) {
    self.total = total
    self.stages = stages
    self.models = models
  }

  enum CodingKeys: String, CodingKey {
    case total = "total_seconds"
    case stages = "stage_seconds"
    case models
    case plannedMemory = "planned_memory_bytes"
    case peakMemory = "peak_memory_bytes"
  }

  /// One model that the job used.
  package struct Model: Sendable, Equatable, Codable {
    package var path: String
    /// It was in memory from an earlier job; nothing was loaded.
    package var resident: Bool
    package var loadSeconds: Double

    package init(path: String, resident: Bool, loadSeconds: Double) {
      self.path = path
      self.resident = resident
      self.loadSeconds = loadSeconds
    }

    enum CodingKeys: String, CodingKey {
      case path, resident
      case loadSeconds = "load_seconds"
    }
  }
}
