import CLinux
import Fingerprints
import Foundation
import Jobs

/// The spool's data sets: `datasets/<name>/`, each published by one rename and never changed.
///
/// Beside its splits a data set has `dataset.json`, which says what was asked for and what came of it, and
/// `SHA256SUMS`, a line a file, as `sha256sum -c` reads it.
struct DatasetLibrary {
  static let card = "dataset.json"
  static let sums = "SHA256SUMS"
  private let folder: String

  init(spoolRoot: String) { folder = "\(spoolRoot)/datasets" }

  /// What is told of a data set in its own folder.
  struct Card<Recipe: Encodable, Content: Codable>: Encodable {
    let recipe: Recipe
    let content: Content
  }

  private struct Known<Content: Decodable>: Decodable { let content: Content }

  /// The content of the data set with a name, when it was made by the same recipe and is unharmed.
  ///
  /// - Returns: Nil when there is no data set of the name.
  /// - Throws: ``JobFailure`` `conflict` when the name is taken by something else, `bad_input` for a harmed one.
  func content<Content: Codable>(
    of name: String, madeBy recipe: some Encodable, as type: Content.Type
  ) throws(JobFailure) -> Content? {
    let path = "\(folder)/\(name)"
    var information = stat()
    guard lstat(path, &information) == 0 else { return nil }
    guard let data = try? Data(contentsOf: URL(filePath: "\(path)/\(Self.card)")),
      let known = try? JSONDecoder().decode(Known<Content>.self, from: data),
      try JobJSON.file(Card(recipe: recipe, content: known.content)) == data
    else {
      throw JobFailure(
        .conflict, "datasets/\(name) exists and is not what this job makes",
        hint: "Choose another output, or move datasets/\(name) away.", field: "output")
    }
    try check(path, name)
    return known.content
  }

  private func check(_ path: String, _ name: String) throws(JobFailure) {
    guard let file = Self.harmedFile(in: path) else { return }
    throw JobFailure(
      .badInput, "datasets/\(name) was made by such a job, but \(file) is not what was written",
      hint: "Move datasets/\(name) away, and the job makes it again.", field: "output")
  }

  /// The first file of a folder that differs from its sum; ``sums`` itself when it cannot be read.
  static func harmedFile(in path: String) -> String? {
    guard let text = try? String(contentsOfFile: "\(path)/\(sums)", encoding: .utf8) else { return sums }
    return text.split(separator: "\n").lazy.map { (sum: $0.prefix(64), file: String($0.dropFirst(66))) }.first
    { line in
      (try? SHA256.hexDigest(ofFile: URL(filePath: "\(path)/\(line.file)"))) != String(line.sum)
    }?.file
  }

  /// The digest of a data set's sums: equal for data sets of equal content.
  func sumsDigest(of name: String) throws(JobFailure) -> String {
    do {
      return try SHA256.hexDigest(ofFile: URL(filePath: "\(folder)/\(name)/\(Self.sums)"))
    } catch {
      throw JobFailure(.badInput, "cannot read datasets/\(name)/\(Self.sums): \(error.localizedDescription)")
    }
  }

  /// Moves a finished folder to its name; nothing is ever replaced.
  ///
  /// - Throws: ``JobFailure`` `conflict` when something has taken the name meanwhile, `cannot_write`.
  func publish(_ building: String, as name: String) throws(JobFailure) {
    let target = "\(folder)/\(name)"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw JobFailure(.cannotWrite, "cannot make the folder \(folder): \(error.localizedDescription)")
    }
    try Self.sync(building)
    var result = rename_without_replacing(building, target)
    if result != 0 && errno == EXDEV {
      // The output lies on another disk: copy next to the target first.
      let copy = "\(folder)/.\(name).part"
      try? FileManager.default.removeItem(atPath: copy)
      do { try FileManager.default.copyItem(atPath: building, toPath: copy) } catch {
        throw JobFailure(.cannotWrite, "cannot copy the data set to \(copy): \(error.localizedDescription)")
      }
      try Self.sync(copy)
      result = rename_without_replacing(copy, target)
    }
    guard result == 0 else {
      let reason = errno
      throw JobFailure(
        reason == EEXIST ? .conflict : .cannotWrite,
        "cannot publish datasets/\(name): \(String(cString: strerror(reason)))",
        hint: reason == EEXIST ? "Another job made one of the same name." : "Check the folder's permissions.",
        field: "output")
    }
    try Self.sync(folder)
  }

  /// Brings everything that was written to the disk.
  private static func sync(_ folder: String) throws(JobFailure) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    guard descriptor >= 0, sync_file_system(descriptor) == 0 else {
      throw JobFailure(.cannotWrite, "cannot sync \(folder): \(String(cString: strerror(errno)))")
    }
  }
}
