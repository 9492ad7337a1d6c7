import Foundation
import Spooling

/// Why two spools of a file cannot be served side by side.
struct SpoolConflict {
  let message: String
  var hint: String?

  /// Nil when nothing stands against it.
  init?(_ spool: ConfigurationFile.Spool, _ other: ConfigurationFile.Spool, _ defaults: SettingLayer) {
    let (root, otherRoot) = (Self.root(of: spool), Self.root(of: other))
    if root == otherRoot {
      message = "\(spool.name) and \(other.name) have the same root \(root.path)"
      hint = "Each spool has a folder of its own."
    } else if let folder = Self.folder(of: otherRoot, around: root)
      ?? Self.folder(of: root, around: otherRoot)
    {
      message = "the roots of \(spool.name) and \(other.name) lie one inside the other's \(folder)/"
      hint = "A spool may lie beside the folders of another, not in one of them."
    } else if let file = Self.metrics(of: spool, defaults), file == Self.metrics(of: other, defaults) {
      message = "\(spool.name) and \(other.name) write the same metrics_file \(file)"
      hint = "Each spool writes a file of its own."
    } else {
      return nil
    }
  }

  private static func root(of spool: ConfigurationFile.Spool) -> URL {
    guard case .text(let path) = spool.root.value else { return URL(filePath: "/") }
    return URL(filePath: path, directoryHint: .isDirectory).standardizedFileURL
  }

  private static func metrics(of spool: ConfigurationFile.Spool, _ defaults: SettingLayer) -> String? {
    guard case .text(let file)? = (spool.settings[.metricsFile] ?? defaults[.metricsFile])?.value else {
      return nil
    }
    return file
  }

  /// Which of the folders of a spool another root lies in.
  private static func folder(of outer: URL, around inner: URL) -> String? {
    let (outer, inner) = (outer.pathComponents, inner.pathComponents)
    guard inner.count > outer.count, Array(inner.prefix(outer.count)) == outer else { return nil }
    let name = inner[outer.count]
    return SpoolFolders.names.contains(name) || name.hasPrefix(".") ? name : nil
  }
}
