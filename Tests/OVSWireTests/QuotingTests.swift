import Testing

@testable import OVSWire

/// How messages quote names that come from outside.
struct QuotingTests {
  @Test(arguments: [
    ("", #""""#), ("name", #""name""#), (String(repeating: "x", count: 64), "\"\(String(repeating: "x", count: 64))\""),
    (String(repeating: "x", count: 65), "\"\(String(repeating: "x", count: 64))…\""),
    (String(repeating: "x", count: 100_000), "\"\(String(repeating: "x", count: 64))…\""),
    ("a\"b", #""a\"b""#), ("a\nb\u{2028}", #""a\nb\u2028""#),
    (String(repeating: "é", count: 70), "\"\(String(repeating: "é", count: 64))…\""),
  ])
  func `A name from outside is quoted on one line, in full if it is short and cut if it is not`(
    name: String, expected: String
  ) {
    #expect(quoted(name) == expected)
  }
}
