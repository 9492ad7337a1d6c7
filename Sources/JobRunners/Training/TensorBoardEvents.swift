import Foundation
import Jobs

/// Event files as TensorBoard reads them: scalars and pictures by step.
///
/// Records are framed as TensorFlow's `record_writer.cc` does (length, masked CRC-32C of the length, data, masked CRC-32C of
/// the data) and hold `Event` messages of `tensorflow/core/util/event.proto`, written here field by field. Every attempt
/// writes a file of its own that begins with a session start, upon which TensorBoard drops what an earlier file says of
/// later steps.
struct TensorBoardEvents {
  static let folder = "tensorboard"
  private let output: OutputFolder
  private let file: String

  /// Begins the file of an attempt that goes on after `step`.
  init(in output: OutputFolder, attempt: Int, after step: Int, at time: Date) throws(JobFailure) {
    self.output = output
    let digits = String(attempt)
    let number = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    file = "\(Self.folder)/events.out.tfevents.\(Int(time.timeIntervalSince1970)).scispool.\(number)"
    try output.makeFolder(Self.folder)
    var version = ProtobufMessage()
    version.add(1, double: time.timeIntervalSince1970)
    version.add(3, text: "brain.Event:2")
    var status = ProtobufMessage()
    status.add(1, integer: 1)  // START
    var start = ProtobufMessage()
    start.add(1, double: time.timeIntervalSince1970)
    // What TensorBoard has read of this step and later ones it forgets.
    start.add(2, integer: step == 0 ? 0 : step + 1)
    start.add(7, message: status)
    try output.write(Self.record(version.data) + Self.record(start.data), to: file)
  }

  func add(step: Int, _ scalars: [(name: String, value: Double)], at time: Date) throws(JobFailure) {
    var summary = ProtobufMessage()
    for scalar in scalars {
      var value = ProtobufMessage()
      value.add(1, text: scalar.name)
      value.add(2, float: Float(scalar.value))
      summary.add(1, message: value)
    }
    try write(summary, step, time)
  }

  /// - Parameter pictures: PNG files with the names to show them under.
  func add(
    step: Int, _ pictures: [(name: String, png: Data, width: Int, height: Int)], at time: Date
  ) throws(JobFailure) {
    var summary = ProtobufMessage()
    for picture in pictures {
      var image = ProtobufMessage()
      image.add(1, integer: picture.height)
      image.add(2, integer: picture.width)
      image.add(3, integer: 3)
      image.add(4, bytes: picture.png)
      var value = ProtobufMessage()
      value.add(1, text: picture.name)
      value.add(4, message: image)
      summary.add(1, message: value)
    }
    try write(summary, step, time)
  }

  private func write(_ summary: ProtobufMessage, _ step: Int, _ time: Date) throws(JobFailure) {
    var event = ProtobufMessage()
    event.add(1, double: time.timeIntervalSince1970)
    event.add(2, integer: step)
    event.add(5, message: summary)
    try output.append(Self.record(event.data), to: file)
  }

  /// One framed record.
  static func record(_ data: Data) -> Data {
    let length = withUnsafeBytes(of: UInt64(data.count).littleEndian) { Data($0) }
    func sum(_ data: Data) -> Data { withUnsafeBytes(of: masked(crc(data)).littleEndian) { Data($0) } }
    return length + sum(length) + data + sum(data)
  }

  /// As `crc32c::Mask` does, so that a checksum of data that holds checksums stays sound.
  private static func masked(_ crc: UInt32) -> UInt32 { ((crc >> 15) | (crc << 17)) &+ 0xa282_ead8 }

  /// CRC-32C (Castagnoli).
  static func crc(_ data: Data) -> UInt32 {
    ~data.reduce(~UInt32(0)) { ($0 >> 8) ^ table[Int(($0 ^ UInt32($1)) & 0xff)] }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0x82f6_3b78 : value >> 1 }
  }
}

/// A protocol buffer message under construction: fields in the order they are added.
private struct ProtobufMessage {
  private(set) var data = Data()

  mutating func add(_ field: Int, integer: Int) {
    key(field, 0)
    varint(UInt64(bitPattern: Int64(integer)))
  }

  mutating func add(_ field: Int, double: Double) {
    key(field, 1)
    withUnsafeBytes(of: double.bitPattern.littleEndian) { data.append(contentsOf: $0) }
  }

  mutating func add(_ field: Int, float: Float) {
    key(field, 5)
    withUnsafeBytes(of: float.bitPattern.littleEndian) { data.append(contentsOf: $0) }
  }

  mutating func add(_ field: Int, bytes: Data) {
    key(field, 2)
    varint(UInt64(bytes.count))
    data.append(bytes)
  }

  mutating func add(_ field: Int, text: String) { add(field, bytes: Data(text.utf8)) }
  mutating func add(_ field: Int, message: ProtobufMessage) { add(field, bytes: message.data) }

  private mutating func key(_ field: Int, _ type: UInt64) { varint(UInt64(field) << 3 | type) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      data.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    data.append(UInt8(rest))
  }
}
