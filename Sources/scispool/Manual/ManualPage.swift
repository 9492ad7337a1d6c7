/// A manual page of one command, in the language of man(7).
struct ManualPage {
  let command: CommandTree
  /// From the program's name to this command's.
  let path: [String]

  /// The page of a command, then those of the commands below it.
  static func all(_ command: CommandTree, below path: [String] = []) -> [ManualPage] {
    let page = ManualPage(command: command, path: path + [command.commandName])
    return [page] + command.shownSubcommands.flatMap { all($0, below: page.path) }
  }

  var fileName: String { path.joined(separator: "-") + ".1" }

  var text: String {
    let (examples, paragraphs) = Self.parts(of: command.discussion ?? "")
    let name = path.joined(separator: "-")
    var lines = [
      ".TH \(Self.escaped(name.uppercased())) 1 \"\" \"scispool \(Version.text)\" \"User Commands\"",
      ".SH NAME", "\(Self.escaped(name)) \\- \(Self.escaped(summary))",
      ".SH SYNOPSIS", ".B \(Self.escaped(path.joined(separator: " ")))", Self.escaped(synopsis),
    ]
    if !paragraphs.isEmpty {
      lines.append(".SH DESCRIPTION")
      lines += paragraphs.enumerated().flatMap { ($0 > 0 ? [".PP"] : []) + $1.map(Self.escaped) }
    }
    if !command.shownArguments.isEmpty {
      lines.append(".SH OPTIONS")
      for argument in command.shownArguments {
        lines += [".TP", argument.heading, Self.escaped(argument.explanation)]
      }
    }
    if !command.shownSubcommands.isEmpty {
      lines.append(".SH COMMANDS")
      for below in command.shownSubcommands {
        lines += [
          ".TP", "\\fB\(Self.escaped((path + [below.commandName]).joined(separator: "-")))\\fR(1)",
          Self.escaped(below.abstract ?? ""),
        ]
      }
    }
    if !examples.isEmpty { lines += [".SH EXAMPLES", ".nf"] + examples.map(Self.escaped) + [".fi"] }
    if path.count > 1 {
      lines += [".SH SEE ALSO", "\\fB\(Self.escaped(path.dropLast().joined(separator: "-")))\\fR(1)"]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The abstract as `whatis` shows it.
  private var summary: String {
    let text = command.abstract ?? ""
    return (text.prefix(1).lowercased() + text.dropFirst()).trimmingSuffix { $0 == "." }
  }

  private var synopsis: String {
    let values = command.shownArguments.filter { $0.kind == .positional }.map { argument in
      let value = "<\(argument.valueName ?? "value")>" + (argument.isRepeating ? "..." : "")
      return argument.isOptional ? "[\(value)]" : value
    }
    let needed = command.shownArguments.filter { $0.kind == .option && !$0.isOptional }.map {
      "\($0.names?.first?.text ?? "") <\($0.valueName ?? "value")>"
    }
    let below = command.shownSubcommands.isEmpty ? [] : ["<command>"]
    return (below + ["[options]"] + needed + values).joined(separator: " ")
  }

  /// The indented lines below `EXAMPLE`, and all else as paragraphs.
  private static func parts(of discussion: String) -> (examples: [String], paragraphs: [[String]]) {
    var examples: [String] = []
    var paragraphs: [[String]] = []
    var isExample = false
    for paragraph in discussion.split(separator: "\n\n") {
      var lines = paragraph.split(separator: "\n").map(String.init)
      isExample = lines.first == "EXAMPLE" || isExample && lines.allSatisfy { $0.hasPrefix("  ") }
      if isExample {
        if lines.first == "EXAMPLE" { lines.removeFirst() }
        examples += (examples.isEmpty ? [] : [""]) + lines.map { String($0.trimmingPrefix("  ")) }
      } else {
        paragraphs.append(lines)
      }
    }
    return (examples, paragraphs)
  }

  /// Text that troff takes as it stands.
  static func escaped(_ line: String) -> String {
    let text = line.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("'", with: "\\(aq")
      .replacing("`", with: "\\(ga").replacing("^", with: "\\(ha").replacing("~", with: "\\(ti")
    // A full stop in front would be a request.
    return text.hasPrefix(".") ? "\\&" + text : text
  }
}

extension CommandTree.Argument {
  fileprivate var heading: String {
    let value = valueName.map { "\\fI\(ManualPage.escaped($0))\\fR" } ?? ""
    if kind == .positional { return value }
    let flags = (names ?? []).map { "\\fB\(ManualPage.escaped($0.text))\\fR" }.joined(separator: ", ")
    return kind == .option ? "\(flags) \(value)" : flags
  }

  fileprivate var explanation: String {
    let standard = kind == .flag ? nil : defaultValue.map { " (default: \($0))" }
    return (abstract ?? "") + (standard ?? "")
  }
}

extension String {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
    var text = self
    while let last = text.last, predicate(last) { text.removeLast() }
    return text
  }
}
