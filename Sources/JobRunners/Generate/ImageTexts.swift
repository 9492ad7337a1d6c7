import Foundation
import Images
import Jobs

/// What a PNG of a generate job says about itself: all that is needed to draw it again, and nothing of when or where.
struct ImageTexts: Encodable {
  let version: String
  let model: String
  let image: GeneratedImage
  let steps: Int
  let guidance: Double
  let trueCFG: Double
  let maxSequenceLength: Int
  let sampler: SamplerRequest

  enum CodingKeys: String, CodingKey {
    case version, model, prompt
    case negativePrompt = "negative_prompt"
    case seed, height, width
    case steps = "num_inference_steps"
    case guidance = "guidance_scale"
    case trueCFG = "true_cfg_scale"
    case maxSequenceLength = "max_sequence_length"
    case sampler
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(version, forKey: .version)
    try values.encode(model, forKey: .model)
    try values.encode(image.prompt, forKey: .prompt)
    try values.encodeIfPresent(image.negativePrompt, forKey: .negativePrompt)
    try values.encodeIfPresent(image.seed, forKey: .seed)
    try values.encode(image.height, forKey: .height)
    try values.encode(image.width, forKey: .width)
    try values.encode(steps, forKey: .steps)
    try values.encode(guidance, forKey: .guidance)
    try values.encode(trueCFG, forKey: .trueCFG)
    try values.encode(maxSequenceLength, forKey: .maxSequenceLength)
    try values.encode(sampler, forKey: .sampler)
  }

  /// The text that image viewers look for under `parameters`, in the form of AUTOMATIC1111's web interface: the prompt, the negative prompt, and
  /// one line of settings.
  var parameters: String {
    var settings = ["Steps: \(steps)"]
    settings.append(sampler == .ode ? "Sampler: Euler" : "Sampler: Euler SDE")
    settings.append("CFG scale: \(trueCFG)")
    settings.append("Distilled CFG Scale: \(guidance)")
    if let seed = image.seed { settings.append("Seed: \(seed)") }
    settings.append("Size: \(image.width)x\(image.height)")
    settings.append("Model: \((model as NSString).lastPathComponent)")
    let negative = image.negativePrompt.map { ["Negative prompt: \($0)"] } ?? []
    return ([image.prompt] + negative + [settings.joined(separator: ", ")]).joined(separator: "\n")
  }

  func pngTexts() throws(JobFailure) -> [PNGText] {
    let json = String(decoding: try JobJSON.line(self).dropLast(), as: UTF8.self)
    return [PNGText(keyword: "parameters", text: parameters), PNGText(keyword: "scispool", text: json)]
  }
}
