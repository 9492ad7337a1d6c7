import Checkpoints
import FLUX
import Tensors

/// A FLUX pipeline as the shelf keeps it, with the prompts it has encoded.
///
/// Encoding a prompt costs a CPU minutes with T5 XXL, and jobs repeat prompts: negative prompts, seeds, nightly lists.
final class DrawingModel {
  let pipeline: FluxPipeline
  /// Pixels of a side when the job names none.
  let defaultSize: Int
  private var encoded = EncodedPrompts(budget: 256 << 20)

  /// - Throws: What ``FluxPipeline`` throws.
  init(folder: String, adapter: AppliedAdapter? = nil) throws {
    pipeline = try FluxPipeline(folder: folder, adapter: adapter)
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

  func conditioning(_ prompt: String, maxSequenceLength: Int) -> FluxPipeline.Conditioning {
    let key = EncodedPrompts.Key(prompt: prompt, length: maxSequenceLength)
    if let known = encoded[key] { return known }
    let new = pipeline.conditioning([prompt], maxSequenceLength: maxSequenceLength)
    encoded.insert(new, for: key)
    return new
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
