/// A GGUF file as llama.cpp's `gguf.GGUFWriter` lays it out.
public struct GGUFWriter {
  /// Shapes have the outermost axis first; types are ggml's numbers.
  public typealias Tensor = (name: String, shape: [Int], type: UInt32, bytes: [UInt8])

  public var version: UInt32 = 3
  public var facts: [(key: String, type: UInt32, value: [UInt8])] = []
  public var tensors: [Tensor] = []

  public init() {}

  public static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
  }

  public static func text(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }

  public static func floats(_ values: [Float]) -> [UInt8] { values.flatMap { bytes($0.bitPattern) } }

  public var content: [UInt8] {
    var head =
      Array("GGUF".utf8) + Self.bytes(version) + Self.bytes(UInt64(tensors.count))
      + Self.bytes(UInt64(facts.count))
    for fact in facts { head += Self.text(fact.key) + Self.bytes(fact.type) + fact.value }
    var data: [UInt8] = []
    for tensor in tensors {
      head += Self.text(tensor.name) + Self.bytes(UInt32(tensor.shape.count))
      for size in tensor.shape.reversed() { head += Self.bytes(UInt64(size)) }
      head += Self.bytes(tensor.type) + Self.bytes(UInt64(data.count))
      data += tensor.bytes
      while data.count % 32 != 0 { data.append(0) }
    }
    while head.count % 32 != 0 { head.append(0) }
    return head + data
  }
}
