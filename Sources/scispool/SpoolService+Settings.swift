import Configuration
import Daemon
import Foundation
import Jobs
import Spooling

extension SpoolService.Options {
  /// How a spool is served, as its settings say.
  ///
  /// - Parameter program: This program, for the worker.
  /// - Throws: ``JobFailure`` `missing_input` for a hook that cannot be run.
  init(_ settings: SpoolSettings, program: String) throws(JobFailure) {
    let folders = SpoolFolders(root: URL(filePath: settings.rootPath))
    self.init(folders: folders, worker: [program, "worker", "--spool", folders.root.path])
    name = settings.name
    priority = settings.integer(.priority) ?? 0
    allowedRoots = settings.texts(.allowedRoots).map { URL(filePath: $0).standardizedFileURL.path }
    worker += allowedRoots.flatMap { ["--allow", $0] }
    if let limit = settings.integer(.memoryLimit) { worker += ["--memory", "\(limit)"] }
    ownerLimits = OwnerLimits(
      jobs: settings.integer(.maxJobsPerOwner), bytes: settings.integer(.maxBytesPerOwner))
    if let hook = settings.text(.hook) {
      guard access(hook, X_OK) == 0 else {
        throw JobFailure(
          .missingInput, "cannot run the hook \(hook): \(String(cString: strerror(errno)))",
          hint: "Name a program by its path.")
      }
      self.hook = hook
    }
    hookLimit = settings.seconds(.hookTimeout)
    metrics = settings.text(.metricsFile).map { URL(filePath: $0) }
    silence = settings.seconds(.heartbeatTimeout)
    rescan = settings.seconds(.rescan)
    quietWindow = settings.seconds(.quietWindow)
    grace = settings.seconds(.stopGrace)
    pagePause = settings.seconds(.statusPage)
  }
}

extension Retention {
  /// What is kept of a spool's finished jobs, as its settings say.
  init(_ settings: SpoolSettings) {
    self.init()
    days = settings.number(.keepDays)
    jobs = settings.integer(.keepJobs)
    bytes = settings.integer(.keepBytes)
    includesUnread = settings.flag(.includeUnread)
  }
}
