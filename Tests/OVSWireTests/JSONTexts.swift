@testable import OVSWire

extension JSONDocument {
  /// A document that holds `text`.
  init(_ text: String) throws(JSONError) {
    self.init()
    try parse(text)
  }

  mutating func parse(_ text: String) throws(JSONError) {
    let bytes = Array(text.utf8)
    try parse(bytes.span)
  }

  /// Where the first fault of `bytes` stands; nil if they are JSON.
  static func fault(in bytes: [UInt8]) -> JSONError? {
    var document = JSONDocument()
    do throws(JSONError) {
      try document.parse(bytes.span)
      return nil
    } catch {
      return error
    }
  }

  /// The names of an object's members, decoded.
  func names(of node: Node) -> [String] { members(of: node).map { string(of: $0.name) } }
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
