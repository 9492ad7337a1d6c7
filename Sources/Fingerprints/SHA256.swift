import CCrypto
import Foundation

/// SHA-256 digests of bytes and files.
package enum SHA256 {
  /// The digest of `bytes` as 64 lower-case hexadecimal digits.
  package static func hexDigest(of bytes: some ContiguousBytes) -> String { hex(digest(of: bytes)) }

  /// The digest of `bytes` in Base64, as content security policies write it.
  package static func base64Digest(of bytes: some ContiguousBytes) -> String {
    Data(digest(of: bytes)).base64EncodedString()
  }

  private static func digest(of bytes: some ContiguousBytes) -> [UInt8] {
    var hash = Hash()
    bytes.withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }

  private static func hex(_ digest: [UInt8]) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The digest of the file's content, read in pieces of a mebibyte.
  ///
  /// - Throws: What Foundation throws when the file cannot be opened or read.
  package static func hexDigest(ofFile url: URL) throws -> String {
    let file = try FileHandle(forReadingFrom: url)
    defer { try? file.close() }
    var hash = Hash()
    while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
      piece.withUnsafeBytes { hash.update($0) }
    }
    return hex(hash.finish())
  }

  /// One running digest; libcrypto's context is freed when it is finished or dropped.
  private struct Hash: ~Copyable {
    private let context: OpaquePointer

    init() {
      // Allocation and SHA-256 itself fail only when memory is exhausted or libcrypto is broken: nothing to recover.
      context = EVP_MD_CTX_new()!
      precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
    }

    deinit { EVP_MD_CTX_free(context) }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
      guard let start = bytes.baseAddress else { return }
      EVP_DigestUpdate(context, start, bytes.count)
    }

    consuming func finish() -> [UInt8] {
      var digest = [UInt8](repeating: 0, count: 32)
      EVP_DigestFinal_ex(context, &digest, nil)
      return digest
    }
  }
}
