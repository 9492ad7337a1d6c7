/// One task of a ``TemplateTable``: its templates and subjects.
struct TemplateTask {
  let cases: [TemplateTable.Case]

  enum Field: String, FieldNames {
    case law, category, conditions, implicit, explicit, superficial, subjects
  }

  enum SubjectField: String, FieldNames {
    case name, phrase, object, values, conditions, science, source
  }

  private struct Templates {
    var implicit: [String]
    var explicit: [String]
    var superficial: [String]
    var conditions: [String]
  }

  init?(_ node: JSONNode, path: String, sources: [String: String], _ problems: ProblemCollector) {
    guard let fields = FieldReader<Field>(node, path: path + ".", problems: problems) else { return nil }
    fields.require(.law, "the task's name, such as ripeness")
    fields.require(.category, "physics, chemistry or biology")
    for field in [Field.implicit, .explicit, .superficial] { fields.require(field, "a list of templates") }
    fields.require(.subjects, "a list of subjects")
    let (law, category) = (fields.string(.law, limit: 255) ?? "", fields.string(.category, limit: 255) ?? "")
    let templates = Templates(
      implicit: fields.strings(.implicit, count: 1...100) ?? [],
      explicit: fields.strings(.explicit, count: 1...100) ?? [],
      superficial: fields.strings(.superficial, count: 1...100) ?? [],
      conditions: fields.strings(.conditions, count: 1...100) ?? [])
    cases = (fields.elements(.subjects, count: 1...10_000) ?? []).compactMap { node, path in
      Self.read(node, path, law: law, category: category, templates, sources, problems)
    }
  }

  private static func read(
    _ node: JSONNode, _ path: String, law: String, category: String, _ templates: Templates,
    _ sources: [String: String], _ problems: ProblemCollector
  ) -> TemplateTable.Case? {
    guard let fields = FieldReader<SubjectField>(node, path: path + ".", problems: problems) else {
      return nil
    }
    fields.require(.name, "the subject")
    fields.require(.science, "why the explicit outcome is right")
    fields.require(.source, "a key of sources")
    let name = fields.string(.name, limit: 255) ?? ""
    let key = fields.string(.source, limit: 255) ?? ""
    if fields.has(.source), sources[key] == nil {
      let nearest = NearestName.of(key, in: sources.keys)
      fields.report(
        .outOfRange, .source,
        "\(key.quotedForMessage()) is no key of sources" + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
      )
    }
    var values = fields.textsByName(.values, count: 100) ?? [:]
    let own = Set(values.keys)
    values["name"] = name
    values["phrase"] = fields.string(.phrase, limit: 255) ?? name
    let conditions = fields.strings(.conditions, count: 1...100) ?? templates.conditions
    var filler = TemplateFiller(values: values)
    let implicit = templates.implicit.flatMap { template in
      template.contains("{condition}")
        ? conditions.map { filler.fill(template, condition: $0) } : [filler.fill(template, condition: nil)]
    }
    let explicit = templates.explicit.map { filler.fill($0, condition: nil) }
    let superficial = templates.superficial.map { filler.fill($0, condition: nil) }
    for place in filler.unknown.sorted() {
      fields.report(.missingField, .values, "has no \(place.quotedForMessage()), which a template asks for")
    }
    for value in own.subtracting(filler.used).sorted() {
      fields.report(.unknownField, .values, "has \(value.quotedForMessage()), which no template asks for")
    }
    if implicit.isEmpty {
      fields.report(.missingField, .conditions, "is missing: an implicit template asks for {condition}")
    }
    if !Set(explicit).isDisjoint(with: superficial) {
      fields.report(.conflict, .values, "the explicit and the superficial prompts are the same")
    }
    return TemplateTable.Case(
      law: law, category: category, subject: name, object: fields.string(.object, limit: 1024) ?? name,
      implicit: implicit, explicit: explicit, superficial: superficial,
      science: fields.string(.science) ?? "",
      source: sources[key] ?? key)
  }
}

/// Puts values into the places of templates, and notes which were asked for.
struct TemplateFiller {
  let values: [String: String]
  private(set) var used: Set<String> = []
  private(set) var unknown: Set<String> = []

  init(values: [String: String]) { self.values = values }

  mutating func fill(_ template: String, condition: String?) -> String {
    var (text, rest) = ("", template[...])
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      let place = String(rest[rest.index(after: open)..<close])
      text += rest[..<open]
      if let value = place == "condition" ? condition : values[place] {
        text += value
        used.insert(place)
      } else {
        unknown.insert(place)
      }
      rest = rest[rest.index(after: close)...]
    }
    return text + rest
  }
}
