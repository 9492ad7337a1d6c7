/// One prompt of a generate job: a plain text in the file, or an object with more to say.
package struct PromptRequest: Sendable, Equatable {
  package var prompt: String
  /// What true classifier-free guidance steers away from; used when `true_cfg_scale` is above 1.
  package var negativePrompt: String?
  /// Seed of this prompt's first image; image k draws from `seed + k`.
  package var seed: Int?
  /// The noun phrase a detector looks for; carried through to the result.
  package var object: String?

  package init(_ prompt: String, negativePrompt: String? = nil, seed: Int? = nil, object: String? = nil) {
    self.prompt = prompt
    self.negativePrompt = negativePrompt
    self.seed = seed
    self.object = object
  }

  package enum Field: String, FieldNames, CodingKey {
    case prompt
    case negativePrompt = "negative_prompt"
    case seed, object
  }

  /// Bytes of one prompt; the tokenizers read a few hundred tokens of it.
  static let lengthLimit = 65_536

  /// A text or an object; nil after a report.
  init?(reading node: JSONNode, path: String, problems: ProblemCollector) {
    if case .string(let text) = node.content {
      guard Self.isAcceptable(text) else {
        let message = "a prompt has at most \(Self.lengthLimit) bytes and no NUL character"
        problems.report(.outOfRange, field: path, at: node.offset, message)
        return nil
      }
      self.init(text)
      return
    }
    guard case .object = node.content else {
      let message = "found \(node.summary), expected a text or an object with \"prompt\""
      problems.report(.wrongType, field: path, at: node.offset, message)
      return nil
    }
    guard let fields = FieldReader<Field>(node, path: path + ".", problems: problems) else { return nil }
    fields.require(.prompt, "the text to draw")
    self.init(
      fields.string(.prompt, mayBeEmpty: true, limit: Self.lengthLimit) ?? "",
      negativePrompt: fields.string(.negativePrompt, mayBeEmpty: true, limit: Self.lengthLimit),
      seed: fields.integer(.seed, in: 0...Int.max),
      object: fields.string(.object, limit: 1024))
  }

  static func isAcceptable(_ text: String) -> Bool {
    text.utf8.count <= lengthLimit && !text.unicodeScalars.contains("\0")
  }
}

extension PromptRequest: PromptRow {
  init(text: String) { self.init(text) }
}

extension PromptRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(prompt, forKey: .prompt)
    try fields.encodeIfPresent(negativePrompt, forKey: .negativePrompt)
    try fields.encodeIfPresent(seed, forKey: .seed)
    try fields.encodeIfPresent(object, forKey: .object)
  }
}
