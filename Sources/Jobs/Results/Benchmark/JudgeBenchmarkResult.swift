/// How true to science a language model finds pictures.
package struct JudgeBenchmarkResult: Sendable, Equatable, Codable {
  /// The judging model.
  package var model: String
  /// As the job names it.
  package var folder: String
  package var mode: JudgeEndpointRequest.Mode
  /// The version of the questions' wording.
  package var protocolVersion: String
  /// SHA-256 of the distinct prompts with their rubrics, in any order; nil from versions that did not keep it.
  package var prompts: String?
  package var usage: JudgeUsage
  /// Nil when no picture was scored.
  package var overall: Scores?
  /// By the rows' `category`; rows without one are in none.
  package var categories: [String: Scores]
  /// By the rows' `law`; rows without one are in none.
  package var laws: [String: Scores]
  /// Pictures whose scene got 0 and whose reality got more, which counts as 0.
  package var contradictions: Int

  package init(
    model: String, folder: String, mode: JudgeEndpointRequest.Mode, protocolVersion: String,
    prompts: String?, usage: JudgeUsage,
    overall: Scores?, categories: [String: Scores], laws: [String: Scores], contradictions: Int
  ) {
    (self.model, self.folder, self.mode) = (model, folder, mode)
    (self.protocolVersion, self.prompts) = (protocolVersion, prompts)
    (self.usage, self.overall) = (usage, overall)
    (self.categories, self.laws, self.contradictions) = (categories, laws, contradictions)
  }

  enum CodingKeys: String, CodingKey {
    case model, folder, mode
    case protocolVersion = "protocol_version"
    case prompts, usage, overall, categories, laws, contradictions
  }

  /// Means over prompts of the means of their pictures.
  package struct Scores: Sendable, Equatable, Codable {
    /// Reality score over 3: 0…1, the published score over 100.
    package var score: Double
    /// Of the prompts' scores; nil for one prompt.
    package var standardError: Double?
    /// Mean scene score on the data set's own scale; nil when no answer has one.
    package var scene: Double?
    package var prompts: Int
    /// Pictures that were scored.
    package var images: Int

    package init(score: Double, standardError: Double?, scene: Double?, prompts: Int, images: Int) {
      (self.score, self.standardError, self.scene) = (score, standardError, scene)
      (self.prompts, self.images) = (prompts, images)
    }

    enum CodingKeys: String, CodingKey {
      case score
      case standardError = "standard_error"
      case scene, prompts, images
    }
  }

  /// One picture: a line of `scores.jsonl`.
  package struct Row: Sendable, Equatable, Codable {
    /// Line of `metadata.jsonl`, counted from 1.
    package var row: Int
    package var file: String
    package var prompt: String
    package var category: String?
    package var law: String?
    /// Of the answer in `replies.jsonl`.
    package var question: String
    package var scene: Double?
    /// 0…3; nil without a score.
    package var reality: Double?
    package var contradictsItself: Bool
    /// Why there is no score.
    package var problem: String?

    package init(
      row: Int, file: String, prompt: String, category: String?, law: String?, question: String,
      scene: Double?,
      reality: Double?, contradictsItself: Bool, problem: String?
    ) {
      (self.row, self.file, self.prompt) = (row, file, prompt)
      (self.category, self.law, self.question) = (category, law, question)
      (self.scene, self.reality, self.contradictsItself) = (scene, reality, contradictsItself)
      self.problem = problem
    }

    enum CodingKeys: String, CodingKey {
      case row, file, prompt, category, law, question, scene, reality
      case contradictsItself = "contradiction"
      case problem
    }
  }
}
