import Testing

@testable import OVSWire

/// Numbers and identifiers keep the very text they came with.
struct KeptTextTests {
  private static let numbers = [
    "0", "-0", "0.10", "-0.0", "1e400", "1E+05", "-1.5e-7", "9223372036854775807", "-9223372036854775809",
    "340282366920938463463374607431768211456", "0.1000000000000000055511151231257827",
  ]

  @Test(arguments: numbers)
  func `A number is read and written by its own text`(number: String) throws {
    let document = try Document(" [\(number) ] ")
    let value = document.value(of: document.root)
    #expect(value == .array([.number(number)]), "the number \(number) became \(value)")
    #expect(JSONWriter.text { $0.value(value) } == "[\(number)]")
  }

  private static let identifiers =
    numbers + [#""""#, #""plain""#, #""\u0061\/\b""#, #""\uD83D\uDE00""#, #""é""#, #""e\#u{301}""#]

  @Test(arguments: identifiers)
  func `An answer echoes the identifier as it came`(id: String) throws {
    let reply = try #require(Heard(#"{"cmd":1006,"id":\#(id)}"#).only).reply
    let answer = JSONWriter.text { $0.answer(.success(.null), command: nil, to: reply) }
    #expect(answer.hasSuffix(#","id":\#(id)}"#), "the identifier \(id) was answered in \(answer)")
  }

  @Test(arguments: [
    (#""a/b""#, #""a\/b""#, true), (#""a""#, #""\u0061""#, true), (#""1""#, "1", false), ("1", "1", true),
    ("1", "1.0", false), ("10", "1e1", false), ("-0", "0", false),
    ("123456789012345678901", "123456789012345678901", true), (#""a""#, #""A""#, false),
    ("\"\u{E9}\"", "\"e\u{301}\"", false),
  ])
  func `An identifier means the same string however escaped, or a number written the same way`(
    id: String, other: String, isMatch: Bool
  ) throws {
    let reply = try #require(Heard(#"{"cmd":1006,"id":\#(id)}"#).only).reply
    let document = try Document(other)
    #expect(reply.id?.matches(document.value(of: document.root)) == isMatch, "\(id) against \(other)")
  }
}
