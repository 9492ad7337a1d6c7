import Foundation
import Testing

@testable import Jobs

@Suite struct WorkerProtocolTests {
  private func checkLine<Message: Codable & Equatable>(_ message: Message) throws {
    let line = try JobJSON.line(message)
    #expect(line.last == UInt8(ascii: "\n") && line.count { $0 == UInt8(ascii: "\n") } == 1)
    #expect(try JobJSON.value(Message.self, from: line) == message)
  }

  @Test func everyCommandIsOneLineThatReadsBack() throws {
    let folders = JobFolders(
      job: "/s/inbox/a\nb.job", spoolRoot: "/s", allowedRoots: ["/d"], output: "/s/work/1")
    let order = WorkOrder(id: "1", name: "a\nb", attempt: 1, job: "{\n}", folders: folders)
    for command in [WorkerCommand.run(order), .cancel(id: "1"), .shutdown] { try checkLine(command) }
  }

  @Test func everyEventIsOneLineThatReadsBack() throws {
    guard case .generate(let generated) = sampleResult().outcome else { return }
    let events: [WorkerEvent] = [
      .ready(processID: 7, version: "0.1.0"),
      .heartbeat,
      .progress(id: "1", JobProgress(stage: "denoise", step: 3, total: 16, eta: 1.5)),
      .artifact(
        id: "1", JobArtifact(file: "images/a.png", bytes: 9, sha256: "ff", image: generated.images[0])),
      .log(id: "1", LogLine(.warning, "two\nlines")), .log(id: nil, LogLine(.info, "up")),
      .result(id: "1", sampleResult()),
      .failure(id: "1", JobFailure(.badInput, "no PNG", hint: "h", field: "f")),
    ]
    for event in events { try checkLine(event) }
  }
}
