import TestSupport
import Testing

@testable import OVSWire

/// However a stream comes in pieces, its lines are the same.
struct LinePiecesTests {
  private static let limit = 24

  /// A stream with all that can happen in one, and the lines it has.
  private static let stream: (text: String, lines: [SplitLine]) = {
    let atLimit = String(repeating: "l", count: limit)
    let parts: [(String, SplitLine?)] = [
      ("\u{FEFF}first\n", .text("first")), ("\n", nil), (" \t\r\n", nil), ("crlf\r\n", .text("crlf")),
      ("lone\rcr\n", .text("lone\rcr")), ("two\r\r\n", .text("two\r")),
      ("a\u{2028}b\u{2029}é😀\n", .text("a\u{2028}b\u{2029}é😀")),
      (atLimit + "\n", .text(atLimit)), (atLimit + "\r\n", .text(atLimit)),
      (atLimit + "+\n", .tooLong(start: atLimit, count: limit + 1, mentionsJSONRPC: false)),
      (atLimit + "+\r\n", .tooLong(start: atLimit, count: limit + 1, mentionsJSONRPC: false)),
      (atLimit + "\r\r\n", .tooLong(start: atLimit, count: limit + 1, mentionsJSONRPC: false)),
      ("\u{FEFF}x\n", .text("\u{FEFF}x")),
      (
        atLimit + #"..."jsonrpc"..."# + atLimit + "\n",
        .tooLong(start: atLimit, count: 2 * limit + 15, mentionsJSONRPC: true)
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"# + atLimit + atLimit + "\n",
        .tooLong(start: #"{"jsonrpc":"2.0","id":1,"#, count: 3 * limit, mentionsJSONRPC: true)
      ),
      (
        atLimit + #""jsonrp""jsonrpd""JSONRPC""# + "\r\n",
        .tooLong(start: atLimit, count: limit + 26, mentionsJSONRPC: false)
      ),
      ("\n", nil), ("\r\n", nil), ("last", .text("last")),
    ]
    return (parts.map(\.0).joined(), parts.compactMap(\.1))
  }()

  private static let bytes = Array(stream.text.utf8)

  @Test func `In one piece, and byte by byte`() {
    #expect(LineSplitter.lines(of: [Self.bytes], limit: Self.limit) == Self.stream.lines)
    #expect(LineSplitter.lines(of: Self.bytes.map { [$0] }, limit: Self.limit) == Self.stream.lines)
  }

  @Test func `In two pieces, cut at any byte`() {
    for cut in Self.bytes.indices {
      let pieces = [Array(Self.bytes[..<cut]), Array(Self.bytes[cut...])]
      let found = LineSplitter.lines(of: pieces, limit: Self.limit, "Cut at \(cut).")
      #expect(found == Self.stream.lines, "cut at byte \(cut)")
    }
  }

  @Test(arguments: 1...7)
  func `In pieces of one size`(size: Int) {
    let pieces = stride(from: 0, to: Self.bytes.count, by: size).map {
      Array(Self.bytes[$0..<min($0 + size, Self.bytes.count)])
    }
    #expect(LineSplitter.lines(of: pieces, limit: Self.limit) == Self.stream.lines)
  }

  @Test(arguments: 1...300)
  func `In random pieces, empty ones included`(seed: Int) {
    var random = SeededRandom(seed: seed)
    let pieces = Self.randomPieces(of: Self.bytes, using: &random)
    let found = LineSplitter.lines(of: pieces, limit: Self.limit, "Seed \(seed).")
    #expect(found == Self.stream.lines, "seed \(seed), pieces of \(pieces.map(\.count))")
  }

  @Test(arguments: 1...300)
  func `A random stream has the same lines in random pieces as in one`(seed: Int) {
    var random = SeededRandom(seed: seed)
    // Few different bytes, so that ends of lines, marks and the token meet often.
    let words = ["\n", "\r", "\r\n", " ", "x", #""jsonrpc""#, #""json"#, "\u{FEFF}", "\u{2028}", "xxxxxxxxxxxx"]
    var text = ""
    for _ in 0..<Int.random(in: 0...60, using: &random) { text += words.randomElement(using: &random) ?? "" }
    let limit = Int.random(in: 1...20, using: &random)
    let bytes = Array(text.utf8)
    let whole = LineSplitter.lines(of: [bytes], limit: limit)
    let pieces = Self.randomPieces(of: bytes, using: &random)
    let found = LineSplitter.lines(of: pieces, limit: limit, "Seed \(seed).")
    #expect(
      found == whole, "seed \(seed): \(text.debugDescription) in pieces of \(pieces.map(\.count)), limit \(limit)")
  }

  @Test func `The name jsonrpc is found at each place of a line over the limit, across any cut`() {
    let token = Array(#""jsonrpc""#.utf8)
    let length = 60
    for place in 0...(length - token.count) {
      var line = [UInt8](repeating: UInt8(ascii: "x"), count: length)
      line.replaceSubrange(place..<place + token.count, with: token)
      let expected: [SplitLine] = [
        .tooLong(start: String(decoding: line.prefix(Self.limit), as: UTF8.self), count: length, mentionsJSONRPC: true)
      ]
      for cut in 0...length {
        let found = LineSplitter.lines(of: [Array(line[..<cut]), Array(line[cut...])], limit: Self.limit)
        #expect(found == expected, "the token at byte \(place), the cut at \(cut)")
      }
      #expect(LineSplitter.lines(of: line.map { [$0] }, limit: Self.limit) == expected, "the token at byte \(place)")
    }
  }

  @Test(arguments: [
    (#""jsonrpc""#, true), (#"""jsonrpc""#, true), (#""json"jsonrpc""#, true), (#""jsonrpc"#, false),
    (#"jsonrpc""#, false),
    (#""json rpc""#, false), (#""JSONRPC""#, false), (#"\"jsonrpc\""#, false), (#""jsonrpc" "jsonrpx""#, true),
  ])
  func `Only the whole name in its quotes counts`(text: String, isFound: Bool) {
    #expect(TokenSearch.isFound(in: Array(text.utf8).span) == isFound, "\(text)")
  }

  @Test(arguments: [1, 7, 4096])
  func `A line without end takes no more memory than the limit and a piece`(size: Int) {
    var splitter = LineSplitter(limit: 1000)
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: size)
    var most = 0
    for _ in 0..<(100_000 / size) {
      splitter.append(piece.span)
      most = max(most, splitter.bytes.count)
      #expect(splitter.next() == nil)
    }
    #expect(most <= 1000 + size + 4, "\(most) bytes were kept")
  }

  @Test func `Memory is given back once a line has come that doesn't need it`() {
    var splitter = LineSplitter(limit: 4 << 20)
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: 2 << 20) + [UInt8(ascii: "\n")]
    let short = [UInt8(ascii: "a"), UInt8(ascii: "\n")]
    for piece in [long, short, short] {
      splitter.append(piece.span)
      while splitter.next() != nil {}
    }
    #expect(splitter.bytes.capacity < 1 << 20, "\(splitter.bytes.capacity) bytes are held for a line of one byte")
  }

  private static func randomPieces(of bytes: [UInt8], using random: inout SeededRandom) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    let most = Int.random(in: 1...40, using: &random)
    while !rest.isEmpty {
      let size = min(Int.random(in: 0...most, using: &random), rest.count)
      pieces.append(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return pieces
  }
}
