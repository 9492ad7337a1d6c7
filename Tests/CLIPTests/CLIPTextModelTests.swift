import Checkpoints
import Tensors
import Testing

@testable import CLIP

@Suite struct CLIPTextModelTests {
  private func load(
    _ clip: TinyCLIP = .text(prefix: "text_model."), config: String = TinyCLIP.textConfig
  ) throws -> CLIPTextModel {
    try withTemporaryFolder { folder in
      try clip.write(config: config, to: folder)
      return try CLIPTextModel(folder: folder)
    }
  }

  /// Largest difference; sums of a few dozen float32 terms of size one agree to a few 1e-7.
  private func difference(_ one: Tensor, _ other: Tensor) -> Float {
    zip(one.values, other.values).map { abs($0 - $1) }.max() ?? .infinity
  }

  private func normalised(_ x: [Float], gain: [Float], shift: [Float]) -> [Float] {
    let mean = x.reduce(0, +) / Float(x.count)
    let centred = x.map { $0 - mean }
    let variance = centred.map { $0 * $0 }.reduce(0, +) / Float(x.count)
    let deviation = (variance + 1e-5).squareRoot()
    return x.indices.map { centred[$0] / deviation * gain[$0] + shift[$0] }
  }

  @Test func bothSpellingsOfTheNamesAreRead() throws {
    let ids = [[10, 3, 4, 11, 11, 11]]
    let published = try load(.text(prefix: "text_model."))(ids: ids)
    let plain = try load(.text(prefix: ""))(ids: ids)
    #expect(published.lastHiddenState == plain.lastHiddenState)
    #expect(published.pooled == plain.pooled)
  }

  @Test func oldPositionBuffersAreLeftAlone() throws {
    var clip = TinyCLIP.text(prefix: "text_model.")
    clip.tensors["text_model.embeddings.position_ids"] = ([0, 1, 2, 3, 4, 5], [1, 6])
    #expect(throws: Never.self) { try load(clip) }
  }

  @Test func withoutTheLayersOutputsOnlyTheFinalNormRemains() throws {
    var clip = TinyCLIP.text(prefix: "")
    for (name, tensor) in clip.tensors where name.contains("out_proj") || name.contains("fc2") {
      clip.tensors[name] = (tensor.values.map { _ in 0 }, tensor.shape)
    }
    let output = try load(clip)(ids: [[10, 5, 11]])
    let tokens = try #require(clip.tensors["embeddings.token_embedding.weight"]).values
    let positions = try #require(clip.tensors["embeddings.position_embedding.weight"]).values
    let gain = try #require(clip.tensors["final_layer_norm.weight"]).values
    let shift = try #require(clip.tensors["final_layer_norm.bias"]).values
    let x: [Float] = zip(tokens[88..<96], positions[16..<24]).map { $0 + $1 }
    let expected = normalised(x, gain: gain, shift: shift)
    #expect(difference(output.pooled, Tensor(expected)) < 1e-5)
    #expect(output.penultimateHiddenState.shape == [1, 3, 8])
    #expect(difference(output.penultimateHiddenState.slice(2..<3, axis: 1), Tensor(x)) < 1e-6)
  }

  @Test func aTextIsReadFromTheLeft() throws {
    let model = try load()
    let short = model(ids: [[10, 3, 4]]).lastHiddenState
    let long = model(ids: [[10, 3, 4, 7, 8]]).lastHiddenState.slice(0..<3, axis: 1)
    #expect(difference(short, long) < 1e-5)
  }

  @Test func padsDoNotChangeThePooledState() throws {
    let model = try load()
    let ids = [[10, 3, 11, 11, 11], [10, 4, 5, 6, 11]]
    let free = model(ids: ids)
    let masked = model(ids: ids, mask: [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    #expect(difference(free.pooled, masked.pooled) < 1e-5)
    #expect(difference(free.lastHiddenState[0], masked.lastHiddenState[0]) > 1e-3)
  }

  @Test func entriesOfABatchDoNotMix() throws {
    let model = try load()
    let both = model(ids: [[10, 3, 11], [10, 4, 11]]).pooled
    #expect(difference(both[1], model(ids: [[10, 4, 11]]).pooled) < 1e-5)
  }

  @Test func theEndTokenIsFoundByEitherRule() throws {
    let byID = try load()
    #expect(byID.configuration.poolingPlace(in: [10, 3, 11, 11]) == 2)
    #expect(byID.configuration.poolingPlace(in: [10, 3, 4]) == 0)
    let byLargest = try load(
      config: TinyCLIP.textConfig.replacing("\"eos_token_id\": 11", with: "\"eos_token_id\": 2"))
    #expect(byLargest.configuration.poolingPlace(in: [10, 3, 11, 11]) == 2)
    #expect(byLargest.configuration.poolingPlace(in: [2, 10, 3, 10]) == 1)
  }

  @Test func aTokenizerWithMoreTokensIsRefused() throws {
    let model = try load()
    #expect(throws: Never.self) {
      try model.requireVocabulary(of: CountingTokenizer(vocabularySize: 12), folder: "t")
    }
    let error = try #require(throws: CheckpointError.self) {
      try model.requireVocabulary(of: CountingTokenizer(vocabularySize: 13), folder: "t")
    }
    #expect(
      error.description.contains("t: the tokenizer has 13 tokens; expected at most the 12 of the text model"))
  }

  @Test func theProjectedModelAddsItsMatrix() throws {
    var clip = TinyCLIP.text(prefix: "text_model.")
    // Picks columns 0...4.
    clip.tensors["text_projection.weight"] = ((0..<40).map { $0 % 9 == 0 ? 1 : 0 }, [5, 8])
    try withTemporaryFolder { folder in
      try clip.write(config: TinyCLIP.textConfig, to: folder)
      let (states, embeddings) = try CLIPTextModelWithProjection(folder: folder)(ids: [[10, 3, 11]])
      #expect(embeddings == states.pooled.slice(0..<5, axis: 1))
    }
  }
}
