import Testing

@testable import OVSWire

/// Nesting ends at 128, arrays and objects counted together.
struct DepthTests {
  /// A container in `shapes`, as many deep as `depth` says.
  private func nested(_ shapes: [(open: String, close: String)], depth: Int) -> (text: String, lastBracket: Int) {
    let levels = (0..<depth).map { shapes[$0 % shapes.count] }
    let opening = levels.map(\.open).joined()
    let lastBracket = opening.utf8.count - (levels.last?.open.utf8.count ?? 0)
    return (opening + "1" + levels.reversed().map(\.close).joined(), lastBracket)
  }

  @Test(arguments: [
    [(open: "[", close: "]")], [(open: #"{"a":"#, close: "}")],
    [(open: "[", close: "]"), (open: #"{"a":"#, close: "}")], [(open: "[ 0 , ", close: " ] ")],
  ])
  func `128 levels are taken and 129 are refused, at the bracket that is too many`(
    shapes: [(open: String, close: String)]
  ) throws {
    let deepest = try Document(nested(shapes, depth: 128).text)
    #expect(deepest.kind(of: deepest.root) == (shapes[0].open.hasPrefix("[") ? .array : .object))

    let tooDeep = nested(shapes, depth: 129)
    let fault = try #require(Document.fault(in: Array(tooDeep.text.utf8)), "129 levels were taken")
    #expect(fault.offset == tooDeep.lastBracket)
    #expect(fault.reason.contains("128"), "the reason should name the limit: \(fault.reason)")
  }

  @Test func `Depth counts what is open, not what was`() throws {
    let wide = "[" + repeatElement("[[]]", count: 1000).joined(separator: ",") + "]"
    let document = try Document(wide)
    #expect(document.count(of: document.root) == 1000)
  }

  @Test func `A text of a million opening brackets is refused like any other`() {
    let fault = Document.fault(in: Array(repeating: UInt8(ascii: "["), count: 1_000_000))
    #expect(fault?.offset == 128)
  }
}
