/// Draws both outcomes of a table of science prompts with a model, for a person to review.
package struct TemplateRequest: Sendable, Equatable {
  /// The table: tasks, conditions, subjects and the science behind each.
  package var templates = ""
  /// A diffusers folder, or the name of one under the spool's `models/`.
  package var model = ""
  /// Name of the data set that the review will publish below the spool's `datasets/`.
  package var output = ""
  /// Tasks to draw; nil for all of the table.
  package var laws: [String]?
  /// Pictures drawn of each outcome.
  package var candidates = 4
  /// Pairs of a subject that come to review, the best margins first.
  package var kept = 2
  /// Pairs with a smaller margin do not come to review; needs a `reward`.
  package var minMargin: Double?
  package var height: Int?
  package var width: Int?
  package var inferenceSteps = 28
  package var guidanceScale = 3.5
  package var seed = 0
  /// Measures margins: the score of the explicit picture minus that of the superficial one, under the implicit prompt.
  package var reward: ScoringRequest?

  package enum Field: String, FieldNames, CodingKey {
    case templates, model, output, laws
    case candidates = "num_candidates"
    case kept = "num_kept"
    case minMargin = "min_margin"
    case height, width
    case inferenceSteps = "num_inference_steps"
    case guidanceScale = "guidance_scale"
    case seed, reward
  }

  init(reading fields: FieldReader<Field>) {
    let sizes = GenerateRequest.sizeFactor...GenerateRequest.sizeLimit
    fields.require(.templates, "the table of prompts, such as datasets/templates/tasks.json")
    fields.require(.model, "a model folder, or a name under the spool's models/")
    templates = fields.string(.templates) ?? templates
    model = fields.string(.model) ?? model
    output = fields.outputName(.output, unlike: [:])
    laws = fields.strings(.laws, count: 1...1000, limit: 255)
    candidates = fields.integer(.candidates, in: 1...1000) ?? candidates
    kept = fields.integer(.kept, in: 1...1000) ?? kept
    minMargin = fields.number(.minMargin, in: -1000...1000)
    height = fields.integer(.height, in: sizes, multipleOf: GenerateRequest.sizeFactor)
    width = fields.integer(.width, in: sizes, multipleOf: GenerateRequest.sizeFactor)
    inferenceSteps = fields.integer(.inferenceSteps, in: 1...1000) ?? inferenceSteps
    guidanceScale = fields.number(.guidanceScale, in: 0...1000) ?? guidanceScale
    seed = fields.integer(.seed, in: 0...Int.max) ?? seed
    reward = fields.object(.reward, as: ScoringRequest.Field.self).map(ScoringRequest.init(reading:))
    if fields.has(.minMargin) && !fields.has(.reward) {
      fields.report(
        .conflict, .minMargin, "needs a reward, which measures margins",
        hint: "Add \"reward\": {\"model\": …}.")
    }
  }
}

extension TemplateRequest: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(templates, forKey: .templates)
    try fields.encode(model, forKey: .model)
    try fields.encode(output, forKey: .output)
    try fields.encodeIfPresent(laws, forKey: .laws)
    try fields.encode(candidates, forKey: .candidates)
    try fields.encode(kept, forKey: .kept)
    try fields.encodeIfPresent(minMargin, forKey: .minMargin)
    try fields.encodeIfPresent(height, forKey: .height)
    try fields.encodeIfPresent(width, forKey: .width)
    try fields.encode(inferenceSteps, forKey: .inferenceSteps)
    try fields.encode(guidanceScale, forKey: .guidanceScale)
    try fields.encode(seed, forKey: .seed)
    try fields.encodeIfPresent(reward, forKey: .reward)
  }
}
