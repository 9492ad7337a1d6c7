import Fingerprints
import Foundation
import Jobs

/// A data set while it is made: files come in stretches, and what an earlier attempt finished is kept.
///
/// A stretch is finished when its record is there. The record says the digest of each file, so that a file that a crash
/// of the machine tore is made again with its stretch.
struct DatasetBuilding {
  let path: String
  private let records: String
  private let output: OutputFolder

  /// One stretch of a split: its rows of `metadata.jsonl`, and its files with their digests.
  struct Stretch: Codable, Equatable {
    var rows: [String]
    /// By path below the data set's folder.
    var files: [String: String]
  }

  /// - Parameters:
  ///   - output: The job's folder, in which the data set is built.
  ///   - recipe: What is made; an earlier attempt's work counts only when it made the same.
  init(in output: OutputFolder, recipe: some Encodable) throws(JobFailure) {
    let digest = SHA256.hexDigest(of: try JobJSON.line(recipe)).prefix(12)
    self.output = output
    path = "\(output.path)/.dataset-\(digest)"
    records = ".dataset-\(digest).records"
    try output.makeFolder((path as NSString).lastPathComponent)
    try output.makeFolder(records)
  }

  /// The stretch of a name, when an earlier attempt finished it and its files are whole.
  func finished(_ name: String) -> Stretch? {
    guard let data = try? Data(contentsOf: output.url("\(records)/\(name).json")),
      let stretch = try? JSONDecoder().decode(Stretch.self, from: data)
    else { return nil }
    let isWhole = stretch.files.allSatisfy { file, digest in
      (try? SHA256.hexDigest(ofFile: URL(filePath: "\(path)/\(file)"))) == digest
    }
    return isWhole ? stretch : nil
  }

  func record(_ stretch: Stretch, as name: String) throws(JobFailure) {
    try output.write(try JobJSON.line(stretch), to: "\(records)/\(name).json")
  }

  func makeFolder(_ name: String) throws(JobFailure) {
    try output.makeFolder("\((path as NSString).lastPathComponent)/\(name)")
  }

  /// Writes a file below the data set's folder.
  ///
  /// - Returns: Its digest.
  func write(_ data: Data, to file: String) throws(JobFailure) -> String {
    try JobFailure.writing("write \(file)") { try data.write(to: URL(filePath: "\(path)/\(file)")) }
    return SHA256.hexDigest(of: data)
  }

  /// Writes what completes a data set: `dataset.json`, and `SHA256SUMS` of that and the given files.
  ///
  /// - Parameter sums: Digests by file.
  /// - Returns: The digest of `SHA256SUMS`.
  func complete(
    _ sums: [String: String], card: DatasetLibrary.Card<some Encodable, some Codable>
  ) throws(JobFailure) -> String {
    var sums = sums
    sums[DatasetLibrary.card] = try write(try JobJSON.file(card), to: DatasetLibrary.card)
    let lines = sums.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)\n" }.joined()
    return try write(Data(lines.utf8), to: DatasetLibrary.sums)
  }

  /// Forgets what attempts left behind, once the data set is published.
  func removeTraces() {
    output.remove(records: records)
    try? FileManager.default.removeItem(atPath: path)
  }
}

extension OutputFolder {
  fileprivate func remove(records: String) { try? FileManager.default.removeItem(at: url(records)) }
}
