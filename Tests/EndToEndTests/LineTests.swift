import Testing

/// What comes in on the wire: terminators, encodings, sizes, and pieces.
@Suite struct LineTests {
  private static let session = #"{"cmd":1002,"id":1}"#
  private static let answer = #""name":"OVS_NOTIFY_GET_SESSION","error":0,"#

  @Test(
    "A line is taken whatever stands around it",
    arguments: [
      ("LF", session + "\n"), ("CR LF", session + "\r\n"), ("no terminator at the end", session),
      ("a byte order mark", "\u{FEFF}" + session + "\n"), ("blank lines", "\n\r\n \t\n\n" + session + "\n\n"),
      ("white space", " \t" + session + " \n"),
    ] as [(String, String)])
  func lineIsTaken(_ what: String, _ input: String) throws {
    let lines = try answers(to: Array(input.utf8))
    #expect(lines.count == 1 && lines[0].contains(Self.answer), "\(what): \(lines)")
  }

  @Test("A lone CR, U+2028 and U+2029 end no line, and none of them is written raw")
  func otherTerminators() throws {
    let lines = try answers(
      to: "{\"cmd\":1002,\r\"id\":\"a\u{2028}b\u{2029}\"}", #"{"cmd":"\#u{2028}","id":2}"#)
    #expect(lines.count == 2, "\(lines)")
    #expect(lines[0].hasSuffix(#""id":"a\u2028b\u2029"}"#), "\(lines[0])")
    #expect(lines[1].contains(#"\u2028"#), "\(lines[1])")
  }

  @Test(
    "An identifier comes back byte for byte",
    arguments: [
      "0", "-0", "1.0", "1e2", "1E+2", "123456789012345678901234567890", #""""#, #""7""#, #""\u0041\/\n""#,
      #""ünïcödé 🎉""#, #""\uD83C\uDF89""#,
    ])
  func identifier(_ id: String) throws {
    let lines = try answers(
      to: #"{"cmd":1001,"id":\#(id)}"#, #"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":\#(id)}"#,
      #"{"cmd":99,"id":\#(id)}"#, #"{"cmd":1,"id":\#(id),"data":oops}"#)
    #expect(lines.map { $0.hasSuffix(#""id":\#(id)}"#) } == [true, true, true, true], "\(lines)")
  }

  @Test("Bytes that are not UTF-8 are refused, and the next line works")
  func invalidUTF8() throws {
    for bytes: [UInt8] in [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] {
      let line = Array(#"{"id":"7","cmd":""#.utf8) + bytes + Array(#""}"#.utf8)
      let lines = try answers(to: line + Array(("\n" + Self.session).utf8))
      #expect(lines.count == 2 && lines[1].contains(Self.answer), "\(bytes): \(lines)")
      #expect(lines[0].contains("at byte 17: invalid UTF-8") && lines[0].hasSuffix(#""id":"7"}"#), "\(lines)")
    }
  }

  @Test("A line of 1 MiB is taken, one byte more is refused, and the next line works")
  func lineLimit() throws {
    func line(_ count: Int) -> [UInt8] {
      let (head, tail) = (#"{"cmd":1002,"id":""#, #""}"#)
      return Array(head.utf8) + Array(repeating: 0x78, count: count - head.count - tail.count) + Array(tail.utf8)
    }
    let lines = try answers(to: line(1 << 20) + [0x0D, 0x0A] + line(1 << 20 + 1) + [0x0A] + Array(Self.session.utf8))
    #expect(lines.count == 3)
    #expect(lines[0].contains(Self.answer))
    #expect(lines[1].contains("OVS_ERR_LINE_TOO_LONG") && lines[1].contains("1048577 bytes"), "\(lines[1].prefix(300))")
    #expect(lines[2].contains(Self.answer))
  }

  @Test("A line far over the limit costs no memory, and says its length")
  func endlessLine() throws {
    let bridge = try BridgeProcess()
    try bridge.send(Self.session)
    _ = try bridge.line()
    let before = try bridge.memory("VmHWM")
    let piece = [UInt8](repeating: 0x78, count: 1 << 20)
    for _ in 0..<10 { try bridge.send(piece) }
    try bridge.send(#""jsonrpc""#, Self.session)
    let refusal = try bridge.line()
    #expect(refusal.contains("the line has 10485769 bytes"), "\(refusal)")
    #expect(
      refusal.hasPrefix(#"{"jsonrpc":"2.0","error":{"code":-32600"#), "it holds \"jsonrpc\" at its end: \(refusal)")
    #expect(try bridge.line().contains(Self.answer))
    let grown = try bridge.memory("VmHWM") - before
    #expect(grown < 6 * 1024, "10 MB in one line made the bridge grow by \(grown) kB")
  }

  @Test("Bytes that come one at a time mean the same")
  func byteAtATime() throws {
    let transcript = try Transcript(name: "seed-samples.txt")
    let input = transcript.exchanges.flatMap(\.sent).joined(separator: "\r\n")
    let bridge = try BridgeProcess(transcript.options)
    for byte in input.utf8 { try bridge.send([byte]) }
    var bindings = Bindings()
    let lines = try bridge.lines()
    let expected = transcript.exchanges.flatMap(\.expected)
    #expect(lines.count == expected.count)
    for (line, expected) in zip(lines, expected) {
      let isMatch = bindings.match(line, expected)
      #expect(isMatch, "expected\n< \(expected)\ngot\n< \(line)")
    }
  }

  @Test("A lone command is answered without another, or the end of input, having to follow")
  func loneCommand() throws {
    let bridge = try BridgeProcess()
    for _ in 0..<100 {
      try bridge.send(Self.session)
      #expect(try bridge.line().contains(Self.answer))
    }
  }
}
