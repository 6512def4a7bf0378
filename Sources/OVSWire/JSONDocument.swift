/// One JSON text, scanned strictly by RFC 8259 and kept as a flat list of nodes over its own bytes.
///
/// A document is meant to be reused: ``parse(_:)`` keeps the memory of the text before. Nothing is decoded until it
/// is asked for, so that numbers and identifiers keep the very text they came with, and a bridge that only looks at
/// an envelope pays for no more than that.
///
/// Stricter than RFC 8259 has to be: the text must be valid UTF-8, escaped surrogates must come in pairs, and nesting
/// ends at ``maximumDepth``. Members that stand twice in one object are no syntax error; they are flagged for whoever
/// must refuse them (RFC 7493, section 2.3).
public struct JSONDocument {
  /// What a node is.
  public enum Kind: UInt8, Sendable {
    /// The literal `null`.
    case null
    /// The literal `false`.
    case `false`
    /// The literal `true`.
    case `true`
    /// A number (RFC 8259, section 6).
    case number
    /// A string, or a member's name (section 7).
    case string
    /// An array (section 5).
    case array
    /// An object (section 4).
    case object
  }

  /// A value or a member's name in a document; good until the document's next ``JSONDocument/parse(_:)``.
  public struct Node: Equatable, Sendable {
    let index: Int
  }

  /// One node as the scanner leaves it; the nodes of a container follow it directly, member names before their values.
  struct Entry {
    var kind: Kind
    /// For a string: whether it holds an escape. For a container: whether it or one inside it has a duplicate member.
    var isFlagged = false
    /// Where the node's text starts, quotes and brackets included.
    var start: UInt32
    /// Where the node's text ends; for a container that was never closed, 0.
    var end: UInt32 = 0
    /// Elements, or complete members, of a container.
    var count: UInt32 = 0
    /// The index behind the node and everything inside it.
    var next: UInt32
  }

  /// Arrays and objects inside one another; one more is refused.
  public static let maximumDepth = 128

  /// The longest text that can be scanned, in bytes: 1 GiB.
  public static let maximumBytes = 1 << 30

  /// Memory above this is given back once a text comes that doesn't need it: large ones often come in a row.
  private static let keptBytes = 256 * 1024

  private(set) var bytes: [UInt8] = []
  private(set) var entries: [Entry] = []

  /// An empty document: the text `null`.
  public init() {
    reset()
  }

  /// Scans `text`, replacing what the document held.
  ///
  /// When it throws, ``root`` is still good for what was complete before the fault: its members up to there can be
  /// read with ``members(of:)``. This is how a broken line still gets an answer under its identifier.
  ///
  /// - Parameter text: one JSON value, with white space around it; at most ``maximumBytes``.
  /// - Throws: the first byte that is not UTF-8, if there is one anywhere; else the first that is not JSON.
  public mutating func parse(_ text: Span<UInt8>) throws(JSONError) {
    precondition(text.count <= Self.maximumBytes)
    if text.count <= Self.keptBytes {
      if bytes.capacity > Self.keptBytes { bytes = [] }
      if entries.capacity * MemoryLayout<Entry>.stride > Self.keptBytes { entries = [] }
    }
    bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    text.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }

