import Testing

@testable import OVSWire

/// Where lines end, and which are handed out.
struct LineSplitterTests {
  private static let limit = 16

  @Test(
    arguments: [
      ("", []), ("\n", []), ("\r\n", []), ("\n\n \t\n\r\r\n", []), ("a\n", ["a"]), ("a", ["a"]), ("a\r\n", ["a"]),
      ("a\r", ["a\r"]),
      ("a\r\r\n", ["a\r"]), ("a\rb\n", ["a\rb"]), ("a\n\nb\n", ["a", "b"]), (" a \n", [" a "]),
      ("a\u{2028}b\u{2029}c\u{85}d\n", ["a\u{2028}b\u{2029}c\u{85}d"]), ("a\u{B}\u{C}b\n", ["a\u{B}\u{C}b"]),
      ("\u{FEFF}a\nb", ["a", "b"]), ("\u{FEFF}", []), ("\u{FEFF}\n", []), ("a\n\u{FEFF}b\n", ["a", "\u{FEFF}b"]),
      ("\u{FEFF}\u{FEFF}a\n", ["\u{FEFF}a"]), ("\0\n", ["\0"]), ("a\n \t", ["a"]), ("\n\u{FEFF}a\n", ["\u{FEFF}a"]),
    ] as [(String, [String])])
  func `A line ends at LF and nowhere else; blank lines and a byte order mark are dropped`(
    text: String, lines: [String]
  ) {
    let found = LineSplitter.lines(of: [Array(text.utf8)], limit: Self.limit)
    #expect(found == lines.map { .text($0) }, "of \(text.debugDescription)")
  }

  @Test(arguments: [[0xEF], [0xEF, 0xBB], [0xEF, 0xBB, 0x41], [0xFF, 0xFE]] as [[UInt8]])
  func `The start of a byte order mark alone is a line like any other`(bytes: [UInt8]) {
    let found = LineSplitter.lines(of: bytes.map { [$0] }, limit: Self.limit)
    #expect(found == [.text(String(decoding: bytes, as: UTF8.self))])
  }

  @Test(
    arguments: [
      (15, "\n", nil), (16, "\n", nil), (16, "\r\n", nil), (16, "", nil), (16, "\r", 17), (16, "\r\r\n", 17),
      (17, "\n", 17),
      (17, "\r\n", 17), (17, "", 17), (17, "\r", 18), (1000, "\n", 1000), (1000, "\r\n", 1000), (1000, "", 1000),
      (1000, "\r", 1001),
    ] as [(Int, String, Int?)])
  func `A line of the limit is taken, one byte more is not; its end doesn't count`(
    length: Int, end: String, overlong: Int?
  ) {
    let text = String(repeating: "x", count: length)
    let start = String((text + end).prefix(Self.limit))
    let expected: SplitLine = overlong.map { .tooLong(start: start, count: $0, mentionsJSONRPC: false) } ?? .text(text)
    let bytes = Array((text + end).utf8)
    #expect(LineSplitter.lines(of: [bytes], limit: Self.limit) == [expected], "\(length) bytes in one piece")
    #expect(LineSplitter.lines(of: bytes.map { [$0] }, limit: Self.limit) == [expected], "\(length) bytes one by one")
  }

  @Test func `The line after one that was too long is read as if nothing had been`() {
    let text = String(repeating: "x", count: 100) + "\nnext\n"
    let found = LineSplitter.lines(of: [Array(text.utf8)], limit: Self.limit)
    #expect(found.last == .text("next") && found.count == 2)
  }

  @Test func `A line comes as soon as its LF is there, and a last one without LF only at the end`() {
    #expect(LineSplitter.lines(of: [Array("a\nb".utf8)], limit: Self.limit, isEnded: false) == [.text("a")])
    #expect(LineSplitter.lines(of: [Array("a\nb".utf8)], limit: Self.limit) == [.text("a"), .text("b")])
  }

  @Test func `After the end there is nothing more`() {
    var splitter = LineSplitter(limit: Self.limit)
    splitter.end()
    #expect(splitter.next() == nil)
    #expect(splitter.next() == nil)
  }
}
