import Foundation
import Jobs
import Spooling

/// The file in which a ``StatusPage`` appears, by a rename and only when something has changed.
package struct StatusFile {
  private let url: URL
  private var last: StatusPage?
  private var isFailing = false

  package init(_ url: URL) { self.url = url }

  /// Brings the file up to date.
  ///
  /// - Returns: Why that is not possible; said once, until it is possible again.
  package mutating func show(
    at now: Date, _ page: () throws(JobFailure) -> StatusPage
  ) -> JobFailure? {
    do throws(JobFailure) {
      let page = try page()
      if page != last {
        try FileSystem.replace(url, by: Data(page.html(at: now).utf8))
        last = page
      }
      isFailing = false
      return nil
    } catch {
      let isNews = !isFailing
      isFailing = true
      return isNews ? error : nil
    }
  }
}
