import Foundation
import Jobs

/// What a configuration file says, read strictly: JSON, in which comments (`// …`, `/* … */`) may stand.
package struct ConfigurationFile: Sendable {
  package let path: String
  /// What it says beside spools.
  package private(set) var globals: [GlobalKey: Setting] = [:]
  /// What holds for every spool that does not say otherwise.
  package private(set) var defaults: SettingLayer = [:]
  /// In the order of the file.
  package private(set) var spools: [Spool] = []

  package struct Spool: Sendable {
    package let name: String
    package let root: Setting
    package let settings: SettingLayer
  }

  /// Bytes of a file.
  private static let sizeLimit = 1 << 20

  enum TopField: String, FieldNames {
    case defaultSpool = "default_spool"
    case maxRunningJobs = "max_running_jobs"
    case logLevel = "log_level"
    case defaults, spools
  }

  private enum RootField: String, FieldNames { case root }

  /// - Throws: ``JobFailure`` with every problem of the file, each with line and column; `missing_input` when it cannot be
  ///   read.
  package init(path: String) throws(JobFailure) {
    let content: Data
    do { content = try Data(contentsOf: URL(filePath: path)) } catch {
      throw JobFailure(
        .missingInput, "cannot read the configuration \(path): \(error.localizedDescription)",
        hint: "See --config and $SCISPOOL_CONFIG.")
    }
    try self.init(reading: content, path: path)
  }

  package init(reading content: Data, path: String) throws(JobFailure) {
    self.path = path
    do throws(JobFailure) { try read(content) } catch {
      let lines = error.problems.isEmpty ? [error.message] : error.problems.map(\.description)
      throw JobFailure(
        error.code, lines.map { "\(path): \($0)" }.joined(separator: "\n"), hint: error.hint,
        field: error.field)
    }
  }

  private mutating func read(_ content: Data) throws(JobFailure) {
    guard content.count <= Self.sizeLimit else {
      throw JobFailure(.tooLarge, "the file has \(content.count) bytes, more than \(Self.sizeLimit)")
    }
    let bytes = [UInt8](content)
    let node: JSONNode
    do { node = try JSONParser.parse(bytes, allowsComments: true) } catch {
      let place = TextPosition(of: error.offset, in: bytes)
      throw JobFailure(
        error.kind == .empty ? .empty : .notJSON,
        "\(error.problem) (line \(place.line), column \(place.column))",
        hint: "The file is JSON; comments begin with //, and no comma stands behind the last entry.")
    }
    let problems = ProblemCollector(bytes: bytes)
    if let fields = FieldReader<TopField>(node, problems: problems) { read(fields, bytes) }
    try problems.throwIfAny()
  }

  private mutating func read(_ fields: FieldReader<TopField>, _ bytes: [UInt8]) {
    for key in GlobalKey.allCases {
      guard let field = TopField(rawValue: key.rawValue), let node = fields.node(field) else { continue }
      globals[key] = key.form.value(fields, field, mayBeNull: false).map { setting($0, node, bytes) }
    }
    if let values = fields.object(.defaults, as: SettingKey.self) { defaults = layer(values, bytes) }
    fields.require(.spools, "the spools by name, each with its root")
    guard let node = fields.node(.spools), case .object(let members) = node.content else {
      if let node = fields.node(.spools) {
        fields.report(.wrongType, .spools, "found \(node.summary), expected an object of spools by name")
      }
      return
    }
    if members.isEmpty { fields.report(.outOfRange, .spools, "names no spool") }
    for member in members { read(member, fields.problems, bytes) }
    check(fields)
  }

  private mutating func read(_ member: JSONMember, _ problems: ProblemCollector, _ bytes: [UInt8]) {
    let path = "spools.\(member.name)"
    let isName =
      member.name.utf8.count <= 64 && !member.name.hasPrefix(".")
      && member.name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    if !isName || member.name.isEmpty {
      problems.report(
        .outOfRange, field: path, at: member.nameOffset,
        "\(member.name.quotedForMessage()) is no name of a spool: letters, digits, - _ and . are, 64 at most")
    }
    guard
      let values = FieldReader<SettingKey>(
        member.value, path: path + ".", alsoKnown: ["root"], problems: problems)
    else { return }
    let settings = layer(values, bytes)
    let fields = values.group(RootField.self)
    fields.require(.root, "the spool's root folder")
    guard let node = fields.node(.root),
      let root = SettingForm.path.value(fields, .root, mayBeNull: false)
    else { return }
    spools.append(Spool(name: member.name, root: setting(root, node, bytes), settings: settings))
  }

  private func layer(_ fields: FieldReader<SettingKey>, _ bytes: [UInt8]) -> SettingLayer {
    var layer: SettingLayer = [:]
    for key in SettingKey.allCases {
      guard let node = fields.node(key) else { continue }
      let value = key.form.value(fields, key, mayBeNull: key.standard == .none)
      layer[key] = value.map { setting($0, node, bytes) }
    }
    return layer
  }

  private func setting(_ value: SettingValue, _ node: JSONNode, _ bytes: [UInt8]) -> Setting {
    Setting(value, .file(path, line: TextPosition(of: node.offset, in: bytes).line))
  }

  /// What spools may not say of each other.
  private func check(_ fields: FieldReader<TopField>) {
    if case .text(let name)? = globals[.defaultSpool]?.value, !spools.contains(where: { $0.name == name }) {
      let names = spools.map(\.name)
      let nearest = NearestName.of(name, in: names)
      fields.report(
        .outOfRange, .defaultSpool,
        "no spool is called \(name.quotedForMessage())" + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""),
        hint: "The spools are \(names.joined(separator: ", ")).")
    }
    for (index, spool) in spools.enumerated() {
      for other in spools[..<index] {
        if let conflict = SpoolConflict(spool, other, defaults) {
          fields.report(.conflict, .spools, conflict.message, hint: conflict.hint)
        }
      }
    }
  }
}
