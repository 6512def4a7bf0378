/// One JSON text, scanned strictly by RFC 8259 and kept as a flat list of nodes over its own bytes.
///
/// A document is meant to be reused: ``parse(_:)`` keeps the memory of the text before. Nothing is decoded until it
/// is asked for, so that numbers and identifiers keep the very text they came with, and a bridge that only looks at
/// an envelope pays for no more than that.
///
/// Stricter than RFC 8259 has to be: the text must be valid UTF-8, escaped surrogates must come in pairs, and nesting
/// ends at ``maximumDepth``. Members that stand twice in one object are no syntax error; they are flagged for whoever
/// must refuse them (RFC 7493, section 2.3).
public struct JSONDocument: ~Copyable {
  /// What a node is.
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
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
  struct Entry: BitwiseCopyable {
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
  /// How much of its memory has been written to: texts before may have been longer.
  private var writtenBytes = 0
  private var isASCII = true
  private var scanner = JSONScanner()

  /// How many bytes of memory it holds.
  var heldBytes: Int { bytes.capacity + scanner.entries.heldBytes }

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
    // Memory is not given back with a text in it.
    if bytes.capacity > 0, text.count > bytes.capacity || bytes.capacity > Self.keptBytes { reset() }
    let isLong = text.count > Self.keptBytes
    if !isLong, bytes.capacity > Self.keptBytes { bytes = [] }
    bytes.removeAll(keepingCapacity: true)
    scanner.reset(keepingAtMost: isLong ? .max : Self.keptBytes)
    text.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    writtenBytes = max(writtenBytes, bytes.count)

    let fault = Self.scan(bytes, with: &scanner, isASCII: &isASCII)
    if scanner.entries.isEmpty { reset() }
    if let fault { throw fault }
  }

  /// Scans as far as the text is UTF-8, so that what came before a fault of either kind is known.
  private static func scan(
    _ bytes: [UInt8], with scanner: inout JSONScanner, isASCII: inout Bool
  ) -> JSONError? {
    var utf8Fault: JSONError?
    isASCII = false
    do {
      isASCII = try UTF8Span(validating: bytes.span).isKnownASCII
    } catch {
      utf8Fault = JSONError(offset: error.byteOffsets.lowerBound, "invalid UTF-8")
    }
    do {
      try scanner.scan(bytes.span.extracting(0..<(utf8Fault?.offset ?? bytes.count)))
    } catch {
      return utf8Fault ?? error
    }
    return utf8Fault
  }

  /// Forgets the text, keeping its memory, in which nothing is left of it and of those before: they may have held
  /// secrets.
  public mutating func reset() {
    bytes.append(contentsOf: repeatElement(0, count: writtenBytes - bytes.count))
    wipe(&bytes)
    writtenBytes = 0
    bytes.removeAll(keepingCapacity: true)
    scanner.reset(keepingAtMost: .max)
    scanner.appendNull()
  }

  /// The whole text's value.
  public var root: Node { Node(index: 0) }

  /// What `node` is.
  public func kind(of node: Node) -> Kind { scanner.entries[node.index].kind }

  /// How many elements an array, or members an object, has; 0 for anything else.
  public func count(of node: Node) -> Int { Int(scanner.entries[node.index].count) }

  /// The text of `node` as it came, quotes included.
  public func text(of node: Node) -> String {
    let entry = scanner.entries[node.index]
    return string(copying: Int(entry.start)..<Int(entry.end))
  }

  /// A number that is written as a whole one of at most 18 digits.
  func integer(of node: Node) -> Int? {
    let entry = scanner.entries[node.index]
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
    let entry = scanner.entries[node.index]
    let content = Int(entry.start) + 1..<Int(entry.end) - 1
    return entry.isFlagged ? String(decoding: resolved(content), as: UTF8.self) : string(copying: content)
  }

  /// Whether a string or member name means `text`, which is ASCII without quotes and escapes.
  @inline(__always)
  func means(_ text: StaticString, _ node: Node) -> Bool {
    means(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount), node)
  }

  /// Whether a string or member name means `text`.
  func means(_ text: String, _ node: Node) -> Bool {
    text.utf8.withContiguousStorageIfAvailable { means($0, node) } ?? (string(of: node) == text)
  }

  @inline(__always)
  private func means(_ letters: UnsafeBufferPointer<UInt8>, _ node: Node) -> Bool {
    let entry = scanner.entries[node.index]
    guard !entry.isFlagged else { return string(of: node).utf8.elementsEqual(letters) }
    let start = Int(entry.start) + 1
    guard Int(entry.end) - 1 - start == letters.count else { return false }
    for index in letters.indices where bytes[start + index] != letters[index] { return false }
    return true
  }

  /// The elements of an array, in order.
  public func elements(of node: Node) -> [Node] {
    var elements: [Node] = []
    var index = node.index + 1
    for _ in 0..<count(of: node) {
      elements.append(Node(index: index))
      index = Int(scanner.entries[index].next)
    }
    return elements
  }

  /// The members of an object, in order, those that stand twice included; none of anything else.
  public func members(of node: Node) -> [(name: Node, value: Node)] {
    var members: [(name: Node, value: Node)] = []
    forEachMember(of: node) { members.append(($0, $1)) }
    return members
  }

  /// Gives the name and the value of each of ``members(of:)`` to `body`.
  @inline(__always)
  func forEachMember(of node: Node, _ body: (_ name: Node, _ value: Node) -> Void) {
    guard kind(of: node) == .object else { return }
    var index = node.index + 1
    for _ in 0..<count(of: node) {
      body(Node(index: index), Node(index: index + 1))
      index = Int(scanner.entries[index + 1].next)
    }
  }

  /// The first member name that stands twice in one object, at any depth of `node`, where there is one.
  public func duplicate(in node: Node) -> (name: String, offset: Int)? {
    guard scanner.entries[node.index].kind.isContainer, scanner.entries[node.index].isFlagged else { return nil }
    if kind(of: node) == .array {
      for element in elements(of: node) {
        if let found = duplicate(in: element) { return found }
      }
      return nil
    }
    if let twice = JSONScanner.duplicate(of: node.index, entries: scanner.entries, text: bytes.span) {
      return (string(of: Node(index: twice)), Int(scanner.entries[twice].start))
    }
    for member in members(of: node) {
      if let found = duplicate(in: member.value) { return found }
    }
    return nil
  }

  /// The text of a range of bytes; the scanner knows it to be UTF-8, cut at ASCII characters.
  private func string(copying range: Range<Int>) -> String {
    var text = unsafe UTF8Span(unchecked: bytes.span.extracting(range), isKnownASCII: isASCII)
    // A string that is known to be ASCII is compared and hashed a good deal faster.
    if !isASCII { _ = text.checkForASCII() }
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
