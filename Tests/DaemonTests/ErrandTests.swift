import Foundation
import Synchronization
import Testing

@testable import Daemon

struct ErrandTests {
  private let errand = Errand<Int>("test")

  @Test func `tells when it is done, and gives its outcome once`() {
    let told = DispatchSemaphore(value: 0)
    #expect(errand.isFree && errand.take() == nil)
    errand.begin({ 7 }, then: { told.signal() })
    told.wait()
    #expect(!errand.isFree && !errand.isUnderWay)
    #expect(errand.take() == 7)
    #expect(errand.isFree && errand.take() == nil)
  }

  @Test func `has no outcome while it is under way`() {
    let mayEnd = DispatchSemaphore(value: 0)
    errand.begin(
      {
        mayEnd.wait()
        return 1
      }, then: {})
    #expect(errand.isUnderWay && errand.take() == nil)
    mayEnd.signal()
    errand.wait()
    #expect(!errand.isUnderWay && errand.take() == 1)
  }

  @Test func `does one thing after the other`() {
    for number in 0..<100 {
      errand.begin({ number }, then: {})
      errand.wait()
      #expect(errand.take() == number)
    }
    errand.wait()
  }
}
