import Foundation

/// One spool with all that is set for it.
package struct SpoolSettings: Sendable, Equatable {
  /// The name that the file gives it; nil for a folder that no file speaks of.
  package let name: String?
  package let root: Setting
  /// Every key has a value.
  package let settings: SettingLayer

  /// - Parameter layers: The ones that yield first.
  init(name: String?, root: Setting, layers: [SettingLayer]) {
    (self.name, self.root) = (name, root.absolute)
    var settings: SettingLayer = [:]
    for key in SettingKey.allCases { settings[key] = Setting(key.standard, .standard) }
    for layer in layers { settings.merge(layer) { $1 } }
    self.settings = settings
  }

  /// The name, or the folder of a spool that has none.
  package var label: String { name ?? rootPath }

  /// The root folder, absolute.
  package var rootPath: String {
    if case .text(let path) = root.value { path } else { "" }
  }

  package func integer(_ key: SettingKey) -> Int? {
    if case .integer(let value)? = settings[key]?.value { value } else { nil }
  }

  /// Of a key that always has a number.
  package func seconds(_ key: SettingKey) -> Double { number(key) ?? 0 }

  package func number(_ key: SettingKey) -> Double? {
    switch settings[key]?.value {
    case .number(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }

  package func text(_ key: SettingKey) -> String? {
    if case .text(let value)? = settings[key]?.value { value } else { nil }
  }

  package func texts(_ key: SettingKey) -> [String] {
    if case .texts(let values)? = settings[key]?.value { values } else { [] }
  }

  package func flag(_ key: SettingKey) -> Bool {
    if case .flag(let value)? = settings[key]?.value { value } else { false }
  }
}
