/// What a LoRA adapter looks like: peft's `r`, `lora_alpha` and `target_modules`.
package struct LoRAShape: Sendable, Equatable {
  package var rank: Int
  /// The change to a weight is `alpha/rank · B·A`.
  package var alpha: Double
  /// Names of linear layers; each stands for every layer whose path ends in it.
  package var targetModules: [String]

  package init(rank: Int, alpha: Double, targetModules: [String]) {
    self.rank = rank
    self.alpha = alpha
    self.targetModules = targetModules
  }

  /// The paper's: every attention projection of the image stream.
  package static let standard = LoRAShape(
    rank: 16, alpha: 16, targetModules: ["to_k", "to_q", "to_v", "to_out.0"])
}

extension AdapterTrainingRequest {
  /// The shape of the adapter that the job trains: the initial adapter's, or what the job says with the paper's defaults.
  ///
  /// - Parameter initial: The shape of `init_adapter`; nil without one.
  /// - Throws: ``JobFailure`` `conflict` when the job asks for another shape than the initial adapter has.
  package func shape(initial: LoRAShape?) throws(JobFailure) -> LoRAShape {
    guard let initial else {
      let standard = LoRAShape.standard
      return LoRAShape(
        rank: rank ?? standard.rank, alpha: loraAlpha ?? standard.alpha,
        targetModules: targetModules ?? standard.targetModules)
    }
    func check(_ field: Field, _ wanted: String?, _ found: String) throws(JobFailure) {
      guard let wanted, wanted != found else { return }
      throw JobFailure(
        .conflict, "the job says \(wanted), the init_adapter has \(found)",
        hint: "Leave \(field.rawValue) out to go on with the adapter as it is.", field: field.rawValue)
    }
    func listed(_ names: [String]) -> String { names.sorted().joined(separator: ", ") }
    try check(.rank, rank.map { "\($0)" }, "\(initial.rank)")
    try check(.loraAlpha, loraAlpha.map { "\($0)" }, "\(initial.alpha)")
    try check(.targetModules, targetModules.map(listed), listed(initial.targetModules))
    return initial
  }
}
