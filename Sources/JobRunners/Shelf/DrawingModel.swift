import Checkpoints
import FLUX
import Jobs
import Tensors

/// A FLUX pipeline as the shelf keeps it, with the prompts it has encoded.
///
/// Encoding a prompt costs a CPU minutes with T5 XXL, and jobs repeat prompts: negative prompts, seeds, nightly lists.
final class DrawingModel {
  let pipeline: FluxPipeline
  /// Pixels of a side when the job names none.
  let defaultSize: Int
  private var encoded = EncodedPrompts(budget: 256 << 20)
  private let encoders: [String]

  /// - Throws: What ``FluxPipeline`` throws.
  init(folder: String, adapter: AppliedAdapter? = nil) throws {
    pipeline = try FluxPipeline(folder: folder, adapter: adapter)
    encoders = EncodingCache.encoders(of: folder)
    // diffusers draws 1024×1024 whatever the model; the autoencoder's own size is that for FLUX.1, and is right for
    // small models, too.
    let size =
      try ModelConfiguration(path: "\(folder)/vae").optionalInteger("sample_size", in: 1...4096) ?? 1024
    defaultSize = size % pipeline.sizeMultiple == 0 ? size : 1024
  }

  /// T5 tokens when the job says nothing.
  var defaultSequenceLength: Int {
    min(FluxPipeline.maxSequenceLength, pipeline.tokenizer2.modelMaxLength ?? FluxPipeline.maxSequenceLength)
  }

  /// A prompt as the encoders see it; of large encoders kept on disk, too, if there is a place.
  func conditioning(
    _ prompt: String, maxSequenceLength: Int, spoolRoot: String? = nil
  ) -> FluxPipeline.Conditioning {
    let key = EncodedPrompts.Key(prompt: prompt, length: maxSequenceLength)
    if let known = encoded[key] { return known }
    let compute = { self.pipeline.conditioning([prompt], maxSequenceLength: maxSequenceLength) }
    var new: FluxPipeline.Conditioning?
    if pipeline.hasLargeTextEncoder, let spoolRoot {
      let cache = EncodingCache(spoolRoot: spoolRoot, limit: SFTRequest.defaultCacheBytes)
      // A file that cannot be read is a prompt that is encoded again.
      new = try? cache.conditioning(
        prompt, maxSequenceLength: maxSequenceLength, encoders: encoders, compute: compute)
    }
    let conditioning = new ?? compute()
    encoded.insert(conditioning, for: key)
    return conditioning
  }
}

/// The prompts encoded last, as many as fit a budget.
private struct EncodedPrompts {
  struct Key: Hashable {
    let prompt: String
    let length: Int
  }

  let budget: Int
  private var known: [Key: FluxPipeline.Conditioning] = [:]
  private var oldestFirst: [Key] = []
  private var bytes = 0

  init(budget: Int) { self.budget = budget }

  subscript(key: Key) -> FluxPipeline.Conditioning? { known[key] }

  mutating func insert(_ conditioning: FluxPipeline.Conditioning, for key: Key) {
    known[key] = conditioning
    oldestFirst.append(key)
    bytes += Self.size(conditioning)
    while bytes > budget && oldestFirst.count > 1 {
      if let gone = known.removeValue(forKey: oldestFirst.removeFirst()) { bytes -= Self.size(gone) }
    }
  }

  private static func size(_ conditioning: FluxPipeline.Conditioning) -> Int {
    MemoryLayout<Float>.stride * (conditioning.states.count + conditioning.pooled.count)
  }
}
