import Foundation
import Images
import Synchronization
import Threads

/// Why a set of scenes could not be written: the path, what was found there, what to do.
package struct SceneDatasetError: Error, CustomStringConvertible {
  package let description: String
}

extension SceneDataset {
  /// Writes the set as an image folder: two pictures a tuple and, last of all, `metadata.jsonl` with a row a tuple.
  ///
  /// A folder with a `metadata.jsonl` is therefore complete. Pictures are called `000000-explicit.png` and
  /// `000000-superficial.png`, beside the metadata.
  ///
  /// - Parameters:
  ///   - folder: Made when it is missing.
  ///   - fileExtension: Of the pictures' names.
  ///   - encode: A picture as the bytes of its file; called on several threads.
  /// - Throws: ``SceneDatasetError`` when the folder already holds a set or cannot be written; what `encode` throws.
  package func write(
    to folder: URL, fileExtension: String = "png", encode: @Sendable (RGBImage) throws -> Data
  ) throws {
    let metadata = folder.appending(path: "metadata.jsonl")
    guard !FileManager.default.fileExists(atPath: metadata.path) else {
      throw SceneDatasetError(
        description:
          "\(metadata.path) exists, so the folder holds a set already: name an empty or new folder.")
    }
    try reporting("make the folder", folder) {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    let lines = try inParallel { index, encoder in
      let tuple = tuple(at: index)
      let number = String(repeating: "0", count: max(0, 6 - "\(index)".count)) + "\(index)"
      let names = Outcome.allCases.map { "\(number)-\($0.rawValue).\(fileExtension)" }
      for (outcome, name) in zip(Outcome.allCases, names) {
        let file = folder.appending(path: name)
        let bytes = try encode(tuple.image(outcome))
        try reporting("write the picture", file) { try bytes.write(to: file) }
      }
      return try encoder.encode(tuple.row(explicitFile: names[0], superficialFile: names[1]))
    }
    let newline = Data("\n".utf8)
    let text = lines.reduce(into: Data()) { $0 += $1 + newline }
    try reporting("write the metadata", metadata) { try text.write(to: metadata, options: .atomic) }
  }

  /// Runs the work for every tuple on all cores, and gives the results in order or throws an error that came up.
  private func inParallel(_ work: @Sendable (Int, JSONEncoder) throws -> Data) throws -> [Data] {
    let done = Mutex((lines: [Data](repeating: Data(), count: count), failure: (any Error)?.none))
    // Stretches of tuples: one lock and one encoder for many small files.
    let stretch = 64
    concurrently((count + stretch - 1) / stretch) { turn in
      guard done.withLock({ $0.failure == nil }) else { return }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let first = turn * stretch
      do {
        let lines = try (first..<min(count, first + stretch)).map { try work($0, encoder) }
        done.withLock { $0.lines.replaceSubrange(first..<(first + lines.count), with: lines) }
      } catch {
        done.withLock { $0.failure = $0.failure ?? error }
      }
    }
    return try done.withLock {
      if let failure = $0.failure { throw failure }
      return $0.lines
    }
  }
}

/// Says what was attempted with which file when the system refuses.
private func reporting(_ attempt: String, _ file: URL, _ work: () throws -> Void) throws {
  do {
    try work()
  } catch let error as CocoaError {
    let reason = (error.underlying as? POSIXError).map { String(cString: strerror($0.code.rawValue)) }
    throw SceneDatasetError(
      description: "could not \(attempt) \(file.path): \(reason ?? error.localizedDescription)")
  }
}
