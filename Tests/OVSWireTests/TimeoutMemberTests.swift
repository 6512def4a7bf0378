import Testing

@testable import OVSWire

/// `timeout_ms` in either dialect.
struct TimeoutMemberTests {
  private static let envelopes =
    [
      { #"{"cmd":1006,"id":1,"timeout_ms":\#($0)}"# },
      { #"{"jsonrpc":"2.0","method":"OVS_CMD_GET_INFO","id":1,"timeout_ms":\#($0)}"# },
    ] as [@Sendable (String) -> String]

  @Test(arguments: [("1", 1), ("30000", 30_000), ("2147483647", 2_147_483_647)])
  func `A whole number of milliseconds is the command's own timeout`(text: String, milliseconds: Int) throws {
    for envelope in Self.envelopes {
      let item = try #require(Heard(envelope(text)).only)
      #expect(item.failure == nil && item.timeout == .milliseconds(milliseconds), "\(envelope(text))")
    }
  }

  @Test(arguments: [
    "0", "-1", "-0", "1.5", "1e3", "1.0", "2147483648", "99999999999999999999", #""5""#, "true", "[1]", "{}",
  ])
  func `Anything else is refused by name`(text: String) {
    for envelope in Self.envelopes {
      let heard = Heard(envelope(text)).only
      #expect(heard?.failure?.code == .invalidEnvelope && heard?.failure?.field == "timeout_ms", "\(envelope(text))")
      #expect(heard?.reply.id?.text == "1", "\(envelope(text))")
    }
  }

  @Test func `Without it there is none`() {
    #expect(Heard(#"{"cmd":1006}"#).only?.timeout == nil)
  }
}
