/// Turns the paths that a job writes into real ones, and keeps the job inside the folders it may read.
///
/// A relative path is looked up in the job's folder, then in the spool root. Whatever is found must lie, after all
/// symlinks are followed, inside the spool root or one of the allowed roots. The answer is the real path of what was held
/// open while it was judged, so that a symlink changed meanwhile or afterwards leads nowhere else; a folder of that path
/// that is replaced by a link is the worker's `Confinement`'s to refuse, as are links inside a folder.
package struct PathResolver: Sendable {
  /// The folder that the job file came from; `inbox/<name>.job/` for a job that is a folder.
  package var jobFolder: String
  package var spoolRoot: String
  /// Further folders that jobs may read.
  package var allowedRoots: [String]
  private let files: FileLookup

  package init(jobFolder: String, spoolRoot: String, allowedRoots: [String] = [], files: FileLookup = .system)
  {
    self.jobFolder = jobFolder
    self.spoolRoot = spoolRoot
    self.allowedRoots = allowedRoots
    self.files = files
  }

  /// What a path has to lead to.
  package enum Expectation: String, Sendable {
    case file
    case folder
  }

  /// The real path of the file or folder that `path` names.
  ///
  /// - Parameter field: The job's field, for the message.
  /// - Throws: ``JobFailure``: `bad_path` for a path that no file can have, `missing_input` when nothing is there,
  ///   `outside_spool` when it lies elsewhere, `bad_input` when it is no regular file or no folder.
  package func resolve(
    _ path: String, as expectation: Expectation, field: String
  ) throws(JobFailure) -> String {
    try check(path, field: field)
    return try firstAllowed(of: candidates(for: path), named: path, as: expectation, field: field)
  }

  /// The real path of a model folder: a path as in ``resolve(_:as:field:)``, or a name under the spool's `models/`.
  package func resolveModel(_ name: String, field: String) throws(JobFailure) -> String {
    try check(name, field: field)
    let places = candidates(for: name) + (name.hasPrefix("/") ? [] : ["\(spoolRoot)/models/\(name)"])
    do {
      return try firstAllowed(of: places, named: name, as: .folder, field: field)
    } catch  where error.code == .missingInput {
      var error = error
      let models = modelNames
      let nearest = NearestName.of(name, in: models)
      error.message =
        "there is no model \(name.quotedForMessage())" + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
      error.hint =
        models.isEmpty
        ? "The spool's models/ folder is empty."
        : "The spool's models/ has \(models.joined(separator: ", "))."
      throw error
    }
  }

  /// The folders under the spool's `models/` that hold a model's index or configuration, sorted.
  package var modelNames: [String] {
    files.entries("\(spoolRoot)/models").filter {
      let folder = "\(spoolRoot)/models/\($0)"
      return !$0.hasPrefix(".")
        && ["model_index.json", "config.json"].contains { files.kind("\(folder)/\($0)") == .file }
    }.sorted()
  }

  private func check(_ path: String, field: String) throws(JobFailure) {
    guard !path.isEmpty, path.utf8.count <= 4095, !path.utf8.contains(0) else {
      throw JobFailure(
        .badPath, "\(path.quotedForMessage()) is no path: it must have 1 to 4095 bytes, none of them NUL",
        field: field)
    }
  }

  private func candidates(for path: String) -> [String] {
    path.hasPrefix("/") ? [path] : ["\(jobFolder)/\(path)", "\(spoolRoot)/\(path)"]
  }

  /// The first candidate that exists, if it may be read.
  private func firstAllowed(
    of candidates: [String], named name: String, as expectation: Expectation, field: String
  ) throws(JobFailure) -> String {
    let roots = ([spoolRoot] + allowedRoots).compactMap(files.realPath)
    var leftAllRoots = false
    for candidate in candidates {
      guard let found = files.found(candidate) else { continue }
      guard roots.contains(where: { Self.path(found.realPath, isInside: $0) }) else {
        leftAllRoots = true
        continue
      }
      try check(found.kind, named: name, is: expectation, field: field)
      return found.realPath
    }
    if leftAllRoots {
      throw JobFailure(
        .outsideSpool, "\(name.quotedForMessage()) leads out of the spool",
        hint: "Copy it into the spool, or allow its folder in the daemon's configuration.", field: field)
    }
    throw JobFailure(
      .missingInput, "\(name.quotedForMessage()) does not exist",
      hint: "Relative paths start at the job's folder, then at the spool root.", field: field)
  }

  private func check(
    _ kind: FileLookup.Kind, named name: String, is expectation: Expectation, field: String
  ) throws(JobFailure) {
    guard kind.rawValue == expectation.rawValue else {
      throw JobFailure(
        .badInput, "\(name.quotedForMessage()) is \(kind.phrase), expected a \(expectation.rawValue)",
        field: field)
    }
  }

  /// Whether `path` is `folder` or below it; both real paths.
  static func path(_ path: String, isInside folder: String) -> Bool {
    folder == "/" || path == folder || path.hasPrefix(folder + "/")
  }
}