    let fault = Self.scan(bytes, into: &entries)
    if entries.isEmpty { reset() }
    if let fault { throw fault }
  }

  /// Scans as far as the text is UTF-8, so that what came before a fault of either kind is known.
  private static func scan(_ bytes: [UInt8], into entries: inout [Entry]) -> JSONError? {
    var utf8Fault: JSONError?
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      utf8Fault = JSONError(offset: error.byteOffsets.lowerBound, "invalid UTF-8")
    }
    var scanner = JSONScanner(entries: entries)
    entries = []
    defer { entries = scanner.entries }
    do {
      try scanner.scan(bytes.span.extracting(0..<(utf8Fault?.offset ?? bytes.count)))
    } catch {
      return utf8Fault ?? error
    }
    return utf8Fault
  }

  /// Forgets the text, keeping its memory.
  mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    entries.append(Entry(kind: .null, start: 0, next: 1))
  }

  /// The whole text's value.
  public var root: Node { Node(index: 0) }

  /// What `node` is.
  public func kind(of node: Node) -> Kind { entries[node.index].kind }

  /// How many elements an array, or members an object, has; 0 for anything else.
  public func count(of node: Node) -> Int { Int(entries[node.index].count) }

  /// The text of `node` as it came, quotes included.
  public func text(of node: Node) -> String {
    let entry = entries[node.index]
    return string(copying: Int(entry.start)..<Int(entry.end))
  }

  /// A number that is written as a whole one of at most 18 digits.
  func integer(of node: Node) -> Int? {
    let entry = entries[node.index]
    let isNegative = bytes[Int(entry.start)] == UInt8(ascii: "-")
    let digits = Int(entry.start) + (isNegative ? 1 : 0)..<Int(entry.end)
    guard digits.count <= 18 else { return nil }
    var value = 0
    for index in digits {
      guard bytes[index].isDigit else { return nil }
      value = value * 10 + Int(bytes[index] - UInt8(ascii: "0"))
    }
    return isNegative ? -value : value
  }

  /// The content of a string or member name, its escapes resolved.
  public func string(of node: Node) -> String {
    let entry = entries[node.index]
    let content = Int(entry.start) + 1..<Int(entry.end) - 1
    return entry.isFlagged ? String(decoding: resolved(content), as: UTF8.self) : string(copying: content)
  }

  /// Whether a string or member name means `text`, which is ASCII without quotes and escapes.
  func means(_ text: StaticString, _ node: Node) -> Bool {
    let entry = entries[node.index]
    let letters = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard !entry.isFlagged else { return string(of: node).utf8.elementsEqual(letters) }
    let start = Int(entry.start) + 1
    guard Int(entry.end) - 1 - start == letters.count else { return false }
    for index in letters.indices where bytes[start + index] != letters[index] { return false }
    return true
  }

  /// The elements of an array, in order.
  public func elements(of node: Node) -> Elements { Elements(entries, node) }

  /// The elements of an array.
  public struct Elements: Sequence, IteratorProtocol {
    private let entries: [Entry]
    private var index: Int
    /// How many are still to come.
    public private(set) var underestimatedCount: Int

    init(_ entries: [Entry], _ node: Node) {
      self.entries = entries
      index = node.index + 1
      underestimatedCount = Int(entries[node.index].count)
    }

    /// The next element.
    public mutating func next() -> Node? {
      guard underestimatedCount > 0 else { return nil }
      underestimatedCount -= 1
      defer { index = Int(entries[index].next) }
      return Node(index: index)
    }
  }

  /// The members of an object, in order, those that stand twice included.
  public func members(of node: Node) -> Members { Members(entries, node) }

  /// A member's name and value for each member of an object.
  public struct Members: Sequence, IteratorProtocol {
    private let entries: [Entry]
    private var index: Int
    /// How many are still to come.
    public private(set) var underestimatedCount: Int

    init(_ entries: [Entry], _ node: Node) {
      self.entries = entries
      index = node.index + 1
      underestimatedCount = entries[node.index].kind == .object ? Int(entries[node.index].count) : 0
    }

    /// The next member.
    public mutating func next() -> (name: Node, value: Node)? {
      guard underestimatedCount > 0 else { return nil }
      underestimatedCount -= 1
      let name = Node(index: index)
      let value = Node(index: index + 1)
      index = Int(entries[value.index].next)
      return (name, value)
    }
  }

  /// The first member name that stands twice in one object, at any depth of `node`, where there is one.
  public func duplicate(in node: Node) -> (name: String, offset: Int)? {
    guard entries[node.index].kind.isContainer, entries[node.index].isFlagged else { return nil }
    if kind(of: node) == .array {
      for element in elements(of: node) {
        if let found = duplicate(in: element) { return found }
      }
      return nil
    }
    if let twice = JSONScanner.duplicate(of: node.index, entries: entries, text: bytes.span) {
      return (string(of: Node(index: twice)), Int(entries[twice].start))
    }
    for member in members(of: node) {
      if let found = duplicate(in: member.value) { return found }
    }
    return nil
  }

  /// The text of a range of bytes; the scanner knows it to be UTF-8, cut at ASCII characters.
  private func string(copying range: Range<Int>) -> String {
    var text = unsafe UTF8Span(unchecked: bytes.span.extracting(range))
    // A string that is known to be ASCII is compared and hashed a good deal faster.
    _ = text.checkForASCII()
    return String(copying: text)
  }

  private func resolved(_ range: Range<Int>) -> [UInt8] {
    JSONScanner.resolveEscapes(in: bytes.span.extracting(range))
  }
}

extension JSONDocument.Kind {
  var isContainer: Bool { self == .array || self == .object }
}

/// Why a text is not JSON, and where.
public struct JSONError: Error, Equatable, Sendable {
  /// The first byte at fault, counted from 0 at the start of the text.
  public let offset: Int
  /// What is wrong there, in words that follow "at byte N:".
  public let reason: String

  init(offset: Int, _ reason: String) {
    self.offset = offset
    self.reason = reason
  }
}
