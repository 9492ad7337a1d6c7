import CLIP
import Checkpoints
import Foundation
import Images
import Testing
import Tokenizers

@testable import Rewards

@Suite struct SciScoreTests {
  private func load(_ scorer: TinyScorer = TinyScorer()) throws -> SciScore {
    try withTemporaryFolder { folder in
      try scorer.write(to: folder)
      return try SciScore(folder: folder)
    }
  }

  private func image(_ seed: Int) -> RGBImage {
    RGBImage(
      width: 9, height: 8, pixels: (0..<9 * 8 * 3).map { UInt8(truncatingIfNeeded: $0 * (seed + 3) + seed) })
  }

  private func item(_ prompt: String, _ seeds: Int...) -> ScoringItem {
    ScoringItem(prompt: prompt, images: seeds.map { .pixels(image($0)) })
  }

  @Test func scoresAreScaledCosinesOfTheModelsFeatures() throws {
    let scorer = try load()
    let scores = try scorer.scores([item("a b", 1, 2)])
    let pixels = try scorer.imageProcessor.pixelValues(of: [image(1), image(2)])
    let logits = scorer.model.logitsPerImage(
      imageFeatures: scorer.model.imageFeatures(pixels),
      textFeatures: scorer.model.textFeatures(ids: [[3, 0, 1, 4]]))
    for (score, logit) in zip(scores[0], logits.values) { #expect(abs(score.score - logit) < 1e-4) }
    #expect(scores[0].allSatisfy { abs($0.score) <= exp(Float(3)) * 1.0001 })
  }

  @Test func probabilitiesAreTheSoftmaxOverAPromptsImages() throws {
    let scores = try load().scores([item("a", 1, 2, 5), item("b", 4)])
    #expect(abs(scores[0].map(\.probability).reduce(0, +) - 1) < 1e-6)
    #expect(
      abs(
        log(scores[0][0].probability / scores[0][1].probability) - (scores[0][0].score - scores[0][1].score))
        < 1e-4)
    #expect(scores[1][0].probability == 1)
  }

  @Test("Batches, neighbours and repeated prompts change nothing", arguments: [1, 2, 3, 8])
  func batches(size: Int) throws {
    let scorer = try load()
    let items = [item("a", 1, 2), item("b c", 3), item("a", 4), ScoringItem(prompt: "c", images: [])]
    let scores = try scorer.scores(items, imagesPerBatch: size)
    #expect(scores.map(\.count) == [2, 1, 1, 0])
    for (item, scored) in zip(items, scores) {
      for (source, score) in zip(item.images, scored) {
        let alone = try scorer.scores([ScoringItem(prompt: item.prompt, images: [source])])[0][0]
        // Products of other sizes may sum in another order.
        #expect(abs(alone.score - score.score) < 1e-4)
      }
    }
  }

  @Test func pairsAreScoredInOrder() throws {
    let scorer = try load()
    let scores = try scorer.scores(prompts: ["a", "b"], images: [image(1), image(2)])
    let items = try scorer.scores([item("a", 1), item("b", 2)])
    #expect(scores == items.map { $0[0].score })
  }

  @Test func longPromptsAreCutToTheModelsPositions() throws {
    let scorer = try load()
    let long = try scorer.scores([item("a b c a b c a b c", 1)])[0][0].score
    let cut = try scorer.scores([item("a b c", 1)])[0][0].score
    #expect(abs(long - cut) < 1e-4)
    #expect(try scorer.scores([item("", 1)])[0][0].score.isFinite)
  }

  @Test func progressIsToldAfterEachBatchAndMayEndTheScoring() throws {
    struct Enough: Error {}
    let scorer = try load()
    var told: [[Int]] = []
    #expect(throws: Enough.self) {
      try scorer.scores([item("a", 1, 2, 3, 4, 5)], imagesPerBatch: 2) { done, total in
        told.append([done, total])
        if done == 4 { throw Enough() }
      }
    }
    #expect(told == [[2, 5], [4, 5]])
  }

  @Test func aMissingImageFileIsNamed() throws {
    let error = try #require(throws: ImageError.self) {
      try load().scores([ScoringItem(prompt: "a", images: [.file("/nowhere/x.png")])])
    }
    #expect(error.path == "/nowhere/x.png")
  }

  @Test func damagedWeightsAreAnErrorNotAScore() throws {
    let scorer = try load(TinyScorer(postNormWeight: .nan))
    let error = try #require(throws: NonFiniteScore.self) { try scorer.scores([item("a", 1)]) }
    #expect(error.description.contains("image 1, prompt \"a\": the score is not a finite number"))
  }

  @Test(
    "An incomplete or mixed folder is refused with what to do",
    arguments: [
      ("vocab.json", nil, "no tokenizer.json, and not both of vocab.json and merges.txt"),
      ("preprocessor_config.json", nil, "there is no preprocessor_config.json"),
      ("config.json", nil, "config.json"),
      ("model_index.json", "{}", "this is a diffusers pipeline"),
      ("preprocessor_config.json", #"{"size": 8, "crop_size": 7}"#, "crop_size\": does not give the images"),
      ("preprocessor_config.json", #"{"image_processor_type": "ViTImageProcessor"}"#, "image_processor_type"),
      (
        "vocab.json", #"{"a</w>": 0, "b</w>": 1, "<|startoftext|>": 2, "<|endoftext|>": 3}"#,
        "eos_token_id\": is not the tokenizer's end token"
      ),
      (
        "vocab.json", #"{"a</w>": 0, "<|startoftext|>": 8, "<|endoftext|>": 9}"#,
        "the tokenizer has 10 tokens"
      ),
    ] as [(String, String?, String)])
  func refused(file: String, content: String?, message: String) throws {
    var scorer = TinyScorer()
    scorer.files[file] = content
    let error = try #require(throws: (any Error).self) { try load(scorer) }
    #expect("\(error)".contains(message), "\(error)")
  }

  @Test func aMissingFolderIsNamed() throws {
    let error = try #require(throws: CheckpointError.self) { try SciScore(folder: "/nowhere/scorer") }
    #expect(error.description.contains("/nowhere/scorer: there is no such folder"))
  }

  @Test func tokenizerAndPreprocessorMayStandElsewhere() throws {
    try withTemporaryFolder { processor in
      try TinyScorer().write(to: processor)
      try withTemporaryFolder { weights in
        var bare = TinyScorer()
        bare.files = bare.files.filter { $0.key == "config.json" }
        try bare.write(to: weights)
        #expect(throws: TokenizerError.self) { try SciScore(folder: weights) }
        #expect(throws: Never.self) { try SciScore(folder: weights, processorFolder: processor) }
      }
    }
  }
}
