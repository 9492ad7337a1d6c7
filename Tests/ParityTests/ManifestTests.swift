import Fingerprints
import Foundation
import Testing

/// The committed fixtures are exactly what `Tests/Fixtures/make_fixtures.py` wrote.
@Suite struct ManifestTests {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures")

  @Test func everyFixtureIsAsTheScriptWroteIt() throws {
    let manifest = try JSONDecoder().decode(
      [String: String].self, from: Data(contentsOf: Self.fixtures.appending(path: "manifest.json")))
    let root = Self.fixtures.appending(path: "parity")
    var found: Set<String> = []
    var bytes = 0
    let files = try #require(
      FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isRegularFileKey, .fileSizeKey]))
    while let file = files.nextObject() as? URL {
      let values = try file.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
      guard values.isRegularFile == true else { continue }
      let name = String(file.path.dropFirst(root.path.count + 1))
      found.insert(name)
      bytes += values.fileSize ?? 0
      #expect(try SHA256.hexDigest(ofFile: file) == manifest[name], "\(name)")
    }
    #expect(found == Set(manifest.keys))
    #expect(bytes <= 6_000_000, "fixtures take \(bytes) bytes")
  }
}
