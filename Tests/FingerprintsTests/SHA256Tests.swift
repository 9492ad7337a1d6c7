import Fingerprints
import Foundation
import Testing

@Suite("SHA-256")
struct SHA256Tests {
  /// The examples of FIPS 180-2, appendix B, and the empty message.
  @Test(
    "gives the published digests",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func published(text: String, digest: String) {
    #expect(SHA256.hexDigest(of: Data(text.utf8)) == digest)
    let bytes = stride(from: 0, to: 64, by: 2).map { place in
      UInt8(digest.dropFirst(place).prefix(2), radix: 16) ?? 0
    }
    #expect(SHA256.base64Digest(of: Data(text.utf8)) == Data(bytes).base64EncodedString())
  }

  @Test(
    "of a file equals that of its bytes, across the size of a piece",
    arguments: [0, 1, 1 << 20, (1 << 20) + 7])
  func file(size: Int) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "sha256-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    let bytes = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try bytes.write(to: url)
    #expect(try SHA256.hexDigest(ofFile: url) == SHA256.hexDigest(of: bytes))
  }

  @Test("of a missing file is an error")
  func missing() {
    #expect(throws: (any Error).self) { try SHA256.hexDigest(ofFile: URL(filePath: "/nonexistent/file")) }
  }
}
