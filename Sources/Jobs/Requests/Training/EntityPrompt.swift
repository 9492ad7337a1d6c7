/// One prompt of an oft job: what to draw, and where or what the entity is that counts.
package struct EntityPrompt: Sendable, Equatable {
  package var prompt: String
  /// The noun phrase a detector looks for.
  package var object: String?
  /// Where the entity is, when no detector is asked.
  package var box: UnitBox?

  package init(_ prompt: String, object: String? = nil, box: UnitBox? = nil) {
    self.prompt = prompt
    self.object = object
    self.box = box
  }

  package enum Field: String, FieldNames, CodingKey { case prompt, object, box }
}

extension EntityPrompt: PromptRow {
  init(text: String) { self.init(text) }

  init?(reading node: JSONNode, path: String, problems: ProblemCollector) {
    if case .string = node.content {
      guard let plain = PromptRequest(reading: node, path: path, problems: problems) else { return nil }
      self.init(plain.prompt)
      return
    }
    guard case .object = node.content else {
      problems.report(
        .wrongType, field: path, at: node.offset,
        "found \(node.summary), expected a text or an object with \"prompt\"")
      return nil
    }
    guard let fields = FieldReader<Field>(node, path: path + ".", problems: problems) else { return nil }
    fields.require(.prompt, "the text to draw")
    self.init(
      fields.string(.prompt, mayBeEmpty: true, limit: PromptRequest.lengthLimit) ?? "",
      object: fields.string(.object, limit: 1024), box: fields.box(.box))
  }
}

extension EntityPrompt: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(prompt, forKey: .prompt)
    try fields.encodeIfPresent(object, forKey: .object)
    try fields.encodeIfPresent(box, forKey: .box)
  }
}

/// A box in fractions of an image, as GroundingDINO writes it: `[cx, cy, width, height]`.
package struct UnitBox: Sendable, Equatable {
  package var cx: Double
  package var cy: Double
  package var width: Double
  package var height: Double

  package init(cx: Double, cy: Double, width: Double, height: Double) {
    self.cx = cx
    self.cy = cy
    self.width = width
    self.height = height
  }

  /// - Returns: Nil unless there are four numbers in 0…1, width and height above 0.
  init?(_ numbers: [Double]) {
    guard numbers.count == 4, numbers.allSatisfy((0...1).contains), numbers[2] > 0, numbers[3] > 0 else {
      return nil
    }
    self.init(cx: numbers[0], cy: numbers[1], width: numbers[2], height: numbers[3])
  }
}

extension UnitBox: Codable {
  package init(from decoder: any Decoder) throws {
    let values = try decoder.singleValueContainer()
    guard let box = UnitBox(try values.decode([Double].self)) else {
      throw DecodingError.dataCorruptedError(in: values, debugDescription: UnitBox.expectation)
    }
    self = box
  }

  package func encode(to encoder: any Encoder) throws { try [cx, cy, width, height].encode(to: encoder) }

  static let expectation = "expected [cx, cy, width, height] in fractions 0…1 of the image"
}

extension FieldReader {
  /// A box; nil, after a report, for anything but four numbers in range.
  func box(_ field: Field) -> UnitBox? {
    guard let node = node(field) else { return nil }
    guard let numbers = node.numbers else {
      report(.wrongType, field, "found \(node.summary), \(UnitBox.expectation)")
      return nil
    }
    guard let box = UnitBox(numbers) else {
      report(
        .outOfRange, field, "found \(numbers.map { "\($0)" }.joined(separator: ", ")), \(UnitBox.expectation)"
      )
      return nil
    }
    return box
  }
}

extension JSONNode {
  /// The numbers of a list that has nothing else in it.
  var numbers: [Double]? {
    guard case .array(let elements) = content else { return nil }
    let numbers = elements.compactMap { element -> Double? in
      if case .number(let digits) = element.content { Double(digits) } else { nil }
    }
    return numbers.count == elements.count ? numbers : nil
  }
}
