extension OFTRequest {
  /// Reads the detector and the prompts, which must have what the detector needs.
  mutating func readEntities(_ fields: FieldReader<Field>) {
    detector = detector(fields)
    quirks =
      fields.object(.quirks, as: DetectorQuirks.Field.self).map(DetectorQuirks.init(reading:)) ?? quirks
    let sources = [Field.prompts, .promptsFile, .dataset].filter(fields.has)
    if let superfluous = sources.dropFirst().first {
      fields.report(
        .conflict, superfluous,
        "\(sources.map(\.rawValue).joined(separator: " and ")) are given; keep one of them")
    }
    if sources.isEmpty {
      fields.report(.missingField, .prompts, "is missing: give prompts, prompts_file, or dataset")
    }
    var listed: [EntityPrompt] = []
    for (node, path) in fields.elements(.prompts, count: 1...GenerateRequest.imageLimit) ?? [] {
      guard let prompt = EntityPrompt(reading: node, path: path, problems: fields.problems) else { continue }
      listed.append(prompt)
      if let lack = lack(of: prompt) {
        fields.problems.report(
          .missingField, field: "\(path).\(lack.field.rawValue)", at: node.offset, lack.message)
      }
    }
    let file = fields.string(.promptsFile)
    if let file, PromptFile.Format(path: file) == nil {
      fields.report(
        .outOfRange, .promptsFile,
        "\(file.quotedForMessage()) ends in none of .txt (one prompt a line), .jsonl and .json")
    }
    prompts =
      fields.string(.dataset).map(PromptSource.dataset) ?? file.map(PromptSource.file) ?? .inline(listed)
  }

  private func detector(_ fields: FieldReader<Field>) -> Detector {
    guard let node = fields.node(.detector) else {
      if mask {
        fields.report(
          .missingField, .detector,
          "is missing: the mask needs {\"model\": …}, \"boxes\" (they come with the prompts) or \"none\"",
          hint: "\"none\" takes the whole image; \"mask\": false does without a box.")
      }
      return .wholeImage
    }
    if case .object = node.content {
      return fields.object(.detector, as: Detector.Field.self).map(Detector.init(reading:)) ?? .wholeImage
    }
    guard case .string(let name) = node.content else {
      fields.report(
        .wrongType, .detector, "found \(node.summary), expected {\"model\": …}, \"boxes\" or \"none\"")
      return .wholeImage
    }
    switch Detector.Name(rawValue: name) {
    case .boxes: return .boxes
    case .wholeImage: return .wholeImage
    case nil:
      let nearest = NearestName.of(name, in: Detector.Name.allCases.map(\.rawValue))
      fields.report(
        .outOfRange, .detector,
        "unknown value \(name.quotedForMessage())" + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""),
        hint: "It is \"boxes\", \"none\", or a model written as {\"model\": …}.")
      return .wholeImage
    }
  }

  /// What the prompt must say for the detector and does not.
  private func lack(of prompt: EntityPrompt) -> (field: EntityPrompt.Field, message: String)? {
    switch detector {
    case .model where mask && prompt.object == nil:
      (.object, "is missing: the noun phrase that the detector looks for")
    case .boxes where mask && prompt.box == nil:
      (.box, "is missing: the detector \"boxes\" takes [cx, cy, width, height] from each prompt")
    default: nil
    }
  }

  /// Checks that prompts from a file have what the detector needs, as those in the job were checked when it was read.
  ///
  /// - Throws: ``JobFailure`` `missing_field` for the first prompt that lacks it.
  package func check(_ prompts: [EntityPrompt]) throws(JobFailure) {
    let source: Field =
      switch self.prompts {
      case .inline: .prompts
      case .file: .promptsFile
      case .dataset: .dataset
      }
    for (index, prompt) in prompts.enumerated() {
      guard let lack = lack(of: prompt) else { continue }
      throw JobFailure(
        .missingField,
        "prompt \(index), \(prompt.prompt.quotedForMessage(limit: 60)): \(lack.field.rawValue) \(lack.message)",
        field: source.rawValue)
    }
  }
}
