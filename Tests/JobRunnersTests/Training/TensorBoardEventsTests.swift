import Foundation
import Testing

@testable import JobRunners

@Suite struct TensorBoardEventsTests {
  /// The usual check value, and those of RFC 3720, appendix B.4.
  @Test func `the checksum is CRC-32C`() {
    #expect(TensorBoardEvents.crc(Data("123456789".utf8)) == 0xe306_9283)
    #expect(TensorBoardEvents.crc(Data(repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(TensorBoardEvents.crc(Data(repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(TensorBoardEvents.crc(Data(0..<32)) == 0x46dd_794e)
    #expect(TensorBoardEvents.crc(Data()) == 0)
  }

  @Test func `a record frames its data with length and checksums`() {
    let record = [UInt8](TensorBoardEvents.record(Data("abc".utf8)))
    #expect(record.count == 8 + 4 + 3 + 4)
    #expect(Array(record[..<8]) == [3, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(record[12..<15]) == [0x61, 0x62, 0x63])
  }

  @Test func `events of two attempts are a file each`() throws {
    let spool = try TemporarySpool()
    let output = OutputFolder(path: spool.path("output"))
    try output.make()
    let time = Date(timeIntervalSince1970: 1_700_000_000)
    for attempt in 1...2 {
      let events = try TensorBoardEvents(in: output, attempt: attempt, after: attempt * 10, at: time)
      try events.add(step: 1, [("loss", 0.5)], at: time)
      try events.add(step: 1, [("picture", Data([1, 2, 3]), 4, 5)], at: time)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: spool.path("output/tensorboard")).sorted()
    #expect(
      names == [
        "events.out.tfevents.1700000000.scispool.0001", "events.out.tfevents.1700000000.scispool.0002",
      ])
    let data = try spool.read("output/tensorboard/\(names[0])")
    #expect(data.range(of: Data("brain.Event:2".utf8)) != nil && data.range(of: Data("loss".utf8)) != nil)
  }
}
