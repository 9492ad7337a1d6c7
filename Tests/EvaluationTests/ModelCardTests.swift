import Fingerprints
import Foundation
import Testing

/// The cards of the embedded models tell the truth about the files beside them.
@Suite("Model cards")
struct ModelCardTests {
  static let models = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Spool/models")
  static let names = ["flux-mini", "clip-mini", "grounding-dino-mini"]

  /// The rows `| file | bytes | SHA-256 |` of a card.
  static func listed(_ card: String) -> [String: (bytes: Int, digest: String)] {
    var files: [String: (bytes: Int, digest: String)] = [:]
    for line in card.split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      if cells.count == 3, let bytes = Int(cells[1]), cells[2].count == 64 {
        files[cells[0]] = (bytes, cells[2])
      }
    }
    return files
  }

  static func files(below folder: URL) throws -> [String: URL] {
    var found: [String: URL] = [:]
    let inside = try #require(
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey]))
    while let file = inside.nextObject() as? URL {
      guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
      found[String(file.path.dropFirst(folder.path.count + 1))] = file
    }
    return found
  }

  @Test("list every file with its size and digest", arguments: names)
  func files(name: String) throws {
    let folder = Self.models.appending(path: name)
    let listed = Self.listed(try String(contentsOf: folder.appending(path: "README.md"), encoding: .utf8))
    let found = try Self.files(below: folder).filter { $0.key != "README.md" }
    #expect(Set(listed.keys) == Set(found.keys))
    for (file, url) in found {
      #expect(listed[file]?.bytes == (try Data(contentsOf: url).count), "\(name)/\(file)")
      #expect(listed[file]?.digest == (try SHA256.hexDigest(ofFile: url)), "\(name)/\(file)")
    }
  }

  @Test("name licence, making and figures", arguments: names)
  func sections(name: String) throws {
    let card = try String(
      contentsOf: Self.models.appending(path: name).appending(path: "README.md"), encoding: .utf8)
    for part in [
      "license: apache-2.0", "## How it was made", "## How well it does", "scispool bench ", "minutes",
    ] {
      #expect(card.contains(part), "\(name): \(part)")
    }
  }

  @Test("all models together stay within 25 MB")
  func size() throws {
    let bytes = try Self.files(below: Self.models).values.reduce(0) { try $0 + Data(contentsOf: $1).count }
    #expect(bytes <= 25_000_000)
  }
}
