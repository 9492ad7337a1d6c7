import Foundation
import Tensors

/// A FLUX transformer out of a GGUF file, under diffusers' names.
///
/// Files have Black Forest Labs' names, in which several layers are fused; see ``BlackForestNames``. Types stay: F32, F16 and
/// BF16 as they are, Q8_0 as signed bytes with a scale for 32 inputs (``Int8Quantization``), which are the same numbers.
package struct GGUFTransformer {
  private let file: GGUFFile

  /// Some rows of a tensor of the file, which become a tensor of their own.
  private struct Piece {
    let name: String
    let source: GGUFFile.Entry
    /// Of the outermost axis, in this order.
    let rows: [Range<Int>]

    var shape: [Int] { [rows.reduce(0) { $0 + $1.count }] + source.shape.dropFirst() }
    var count: Int { shape.reduce(1, *) }
    var isBytes: Bool { source.type == .q8 }

    var layout: [(name: String, shape: [Int], type: SafetensorsDataType, bytes: Int)] {
      switch source.type {
      case .float32: [(name, shape, .float32, 4 * count)]
      case .float16: [(name, shape, .float16, 2 * count)]
      case .bfloat16: [(name, shape, .bfloat16, 2 * count)]
      case .q8:
        [
          (name, shape, .int8, count),
          (name + Int8Quantization.suffix, [shape[0], count / shape[0] / 32], .float32, count / 32 * 4),
        ]
      }
    }
  }

  /// - Throws: `CheckpointError`, listing the tensors that are none of FLUX's.
  package init(path: String) throws(CheckpointError) {
    file = try GGUFFile(path: path)
    _ = try pieces()
  }

  private static let prefixes = ["model.diffusion_model.", "diffusion_model.", ""]

  private func pieces() throws(CheckpointError) -> [Piece] {
    var (pieces, strangers) = ([Piece](), [String]())
    for entry in file.entries.values.sorted(by: { $0.name < $1.name }) {
      guard let made = self.pieces(of: entry) else {
        strangers.append(entry.name)
        continue
      }
      pieces += made
    }
    guard strangers.isEmpty, !pieces.isEmpty else {
      throw CheckpointError(
        file: file.path,
        problem: "\(strangers.count) tensors are no part of a FLUX transformer (\(Listing.text(strangers)))",
        expected: "Black Forest Labs' names, such as double_blocks.0.img_attn.qkv.weight",
        hint: "Text encoders and autoencoders are taken from a folder")
    }
    return pieces
  }

  private func pieces(of entry: GGUFFile.Entry) -> [Piece]? {
    // Blocks of bytes make matrices only.
    guard let rows = entry.shape.first, entry.type != .q8 || entry.shape.count == 2 else { return nil }
    let prefix = Self.prefixes.first { entry.name.hasPrefix($0) } ?? ""
    let name = String(entry.name.dropFirst(prefix.count))
    if let norm = BlackForestNames.norm(name) {
      return entry.shape.count == 1 ? [Piece(name: norm, source: entry, rows: [0..<rows])] : nil
    }
    for ending in [".weight", ".bias"] where name.hasSuffix(ending) {
      let module = String(name.dropLast(ending.count))
      // How a bias is shared out, too, is told by what its weight takes in.
      guard let target = BlackForestNames.target(of: module),
        let inputs = file.entries["\(prefix)\(module).weight"]?.shape.last,
        let shares = target.rows.shares(of: rows, inputs: inputs)
      else { return nil }
      return zip(target.layers, shares).map { Piece(name: $0 + ending, source: entry, rows: $1) }
    }
    return nil
  }

  /// Bytes of the file's tensors.
  package var byteCount: Int { file.entries.values.reduce(0) { $0 + $1.bytes.count } }

  /// Writes them as one `diffusion_pytorch_model.safetensors`.
  ///
  /// - Parameter progress: Called after each tensor with its bytes.
  package func write(to folder: String, progress: (Int) throws -> Void = { _ in }) throws {
    let pieces = try self.pieces()
    let target = try ReplacementFile(for: "\(folder)/diffusion_pytorch_model.safetensors")
    do {
      try target.append(
        SafetensorsWriter.header(of: pieces.flatMap(\.layout), metadata: ["format": "pt", "source": "gguf"]))
      for piece in pieces {
        try append(piece, to: target)
        try progress(piece.count / piece.source.type.block.values * piece.source.type.block.bytes)
      }
      try target.commit()
    } catch {
      target.discard()
      throw error
    }
  }

  private func append(_ piece: Piece, to target: ReplacementFile) throws(CheckpointError) {
    let (bytes, block) = (file.bytes(of: piece.source), piece.source.type.block)
    let inner = piece.source.shape.dropFirst().reduce(1, *)
    let width = inner / block.values * block.bytes
    let stretch = max(1, (1 << 22) / max(1, width))
    var scales: [Float] = []
    for range in piece.rows {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: stretch) {
        let end = min(range.upperBound, start + stretch)
        let part = UnsafeRawBufferPointer(rebasing: bytes[start * width..<end * width])
        guard piece.isBytes else {
          try target.append(Array(part))
          continue
        }
        var values: [UInt8] = []
        values.reserveCapacity(part.count)
        for first in stride(from: 0, to: part.count, by: block.bytes) {
          let bits = part.loadUnaligned(fromByteOffset: first, as: UInt16.self)
          scales.append(Float(halfBits: UInt16(littleEndian: bits)))
          values.append(contentsOf: part[first + 2..<first + block.bytes])
        }
        try target.append(values)
      }
    }
    if piece.isBytes { try target.append(scales) }
  }
}

extension Float {
  /// The number that sixteen bits are in IEEE 754.
  init(halfBits bits: UInt16) {
    let (sign, exponent, fraction) = (bits >> 15, Int(bits >> 10 & 0x1F), Float(bits & 0x3FF))
    let magnitude: Float
    switch exponent {
    case 0: magnitude = fraction * 0x1p-24
    case 31: magnitude = fraction == 0 ? .infinity : .nan
    default: magnitude = Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction * 0x1p-10)
    }
    self = sign == 1 ? -magnitude : magnitude
  }
}
