/// Kinds of adapter tensors that are not plain LoRA of a transformer, by how their keys look.
///
/// They are looked for before the layout, so that the message says what the file is instead of which keys are odd.
struct AdapterRefusal: Sendable {
  let kind: String
  let hint: String
  let matches: @Sendable (String) -> Bool

  /// - Throws: ``CheckpointError`` that lists the keys of the first kind found.
  static func check(_ file: SafetensorsFile) throws(CheckpointError) {
    for refusal in all {
      let keys = file.names.filter(refusal.matches)
      guard !keys.isEmpty else { continue }
      throw CheckpointError(
        file: file.path,
        problem:
          "\(keys.count) of \(file.names.count) tensors are \(refusal.kind), which this program does not read",
        found: Listing.text(keys, limit: AdapterFile.listed), hint: refusal.hint)
    }
  }

  private static let plain =
    "Train a plain LoRA, or merge the adapter into the model with the program that made it"

  static let all = [
    AdapterRefusal(
      "magnitudes of a DoRA adapter", hint: plain, within: ["dora_scale", "lora_magnitude_vector"]),
    AdapterRefusal("factors of a LoHa adapter", hint: plain, within: [".hada_"]),
    AdapterRefusal("factors of a LoKr adapter", hint: plain, within: [".lokr_"]),
    AdapterRefusal("rotations of an OFT adapter", hint: plain, within: [".oft_", ".boft_"]),
    AdapterRefusal(
      "factors of a convolution", hint: plain, within: [".lora_mid."]),
    AdapterRefusal("factors of an embedding", hint: plain, within: ["lora_embedding_"]),
    AdapterRefusal("biases", hint: "Train the adapter with bias none and lora_bias false") {
      $0.hasSuffix(".bias") || $0.hasSuffix(".diff_b")
    },
    AdapterRefusal("whole differences of weights", hint: plain) { $0.hasSuffix(".diff") },
    AdapterRefusal(
      "for text encoders",
      hint:
        "Only the transformer is adapted; train without the text encoders, or remove these tensors if you can do"
        + " without them"
    ) { key in
      textEncoderPrefixes.contains(where: key.hasPrefix)
    },
    AdapterRefusal(
      "for a U-Net", hint: "The adapter is for Stable Diffusion; name one that was trained on FLUX"
    ) {
      key in
      unetPrefixes.contains(where: key.hasPrefix)
    },
  ]

  private static let textEncoderPrefixes = [
    "lora_te_", "lora_te1_", "lora_te2_", "lora_te3_", "text_encoder.", "text_encoder_2.", "text_encoders.",
    "base_model.model.text_model.", "base_model.model.encoder.",
  ]

  private static let unetPrefixes = [
    "unet.", "lora_unet_down_blocks_", "lora_unet_up_blocks_", "lora_unet_mid_block_",
    "lora_unet_input_blocks_",
    "lora_unet_output_blocks_", "lora_unet_middle_block_",
  ]

  private init(_ kind: String, hint: String, matches: @escaping @Sendable (String) -> Bool) {
    (self.kind, self.hint, self.matches) = (kind, hint, matches)
  }

  private init(_ kind: String, hint: String, within parts: [String]) {
    self.init(kind, hint: hint) { key in parts.contains { key.contains($0) } }
  }
}
