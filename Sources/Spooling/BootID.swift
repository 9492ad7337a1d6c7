import Foundation

/// Which run of the machine this is: another one after every start of the kernel.
package enum BootID {
  package static func current() -> String? {
    (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
