/// One of the sixteen kinds of scientific knowledge that the prompts of Science-T2I ask for.
package enum Task: String, CaseIterable, Sendable, Codable {
  case gravity, buoyancy, electricity, evaporation, melting, freezing, condensation, diffusion, absorption
  case flameReaction = "flame_reaction"
  case rust, immiscibility
  case ripeness
  case lightRequirement = "light_requirement"
  case waterRequirement = "water_requirement"
  case seasonalChange = "seasonal_change"

  package enum Domain: String, CaseIterable, Sendable, Codable {
    case physics, chemistry, biology
  }

  package var domain: Domain {
    switch self {
    case .gravity, .buoyancy, .electricity, .evaporation, .melting, .freezing, .condensation, .diffusion,
      .absorption:
      .physics
    case .flameReaction, .rust, .immiscibility: .chemistry
    case .ripeness, .lightRequirement, .waterRequirement, .seasonalChange: .biology
    }
  }

  /// Whether the outcome hangs on what the subject is, and not on the condition the prompt names.
  ///
  /// The grouping is that of the Science-T2I project page (classification figure).
  package var isSubjectOriented: Bool {
    switch self {
    case .buoyancy, .diffusion, .absorption, .flameReaction, .immiscibility, .seasonalChange: true
    default: false
    }
  }
}
