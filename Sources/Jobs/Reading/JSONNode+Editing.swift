/// Making one JSON text out of another: what is put in or left out changes, all else keeps its digits and its order.
extension JSONNode {
  /// The value with another one at a path of members, which are made where they are missing.
  ///
  /// What stands in the way and is no object is replaced.
  func setting(_ value: JSONNode, at path: ArraySlice<String>) -> JSONNode {
    guard let name = path.first else { return value }
    var members: [JSONMember] = []
    if case .object(let present) = content { members = present }
    let rest = path.dropFirst()
    if let index = members.firstIndex(where: { $0.name == name }) {
      members[index] = JSONMember(
        name: name, nameOffset: members[index].nameOffset,
        value: members[index].value.setting(value, at: rest))
    } else {
      let inner = JSONNode(content: .object([]), offset: value.offset).setting(value, at: rest)
      members.append(JSONMember(name: name, nameOffset: value.offset, value: inner))
    }
    return JSONNode(content: .object(members), offset: offset)
  }

  /// The object without some of its members; other values as they are.
  func removing(_ names: Set<String>) -> JSONNode {
    guard case .object(let members) = content else { return self }
    return JSONNode(content: .object(members.filter { !names.contains($0.name) }), offset: offset)
  }

  /// The value at a path of members.
  subscript(path: ArraySlice<String>) -> JSONNode? {
    guard let name = path.first else { return self }
    guard case .object(let members) = content else { return nil }
    return members.first { $0.name == name }?.value[path.dropFirst()]
  }

  /// The value as JSON on one line.
  var text: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// The value as a file for people: objects indented, lists on one line each.
  var fileText: String {
    var text = ""
    write(to: &text, indent: 0)
    return text + "\n"
  }

  private func write(to text: inout String, indent: Int?) {
    switch content {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let digits): text += digits
    case .string(let value): text += Self.quoted(value)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        text += index == 0 ? "" : ", "
        element.write(to: &text, indent: nil)
      }
      text += "]"
    case .object(let members):
      let inner = indent.map { $0 + 2 }
      let lineBreak = { (indent: Int?) in indent.map { "\n" + String(repeating: " ", count: $0) } }
      text += "{"
      for (index, member) in members.enumerated() {
        text += index == 0 ? "" : inner == nil ? ", " : ","
        text += lineBreak(inner) ?? ""
        text += Self.quoted(member.name) + ": "
        member.value.write(to: &text, indent: inner)
      }
      text += (members.isEmpty ? nil : lineBreak(indent)) ?? ""
      text += "}"
    }
  }

  private static func quoted(_ value: String) -> String {
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
