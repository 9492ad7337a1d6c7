import Testing

@testable import Jobs

@Suite struct NearestNameTests {
  private let names = GenerateRequest.Field.allCases.map(\.rawValue)

  @Test(arguments: [
    ("heigth", "height"), ("Height", "height"), ("num-inference-steps", "num_inference_steps"),
    ("steps", "num_inference_steps"), ("prompt", "prompts"), ("guidance", "guidance_scale"),
    ("modell", "model"),
  ])
  func findsTheLikelyName(typed: String, meant: String) {
    #expect(NearestName.of(typed, in: names) == meant)
  }

  @Test(arguments: ["zebra_crossing", "", "qqqqqqqq"])
  func staysSilentWhenNothingIsNear(typed: String) {
    #expect(NearestName.of(typed, in: names.filter { $0.count > 5 }) == nil)
  }

  @Test func countsInsertionsDeletionsAndSubstitutions() {
    #expect(NearestName.editDistance(Array("kitten"), Array("sitting")) == 3)
    #expect(NearestName.editDistance([], Array("abc")) == 3)
    #expect(NearestName.editDistance(Array("abc"), []) == 3)
  }
}
