import ChildProcesses
import Foundation
import Glibc

/// A headless Chromium that is driven through its DevTools protocol, over pipes: real keys, real clicks, real downloads.
package final class Chromium {
  /// Nil where there is none.
  package static let path: String? = ["chromium", "chromium-browser", "google-chrome"].map { name -> String in
    "/usr/bin/\(name)"
  }.first { access($0, X_OK) == 0 }

  package struct Trouble: Error, CustomStringConvertible { package let description: String }

  private let process: ChildProcess
  private let (commands, replies): (Int32, Int32)
  private var unread = Data()
  private var number = 0
  private var session: String?

  /// - Parameter profile: A folder for the browser's own files.
  package init(profile: String) throws {
    signal(SIGPIPE, SIG_IGN)
    var (toBrowser, fromBrowser): ([Int32], [Int32]) = ([0, 0], [0, 0])
    guard pipe(&toBrowser) == 0, pipe(&fromBrowser) == 0 else {
      throw Trouble(description: "no pipe")
    }
    (commands, replies) = (toBrowser[1], fromBrowser[0])
    defer { for end in [toBrowser[0], fromBrowser[1]] { close(end) } }
    process = try ChildProcess(
      Self.path ?? "",
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
        "--user-data-dir=\(profile)", "about:blank",
      ], output: .nothing, errors: .nothing, handing: [toBrowser[0], fromBrowser[1]])
  }

  deinit {
    close(commands)
    process.send(signal: SIGKILL)
    process.wait()
    close(replies)
  }

  /// Sends a command of the protocol and waits for its answer.
  @discardableResult
  package func call(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
    number += 1
    var message: [String: Any] = ["id": number, "method": method, "params": parameters]
    if let session { message["sessionId"] = session }
    var data = try JSONSerialization.data(withJSONObject: message)
    data.append(0)
    try data.withUnsafeBytes { bytes in
      guard write(commands, bytes.baseAddress, bytes.count) == bytes.count else {
        throw Trouble(description: "the browser has gone")
      }
    }
    while true {
      let answer = try nextMessage()
      guard answer["id"] as? Int == number else { continue }
      if let error = answer["error"] { throw Trouble(description: "\(method): \(error)") }
      return answer["result"] as? [String: Any] ?? [:]
    }
  }

  private func nextMessage() throws -> [String: Any] {
    while true {
      if let end = unread.firstIndex(of: 0) {
        let message = unread[unread.startIndex..<end]
        unread = Data(unread[unread.index(after: end)...])
        return try JSONSerialization.jsonObject(with: Data(message)) as? [String: Any] ?? [:]
      }
      var ready = pollfd(fd: replies, events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, 60_000) > 0 else { throw Trouble(description: "the browser does not answer") }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(replies, &buffer, buffer.count)
      guard count > 0 else { throw Trouble(description: "the browser has gone") }
      unread += buffer[..<count]
    }
  }

  // MARK: A page

  /// Opens a file and waits until it is loaded.
  package func open(_ file: String) throws {
    if session == nil {
      let target = try call("Target.createTarget", ["url": "about:blank"])
      let attached = try call(
        "Target.attachToTarget", ["targetId": target["targetId"] ?? "", "flatten": true])
      session = attached["sessionId"] as? String
      try call("Page.enable")
      try resize(width: 1000)
    }
    try call("Page.navigate", ["url": URL(filePath: file).absoluteString])
    try wait {
      try self.evaluate("document.readyState === 'complete' && location.protocol === 'file:'") as? Bool
        == true
    }
  }

  @discardableResult
  package func evaluate(_ script: String) throws -> Any? {
    let answer = try call("Runtime.evaluate", ["expression": script, "returnByValue": true])
    if let exception = answer["exceptionDetails"] { throw Trouble(description: "\(exception)") }
    return (answer["result"] as? [String: Any])?["value"]
  }

  package func text(_ id: String) throws -> String {
    try evaluate("document.getElementById('\(id)').textContent") as? String ?? ""
  }

  /// Of keys that the browser itself acts on.
  private static let codes = ["Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowRight": 39]

  package func press(_ key: String) throws {
    var event: [String: Any] = ["key": key, "code": key.count == 1 ? "Key\(key.uppercased())" : key]
    if key.count == 1 { event["text"] = key }
    if let code = Self.codes[key] { event["windowsVirtualKeyCode"] = code }
    if key == "Enter" { event["text"] = "\r" }
    try call("Input.dispatchKeyEvent", event.merging(["type": "keyDown"]) { $1 })
    try call("Input.dispatchKeyEvent", event.merging(["type": "keyUp"]) { $1 })
  }

  /// Clicks into the middle of an element.
  package func click(_ selector: String) throws {
    try evaluate("document.querySelector('\(selector)')?.scrollIntoView({block: 'center'})")
    // What comes into view may change its size, and the place of what is below it.
    usleep(150_000)
    let place = try evaluate(
      """
      (() => { const e = document.querySelector('\(selector)'); e.scrollIntoView({block: "center"});
        const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()
      """)
    guard let place = place as? [Double], place.count == 2 else {
      throw Trouble(description: "there is no \(selector)")
    }
    for kind in ["mousePressed", "mouseReleased"] {
      try call(
        "Input.dispatchMouseEvent",
        ["type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1])
    }
  }

  /// Sets the page's width in pixels, and its height.
  package func resize(width: Int, height: Int = 1000) throws {
    try call(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
  }

  /// What is seen of the page; or the whole page, however long.
  package func screenshot(to file: String, whole: Bool = false) throws {
    let answer = try call("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": whole])
    let data = (answer["data"] as? String).flatMap { Data(base64Encoded: $0) }
    try data?.write(to: URL(filePath: file))
  }

  /// Waits until something is so, for half a minute at most.
  package func wait(until isSo: () throws -> Bool) throws {
    for _ in 0..<600 {
      if try isSo() { return }
      usleep(50_000)
    }
    throw Trouble(description: "waited in vain")
  }
}
