import Foundation
import Jobs

/// What holds, out of the command line, the environment, the file and the defaults, in this order.
package struct Configuration: Sendable {
  /// The file that was read; nil where there is none.
  package let file: String?
  package let maxRunningJobs: Setting
  package let logLevel: Setting
  /// The spool that is meant when none is named: a name of a spool, or a folder.
  package let defaultSpool: Setting
  /// All that are configured, in the order of the file; without a file the one that is the default.
  package let spools: [SpoolSettings]
  /// What holds for a folder that no file speaks of.
  private let otherLayers: [SettingLayer]

  /// Where a spool is when nobody says anything.
  package static let standardRoot = "/var/spool/scispool"

  /// - Parameters:
  ///   - commandLine: Holds for every spool.
  ///   - globals: Likewise beside spools.
  /// - Throws: ``JobFailure`` `usage` that names the variable, for one that cannot be read.
  package init(
    file: ConfigurationFile?, environment: [String: String], commandLine: SettingLayer = [:],
    globals: [GlobalKey: Setting] = [:]
  ) throws(JobFailure) {
    let layer = try Self.layer(environment)
    let over = [layer, commandLine]
    otherLayers = [file?.defaults ?? [:]] + over
    self.file = file?.path
    func global(_ key: GlobalKey, _ standard: SettingValue) throws(JobFailure) -> Setting {
      if let setting = globals[key] { return setting }
      if let value = try Self.value(key.variable, key.form, environment) {
        return Setting(value, .environment(variable: key.variable))
      }
      return file?.globals[key] ?? Setting(standard, .standard)
    }
    maxRunningJobs = try global(.maxRunningJobs, .integer(1))
    logLevel = try global(.logLevel, .text("info"))
    defaultSpool = try global(.defaultSpool, .text(file?.spools.first?.name ?? Self.standardRoot))
    var spools: [SpoolSettings] = []
    for spool in file?.spools ?? [] {
      spools.append(
        SpoolSettings(
          name: spool.name, root: spool.root, layers: [file?.defaults ?? [:], spool.settings] + over))
    }
    if file == nil { spools = [SpoolSettings(name: nil, root: defaultSpool, layers: over)] }
    self.spools = spools
  }

  /// The spool that a word means: a configured one's name, else a folder. Nil stands for the default.
  ///
  /// A folder that is a configured spool's root is that spool.
  ///
  /// - Parameter option: Who said the word, for `scispool config`.
  /// - Throws: ``JobFailure`` `missing_input` for a word that is neither, where a file names spools.
  package func spool(_ word: String?, option: String = "--spool") throws(JobFailure) -> SpoolSettings {
    let setting = word.map { Setting(.text($0), .commandLine(option: option)) } ?? defaultSpool
    guard case .text(let text) = setting.value else { return spools[0] }
    if let named = spools.first(where: { $0.name == text }) { return named }
    let other = SpoolSettings(name: nil, root: setting, layers: otherLayers)
    if let same = spools.first(where: { $0.rootPath == other.rootPath }) { return same }
    guard file == nil || text.contains("/") || FileManager.default.fileExists(atPath: text) else {
      let names = spools.compactMap(\.name)
      let nearest = NearestName.of(text, in: names)
      throw JobFailure(
        .missingInput,
        "\(setting.source.description): \(text.quotedForMessage()) is neither a spool of \(file ?? "") nor a folder"
          + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""),
        hint:
          "The spools are \(names.joined(separator: ", ")); write ./\(text) for a folder that is to be made.")
    }
    return other
  }

  /// What `serve` serves: the one that is named by the command line or the environment, else all.
  package func served(_ word: String?) throws(JobFailure) -> [SpoolSettings] {
    if word == nil {
      switch defaultSpool.source {
      case .standard, .file: return spools
      case .environment, .commandLine: break
      }
    }
    return [try spool(word)]
  }

  private static func layer(_ environment: [String: String]) throws(JobFailure) -> SettingLayer {
    var layer: SettingLayer = [:]
    for key in SettingKey.allCases {
      guard let value = try value(key.variable, key.form, environment) else { continue }
      layer[key] = Setting(value, .environment(variable: key.variable))
    }
    return layer
  }

  /// An empty variable says nothing.
  private static func value(
    _ variable: String, _ form: SettingForm, _ environment: [String: String]
  ) throws(JobFailure) -> SettingValue? {
    guard let text = environment[variable], !text.isEmpty else { return nil }
    guard let value = form.value(of: text) else {
      throw JobFailure(.usage, "$\(variable) is \(text.quotedForMessage()), expected \(form.expected)")
    }
    return value
  }
}
