import TestSupport
import Testing

@testable import OVSWire

/// Each value is written as one line of JSON.
struct JSONWriterTests {
  @Test(arguments: [
    ("", #""""#), ("plain", #""plain""#), (#"""#, #""\"""#), (#"\"#, #""\\""#), ("/", #""/""#),
    ("a\nb\tc", #""a\nb\tc""#),
    ("\u{8}\u{C}\r", #""\b\f\r""#), ("\0\u{1}\u{B}\u{1F}", #""\u0000\u0001\u000b\u001f""#), ("\u{2028}", #""\u2028""#),
    ("a\u{2029}b\u{2028}", #""a\u2029b\u2028""#), ("\u{2027}\u{202A}", "\"\u{2027}\u{202A}\""),
    ("\u{7F}\u{80}\u{85}", "\"\u{7F}\u{80}\u{85}\""), ("é€😀\u{FEFF}\u{10FFFF}", "\"é€😀\u{FEFF}\u{10FFFF}\""),
    ("e\u{301}", "\"e\u{301}\""), ("\"\"\n\n", #""\"\"\n\n""#),
  ])
  func `A string is escaped where it must be and nowhere else`(text: String, expected: String) {
    let written = JSONWriter.text { $0.string(text) }
    #expect(written.utf8.elementsEqual(expected.utf8), "\(text.debugDescription) was written as \(written)")
  }

  @Test func `Every control character is escaped, and no other ASCII but quote and backslash`() throws {
    for value in UInt8.min..<0x80 {
      let text = String(Unicode.Scalar(value))
      let written = JSONWriter.text { $0.string(text) }
      let isEscaped = written.utf8.count > 3
      #expect(isEscaped == (value < 0x20 || text == "\"" || text == "\\"), "U+\(String(value, radix: 16)): \(written)")
      let document = try Document(written)
      #expect(document.string(of: document.root) == text)
    }
  }

  @Test(arguments: [
    0, 1, -1, 9, 10, -10, 99, 100, 1_000_000, Int(Int32.max), Int.max, Int.max - 1, Int.min, Int.min + 1,
  ])
  func `A whole number is written in digits`(number: Int) {
    #expect(JSONWriter.text { $0.integer(number) } == String(number))
  }

  @Test(arguments: [
    ("1e400", "1e400"), (#""\u0061\/""#, #""\u0061\/""#), (#""a\"b""#, #""a\"b""#), ("\"é\u{2028}\"", #""é\u2028""#),
    ("\"\u{2029}\u{2028}\"", #""\u2029\u2028""#),
  ])
  func `A token is written as it came, but for line separators`(token: String, expected: String) {
    #expect(JSONWriter.text { $0.token(token) } == expected)
  }

  @Test(
    arguments: [
      (.null, "null"), (.bool(true), "true"), (.bool(false), "false"), (.integer(-7), "-7"), (.number("1E5"), "1E5"),
      (.array([]), "[]"), (.object([]), "{}"), (.array([.array([]), .object([])]), "[[],{}]"),
      (.string(orNull: nil), "null"), (.string(orNull: "x"), #""x""#),
      (
        .object([.init("b", .integer(1)), .init("a\n", .array([.null, .string("x")])), .init("b", .null)]),
        #"{"b":1,"a\n":[null,"x"],"b":null}"#
      ),
    ] as [(JSONValue, String)])
  func `A value is written without white space, its members in order`(value: JSONValue, expected: String) {
    #expect(JSONWriter.text { $0.value(value) } == expected)
  }

  @Test(arguments: 1...200)
  func `Random strings come back unchanged, on one line`(seed: Int) throws {
    var random = SeededRandom(seed: seed)
    var text = ""
    for _ in 0..<Int.random(in: 0...60, using: &random) {
      // Ranges around what is escaped, and around what decides the length in UTF-8.
      let ranges: [ClosedRange<UInt32>] = [
        0...0x7F, 0x22...0x22, 0x5C...0x5C, 0x2020...0x2030, 0x7F0...0x810, 0...0x10FFFF,
      ]
      let range = ranges[Int.random(in: ranges.indices, using: &random)]
      if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random)) { text.unicodeScalars.append(scalar) }
    }
    let written = JSONWriter.text { $0.string(text) }
    let document = try Document(written)
    #expect(document.string(of: document.root).utf8.elementsEqual(text.utf8), "seed \(seed): \(written)")
    #expect(
      !written.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{2028}" || $0 == "\u{2029}" }, "seed \(seed)")
  }
}
