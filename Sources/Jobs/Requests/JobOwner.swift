import Glibc

/// The user of the machine who dropped a job: the owner of its file, or of its folder.
package struct JobOwner: Sendable, Hashable, Codable {
  package let uid: UInt32
  /// The login name, or the number where the machine knows none.
  package let name: String

  package init(uid: UInt32, name: String) { (self.uid, self.name) = (uid, name) }

  /// Looks the name up.
  package init(uid: UInt32) {
    var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
    var buffer = [CChar](repeating: 0, count: 4096)
    let isKnown = getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0 && found != nil
    self.init(uid: uid, name: isKnown ? String(cString: entry.pw_name) : "\(uid)")
  }
}
