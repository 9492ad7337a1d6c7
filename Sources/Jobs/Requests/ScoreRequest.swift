/// A `score` job as its file says it: how well images fit prompts.
package struct ScoreRequest: WorkRequest, Sendable, Equatable {
  /// A transformers CLIPModel folder, or the name of one under the spool's `models/`.
  package var model = ""
  package var source: Source = .items([])

  package init(model: String, source: Source) {
    self.model = model
    self.source = source
  }

  package enum Source: Sendable, Equatable {
    case items([ScoreItem])
    /// A folder of images with a `metadata.jsonl`.
    case folder(String)
  }

  package enum Field: String, FieldNames, CodingKey { case model, items, folder }

  /// Images of one job, all items together.
  package static let imageLimit = 1_000_000

  init(reading fields: FieldReader<Field>) {
    fields.require(.model, "a CLIP model folder, or a name under the spool's models/")
    model = fields.string(.model) ?? model
    if fields.has(.items) && fields.has(.folder) {
      fields.report(.conflict, .folder, "items and folder are both given; keep one of them")
    }
    if !fields.has(.items) && !fields.has(.folder) {
      fields.report(.missingField, .items, "is missing: give items, or folder")
    }
    let items = fields.elements(.items, count: 1...Self.imageLimit)?.compactMap { node, path in
      ScoreItem(reading: node, path: path, problems: fields.problems)
    }
    source = fields.string(.folder).map(Source.folder) ?? .items(items ?? [])
  }
}

/// One prompt and the images that are compared for it.
package struct ScoreItem: Sendable, Equatable, Encodable {
  package var prompt: String
  package var images: [String]

  package init(prompt: String, images: [String]) {
    self.prompt = prompt
    self.images = images
  }

  package enum Field: String, FieldNames { case prompt, images }

  init?(reading node: JSONNode, path: String, problems: ProblemCollector) {
    guard let fields = FieldReader<Field>(node, path: path + ".", problems: problems) else { return nil }
    fields.require(.prompt, "the text to compare images with")
    fields.require(.images, "a list of image files")
    prompt = fields.string(.prompt, mayBeEmpty: true, limit: PromptRequest.lengthLimit) ?? ""
    images = fields.strings(.images, count: 1...10_000) ?? []
  }
}
