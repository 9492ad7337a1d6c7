import Fingerprints
import Foundation

/// A PNG or JPEG file that a model is shown as it is.
package struct JudgedImage: Sendable, Equatable {
  package let path: String
  /// Of the file, when it was read first.
  package let sha256: String

  package struct Fault: Error { package var problem: String }

  /// - Throws: ``Fault`` when the file cannot be read.
  package init(path: String) throws(Fault) {
    self.path = path
    do { sha256 = try SHA256.hexDigest(ofFile: URL(filePath: path)) } catch {
      throw Fault(problem: "cannot read \(path): \(error.localizedDescription)")
    }
  }

  /// - Throws: ``Fault`` when the file is not what it was, or neither PNG nor JPEG.
  func dataURL() throws(Fault) -> String {
    guard let bytes = try? Data(contentsOf: URL(filePath: path)) else {
      throw Fault(problem: "cannot read \(path)")
    }
    guard SHA256.hexDigest(of: bytes) == sha256 else {
      throw Fault(problem: "\(path) was changed while the job ran")
    }
    let type: String
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      type = "png"
    } else if bytes.starts(with: [0xFF, 0xD8]) {
      type = "jpeg"
    } else {
      throw Fault(problem: "\(path) is neither PNG nor JPEG")
    }
    return "data:image/\(type);base64,\(bytes.base64EncodedString())"
  }
}
