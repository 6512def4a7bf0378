@testable import OVSWire

/// A document that expectations can look into: they copy what they look at, which a document doesn't allow.
final class Document {
  typealias Node = JSONDocument.Node

  private var document = JSONDocument()

  /// The text `null`.
  init() {}

  /// A document that holds `text`.
  init(_ text: String) throws(JSONError) { try parse(text) }

  func parse(_ text: String) throws(JSONError) { try parse(Array(text.utf8)) }

  func parse(_ bytes: [UInt8]) throws(JSONError) { try document.parse(bytes.span) }

  func reset() { document.reset() }

  /// Where the first fault of `bytes` stands; nil if they are JSON.
  static func fault(in bytes: [UInt8]) -> JSONError? {
    do throws(JSONError) {
      try Document().parse(bytes)
      return nil
    } catch {
      return error
    }
  }

  var root: Node { document.root }
  func kind(of node: Node) -> JSONDocument.Kind { document.kind(of: node) }
  func count(of node: Node) -> Int { document.count(of: node) }
  func text(of node: Node) -> String { document.text(of: node) }
  func string(of node: Node) -> String { document.string(of: node) }
  func value(of node: Node) -> JSONValue { document.value(of: node) }
  func elements(of node: Node) -> [Node] { document.elements(of: node) }
  func members(of node: Node) -> [(name: Node, value: Node)] { document.members(of: node) }
  func duplicate(in node: Node) -> (name: String, offset: Int)? { document.duplicate(in: node) }
  func integer(of node: Node) -> Int? { document.integer(of: node) }
  func means(_ text: StaticString, _ node: Node) -> Bool { document.means(text, node) }

  /// The names of an object's members, decoded.
  func names(of node: Node) -> [String] { members(of: node).map { string(of: $0.name) } }

  /// How many bytes of memory it holds.
  var heldBytes: Int { document.heldBytes }
}

extension JSONValue {
  /// Whether two values have the same bytes in every string, number and name.
  func isIdentical(to other: JSONValue) -> Bool {
    switch (self, other) {
    case (.string(let a), .string(let b)), (.number(let a), .number(let b)): a.utf8.elementsEqual(b.utf8)
    case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.isIdentical(to: $1) }
    case (.object(let a), .object(let b)):
      a.count == b.count
        && zip(a, b).allSatisfy { $0.name.utf8.elementsEqual($1.name.utf8) && $0.value.isIdentical(to: $1.value) }
    default: self == other
    }
  }
}

extension JSONWriter {
  /// What `write` writes, as text.
  static func text(_ write: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    write(&writer)
    return String(decoding: writer.bytes.array, as: UTF8.self)
  }
}
