import Foundation
import Glibc
import Jobs

/// Which published folders the jobs that wait or run may need, and links among the models and data sets.
///
/// What a job means by its texts only its runner knows. So every text of a job file, and of the lists beside it or
/// named by it, counts that is a folder's name (`after`) or leads into one (`baseline`, `path`, items of a list): rather
/// one folder too many stays than one too few.
package struct FolderNeeds: Sendable {
  /// Who needs a folder, by its name alone.
  private var names: [String: String] = [:]
  /// Who needs a folder, by its path from the spool's root.
  private var places: [String: String] = [:]
  /// What follows where some text speaks of the outbox or of `failed/`, and whose text it is.
  private var mentions: [(text: String, by: String)] = []
  /// Jobs that are claimed: what is published of one is not yet recorded.
  private var claimed: Set<String> = []
  private let folders: SpoolFolders

  /// The endings of files that list prompts or pictures; no job reads longer ones.
  private static let lists: Set<String> = ["txt", "json", "jsonl", "csv", "tsv"]
  private static let listLimit = PromptFile.sizeLimit

  /// - Throws: ``JobFailure`` when what a job needs cannot be told.
  package init(in folders: SpoolFolders) throws(JobFailure) {
    self.folders = folders
    // The inbox first: a job that is claimed meanwhile is seen twice, and not overlooked.
    for drop in try Drop.scan(folders.inbox) {
      let place = folders.inbox.appending(path: drop.fileName)
      switch drop.form {
      case .file: try addJob(place, folder: nil, named: drop.stem)
      case .folder: try addJob(place.appending(path: "job.json"), folder: place, named: drop.stem)
      case .other: continue
      }
    }
    let ids: [String]
    do { ids = try FileManager.default.contentsOfDirectory(atPath: folders.active.path) } catch {
      throw JobFailure(.cannotWrite, "cannot read \(folders.active.path): \(error.localizedDescription)")
    }
    for id in ids where !id.hasPrefix(".") {
      claimed.insert(id)
      let place = Claim.Place(id, in: folders)
      let claim = (try? Data(contentsOf: place.record)).flatMap { try? JobJSON.value(Claim.self, from: $0) }
      try addJob(place.job, folder: place.drop, named: claim?.name ?? id)
    }
    for library in ["models", "datasets"] {
      let place = folders.root.appending(path: library)
      for name in (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? [] {
        add(place: place.appending(path: name).path, by: "\(library)/\(name)")
      }
    }
  }

  /// The job that may need a folder; nil when none does.
  package func need(of job: StoredJob) -> String? {
    if claimed.contains(job.id) { return job.name }
    if let name = names[job.name] ?? places[job.path] { return name }
    return mentions.first { Self.names($0.text, job.path) }?.by
  }

  /// Whether a text begins with a path, and with no longer one.
  private static func names(_ text: String, _ path: String) -> Bool {
    guard text.hasPrefix(path) else { return false }
    guard let next = text.dropFirst(path.count).first else { return true }
    return !next.isLetter && !next.isNumber && !"-_.".contains(next)
  }

  private mutating func addJob(_ file: URL, folder: URL?, named name: String) throws(JobFailure) {
    if let folder {
      // The job file itself is among them.
      let inside = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
      while let entry = inside?.nextObject() as? URL { add(place: entry.path, by: name) }
    }
    var status = stat()
    guard lstat(file.path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFREG else { return }
    do throws(JobFailure) {
      let content = try PlainFile.content(of: file, limit: JobRequest.sizeLimit)
      search(content, near: folder, by: name, follows: true)
    } catch {
      // It may have moved on meanwhile; a file that is too large is no job.
      guard lstat(file.path, &status) == 0, error.code != .tooLarge else { return }
      throw JobFailure(
        .cannotWrite, "cannot tell what the job \(name) needs: \(error.message)",
        hint: "Clean as the daemon's user.")
    }
    guard let folder else { return }
    let inside = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    while let entry = inside?.nextObject() as? URL {
      if entry.path != file.path { search(entry, near: folder, by: name) }
    }
  }

  /// Searches a list that lies with a job or is named by it; other files are passed over.
  private mutating func search(_ file: URL, near folder: URL?, by name: String) {
    guard Self.lists.contains(file.pathExtension.lowercased()),
      let content = try? PlainFile.content(of: file, limit: Self.listLimit)
    else { return }
    search(content, near: folder, by: name, follows: false)
  }

  private mutating func search(_ content: Data, near folder: URL?, by name: String, follows: Bool) {
    if StoredJob.Area.allCases.contains(where: { content.range(of: Data($0.rawValue.utf8)) != nil }) {
      mention(String(decoding: content, as: UTF8.self), by: name)
    }
    var values: [Any] = []
    if let value = try? JSONSerialization.jsonObject(with: content, options: .fragmentsAllowed) {
      values = [value]
    } else {
      values = content.split(separator: UInt8(ascii: "\n")).compactMap {
        try? JSONSerialization.jsonObject(with: Data($0), options: .fragmentsAllowed)
      }
    }
    for value in values {
      for text in Self.texts(in: value) { add(text, near: folder, by: name, follows: follows) }
    }
  }

  private static func texts(in value: Any) -> [String] {
    switch value {
    case let text as String: [text]
    case let list as [Any]: list.flatMap(texts)
    case let object as [String: Any]: object.values.flatMap(texts)
    default: []
    }
  }

  private mutating func add(_ text: String, near folder: URL?, by name: String, follows: Bool) {
    guard !text.isEmpty, text.utf8.count <= 4095, !text.utf8.contains(0) else { return }
    names[text] = name
    mention(text, by: name)
    let candidates =
      text.hasPrefix("/")
      ? [text] : [folder?.path, folders.root.path].compactMap { $0.map { "\($0)/\(text)" } }
    for candidate in candidates {
      guard let real = add(place: candidate, by: name), follows else { continue }
      // A list of prompts or pictures that the job names by its path.
      search(URL(filePath: real), near: folder, by: name)
    }
  }

  /// Notes where a path leads, links followed; returns that when something is there.
  @discardableResult
  private mutating func add(place path: String, by name: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    let real = String(cString: resolved)
    for area in StoredJob.Area.allCases {
      guard let root = FileLookup.system.realPath(folders.url(of: area).path), real.hasPrefix(root + "/")
      else {
        continue
      }
      let inside = real.dropFirst(root.count + 1).prefix { $0 != "/" }
      places["\(area.rawValue)/\(inside)"] = name
    }
    return real
  }

  /// Notes every `outbox/…` and `failed/…` in a text; what is there now need not be where the job will look.
  private mutating func mention(_ text: String, by name: String) {
    let text = text.replacing("\\/", with: "/")
    for area in StoredJob.Area.allCases {
      for range in text.ranges(of: "\(area.rawValue)/") {
        // A name has at most 255 bytes.
        mentions.append((String(text[range.lowerBound...].prefix(270)), name))
      }
    }
  }
}
