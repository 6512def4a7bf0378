import OVSAccounts
import Testing

@testable import OVSNetwork

/// Dates as HTTP and certificates write them.
@Suite struct DateInWordsTests {
  @Test(
    "Every form that a service or a TLS library uses is read",
    arguments: [
      "Sun, 06 Nov 1994 08:49:37 GMT", "Nov  6 08:49:37 1994 GMT", "1994-11-06 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
    ])
  func forms(_ text: String) {
    #expect(UTCTime(dateInWords: text)?.description == "1994-11-06T08:49:37Z")
  }

  @Test(
    "What is no date, or not one of these, is none",
    arguments: [
      "", "soon", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994",
      "Sun, 06 Nov 1994 25:00:00 GMT", "06 Nov 1994 08:49:37 +0100", "1994-11-06", "Nov Nov 1994 08:49:37",
      "1994-11-06 1994-11-06 08:49:37", "9 9 9 9 9 9",
    ])
  func others(_ text: String) {
    #expect(UTCTime(dateInWords: text) == nil)
  }
}
