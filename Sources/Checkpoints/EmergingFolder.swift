import Foundation

/// A folder that appears when it is complete: written under a hidden name beside its place, synced by its files' writers,
/// then renamed.
package enum EmergingFolder {
  /// - Parameters:
  ///   - target: Must not be there.
  ///   - fill: Fills a folder, which is new and empty. What a killed process left under that name is removed before.
  /// - Throws: What `fill` throws, and errors of the file system; nothing is left then.
  package static func make<Result>(at target: String, _ fill: (URL) throws -> Result) throws -> Result {
    let target = URL(filePath: target)
    let building = target.deletingLastPathComponent().appending(path: ".\(target.lastPathComponent).building")
    let manager = FileManager.default
    if manager.fileExists(atPath: building.path) { try manager.removeItem(at: building) }
    do {
      try manager.createDirectory(at: building, withIntermediateDirectories: true)
      let result = try fill(building)
      try manager.moveItem(at: building, to: target)
      return result
    } catch {
      try? manager.removeItem(at: building)
      throw error
    }
  }
}
