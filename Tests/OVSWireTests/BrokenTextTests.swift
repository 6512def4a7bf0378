import Testing

@testable import OVSWire

/// What stays readable of a text that breaks off or goes wrong.
struct BrokenTextTests {
  @Test(
    arguments: [
      (#"{"id":7,"cmd":"#, ["id"]), (#"{"id":7,"#, ["id"]), (#"{"id":7"#, []), (#"{"id":7 "#, []), (#"{"id":"#, []),
      (#"{"id":"a"x"#, []), (#"{"id":"a,"b":2}"#, []), (#"{"id":7,"cmd":01}"#, ["id"]),
      (#"{"id":7,"b":2,}"#, ["id", "b"]),
      (#"{"a":{"id":1},"b":[1,{"#, ["a"]), (#"{"a":{"id":1,"#, []), (#"{"a":1,"b":"\ud800","c":3}"#, ["a"]),
      (#"{"a":1}x"#, ["a"]), (#"{"a":1}{"b":2}"#, ["a"]), ("", []), ("nul", []), (#"["a","#, []),
    ] as [(String, [String])])
  func `The members complete before a fault can be read, and no others`(text: String, names: [String]) {
    let document = Document()
    #expect(throws: JSONError.self, "\(text) should be refused") { try document.parse(text) }
    #expect(document.names(of: document.root) == names, "of \(text)")
  }

  @Test func `The members complete before invalid UTF-8 can be read`() {
    let document = Document()
    let bytes = Array(#"{"id":7,"name":"caf"#.utf8) + [0xE9] + Array(#""}"#.utf8)
    #expect(throws: JSONError.self) { try document.parse(bytes) }
    #expect(document.members(of: document.root).map { document.value(of: $0.value) } == [.number("7")])
  }

  @Test func `The value of a member before the fault is whole, containers included`() throws {
    let document = Document()
    #expect(throws: JSONError.self) { try document.parse(#"{"a":{"b":[1,{"c":"\u00e9"}]},"d":tru}"#) }
    let member = try #require(document.members(of: document.root).first { _ in true })
    #expect(
      document.value(of: member.value)
        == .object([.init("b", .array([.number("1"), .object([.init("c", .string("é"))])]))]))
  }

  @Test func `A document that met errors reads the next text like a new one`() throws {
    let texts = [
      #"{"a":[1,2],"b":"\n"}"#, "[1,", #"{"id":7,"x":"#, "", "null", #"{"a":1,"a":2}"#, "nope", #""only a string""#,
      "[" + String(repeating: "0,", count: 100_000) + "0]", "[[[[", "{}", "12",
    ]
    let reused = Document()
    for text in texts + texts.reversed() {
      let fresh = Document()
      let outcomes = [tried(text, reused), tried(text, fresh)]
      #expect(outcomes[0] == outcomes[1], "\(text.prefix(40)) is refused in one document and not in the other")
      if outcomes[0] == nil {
        #expect(reused.value(of: reused.root) == fresh.value(of: fresh.root), "\(text.prefix(40))")
        #expect(reused.duplicate(in: reused.root)?.offset == fresh.duplicate(in: fresh.root)?.offset)
      } else {
        #expect(reused.names(of: reused.root) == fresh.names(of: fresh.root), "\(text.prefix(40))")
      }
    }
  }

  @Test func `A document without text is null, and so is one that was reset`() throws {
    let document = Document()
    #expect(document.value(of: document.root) == .null)
    try document.parse("[1]")
    document.reset()
    #expect(document.value(of: document.root) == .null)
  }

  @Test func `Memory is given back after an unusually large text`() throws {
    let document = Document()
    try document.parse("[" + String(repeating: "0,", count: 1 << 20) + "0]")
    try document.parse("[1]")
    #expect(document.heldBytes < 1 << 20, "\(document.heldBytes) bytes are held for a text of three")
  }

  private func tried(_ text: String, _ document: Document) -> JSONError? {
    do throws(JSONError) {
      try document.parse(text)
      return nil
    } catch {
      return error
    }
  }
}
