/// What a worker process tells its supervisor, one JSON object a line on the worker's standard output.
package enum WorkerEvent: Sendable, Equatable {
  /// The worker waits for its first command.
  case ready(processID: Int32, version: String)
  /// The worker lives, though its job may have nothing to tell for long; sent every few seconds while a job runs.
  case heartbeat
  case progress(id: String, JobProgress)
  /// A file of the output folder is complete.
  case artifact(id: String, JobArtifact)
  case log(id: String?, LogLine)
  /// The job is done and its output folder complete.
  case result(id: String, JobResult)
  case failure(id: String, JobFailure)
}

/// How far a job has come.
package struct JobProgress: Sendable, Equatable, Codable {
  /// `load`, `text`, `denoise`, `decode`, `score`, `train`, `validate`, `draw`, `check` or `write`.
  package var stage: String
  /// Units done of `total`, over the whole job: the two never start again from nothing.
  package var step: Int
  package var total: Int
  /// Seconds to the end; nil while there is nothing to judge by.
  package var eta: Double?

  package init(stage: String, step: Int, total: Int, eta: Double? = nil) {
    self.stage = stage
    self.step = step
    self.total = total
    self.eta = eta
  }

  enum CodingKeys: String, CodingKey {
    case stage, step, total
    case eta = "eta_seconds"
  }
}

/// A finished file of a job, as the ledger records it.
package struct JobArtifact: Sendable, Equatable, Codable {
  /// Relative to the output folder.
  package var file: String
  package var bytes: Int
  package var sha256: String
  /// What it shows, when it is an image of a generate job.
  package var image: GeneratedImage?

  package init(file: String, bytes: Int, sha256: String, image: GeneratedImage? = nil) {
    self.file = file
    self.bytes = bytes
    self.sha256 = sha256
    self.image = image
  }
}

/// One line of a job's `log.txt`.
package struct LogLine: Sendable, Equatable, Codable {
  package enum Level: String, Sendable, Codable, CaseIterable { case debug, info, warning, error }

  package var level: Level
  package var message: String

  package init(_ level: Level, _ message: String) {
    self.level = level
    self.message = message
  }
}

extension WorkerEvent: Codable {
  enum CodingKeys: String, CodingKey {
    case event, id
    case processID = "pid"
    case version, progress, artifact, line, result, failure
  }
  private enum Name: String, Codable { case ready, heartbeat, progress, artifact, log, result, failure }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func id() throws -> String { try values.decode(String.self, forKey: .id) }
    switch try values.decode(Name.self, forKey: .event) {
    case .ready:
      self = .ready(
        processID: try values.decode(Int32.self, forKey: .processID),
        version: try values.decode(String.self, forKey: .version))
    case .heartbeat: self = .heartbeat
    case .progress: self = .progress(id: try id(), try values.decode(JobProgress.self, forKey: .progress))
    case .artifact: self = .artifact(id: try id(), try values.decode(JobArtifact.self, forKey: .artifact))
    case .log:
      self = .log(
        id: try values.decodeIfPresent(String.self, forKey: .id),
        try values.decode(LogLine.self, forKey: .line))
    case .result: self = .result(id: try id(), try values.decode(JobResult.self, forKey: .result))
    case .failure: self = .failure(id: try id(), try values.decode(JobFailure.self, forKey: .failure))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .ready(let processID, let version):
      try values.encode(Name.ready, forKey: .event)
      try values.encode(processID, forKey: .processID)
      try values.encode(version, forKey: .version)
    case .heartbeat: try values.encode(Name.heartbeat, forKey: .event)
    case .progress(let id, let progress):
      try values.encode(Name.progress, forKey: .event)
      try values.encode(id, forKey: .id)
      try values.encode(progress, forKey: .progress)
    case .artifact(let id, let artifact):
      try values.encode(Name.artifact, forKey: .event)
      try values.encode(id, forKey: .id)
      try values.encode(artifact, forKey: .artifact)
    case .log(let id, let line):
      try values.encode(Name.log, forKey: .event)
      try values.encodeIfPresent(id, forKey: .id)
      try values.encode(line, forKey: .line)
    case .result(let id, let result):
      try values.encode(Name.result, forKey: .event)
      try values.encode(id, forKey: .id)
      try values.encode(result, forKey: .result)
    case .failure(let id, let failure):
      try values.encode(Name.failure, forKey: .event)
      try values.encode(id, forKey: .id)
      try values.encode(failure, forKey: .failure)
    }
  }
}
