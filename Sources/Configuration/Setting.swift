import Foundation

/// The value of a setting.
package enum SettingValue: Sendable, Equatable {
  case none
  case integer(Int)
  case number(Double)
  case text(String)
  case texts([String])
  case flag(Bool)

  /// As people read it.
  package var description: String {
    switch self {
    case .none: "none"
    case .integer(let value): "\(value)"
    case .number(let value): Self.digits(of: value)
    case .text(let value): value
    case .texts(let values): values.isEmpty ? "none" : values.joined(separator: ":")
    case .flag(let value): value ? "true" : "false"
    }
  }

  static func digits(of number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
  }
}

extension SettingValue: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .none: try container.encodeNil()
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .texts(let values): try container.encode(values)
    case .flag(let value): try container.encode(value)
    }
  }
}

/// A value and who said so.
package struct Setting: Sendable, Equatable {
  /// From the one that yields to all others to the one that none overrides.
  package enum Source: Sendable, Equatable {
    case standard
    /// The file's path, and the line in it.
    case file(String, line: Int)
    case environment(variable: String)
    case commandLine(option: String)

    package var description: String {
      switch self {
      case .standard: "default"
      case .file(let path, let line): "\(path):\(line)"
      case .environment(let variable): "$\(variable)"
      case .commandLine(let option): option
      }
    }
  }

  package var value: SettingValue
  package var source: Source

  package init(_ value: SettingValue, _ source: Source) { (self.value, self.source) = (value, source) }
}

/// What one place says of spools.
package typealias SettingLayer = [SettingKey: Setting]

extension Setting {
  /// With a path from where the program was started.
  var absolute: Setting {
    guard case .text(let path) = value else { return self }
    return Setting(.text(URL(filePath: path).standardizedFileURL.path), source)
  }
}
