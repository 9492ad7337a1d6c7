/// What the supervisor tells its worker process, one JSON object a line on the worker's standard input.
package enum WorkerCommand: Sendable, Equatable {
  case run(WorkOrder)
  /// Stop the job with this id at the next step; its failure with the code `cancelled` follows.
  case cancel(id: String)
  /// Finish nothing more and exit 0.
  case shutdown
}

/// One attempt at one job.
package struct WorkOrder: Sendable, Equatable, Codable {
  /// The job's id in the ledger.
  package var id: String
  package var name: String
  /// Counted from 1.
  package var attempt: Int
  /// The job file's text as dropped: the worker reads it with the same strict reader as the supervisor.
  package var job: String
  package var folders: JobFolders

  package init(id: String, name: String, attempt: Int, job: String, folders: JobFolders) {
    self.id = id
    self.name = name
    self.attempt = attempt
    self.job = job
    self.folders = folders
  }
}

/// Where a job reads and writes; absolute paths.
package struct JobFolders: Sendable, Equatable, Codable {
  /// Where the job's relative paths start.
  package var job: String
  package var spoolRoot: String
  /// Further folders that the job may read.
  package var allowedRoots: [String]
  /// Where images, report and log are built. It survives attempts: what an earlier attempt finished is there.
  package var output: String

  package init(job: String, spoolRoot: String, allowedRoots: [String] = [], output: String) {
    self.job = job
    self.spoolRoot = spoolRoot
    self.allowedRoots = allowedRoots
    self.output = output
  }

  package var resolver: PathResolver {
    PathResolver(jobFolder: job, spoolRoot: spoolRoot, allowedRoots: allowedRoots)
  }

  enum CodingKeys: String, CodingKey {
    case job
    case spoolRoot = "spool_root"
    case allowedRoots = "allowed_roots"
    case output
  }
}

extension WorkerCommand: Codable {
  enum CodingKeys: String, CodingKey { case command, order, id }
  private enum Name: String, Codable { case run, cancel, shutdown }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    switch try values.decode(Name.self, forKey: .command) {
    case .run: self = .run(try values.decode(WorkOrder.self, forKey: .order))
    case .cancel: self = .cancel(id: try values.decode(String.self, forKey: .id))
    case .shutdown: self = .shutdown
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .run(let order):
      try values.encode(Name.run, forKey: .command)
      try values.encode(order, forKey: .order)
    case .cancel(let id):
      try values.encode(Name.cancel, forKey: .command)
      try values.encode(id, forKey: .id)
    case .shutdown: try values.encode(Name.shutdown, forKey: .command)
    }
  }
}
