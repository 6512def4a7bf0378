/// A JSON value of its own, apart from any text: what commands take and give.
///
/// Numbers keep the text they came with, because RFC 8259 sets no limit to their range or precision. Members keep
/// their order.
public enum JSONValue: Equatable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number by its text, which is written as it stands.
  case number(String)
  /// A string by its content, escapes resolved.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object; names are not checked for being unique.
  case object([Member])

  /// A member of an object.
  public struct Member: Equatable, Sendable {
    /// The member's name.
    public var name: String
    /// The member's value.
    public var value: JSONValue

    /// A member called `name`.
    public init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// Whether two values are the same, strings and numbers byte for byte: to Swift, strings that differ in their bytes
  /// may be equal (Unicode's canonical equivalence).
  public static func == (a: JSONValue, b: JSONValue) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)), (.string(let a), .string(let b)): a.hasSameBytes(as: b)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }

  /// A whole number.
  public static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

  /// The string, or null where there is none.
  public static func string(orNull value: String?) -> JSONValue { value.map { .string($0) } ?? .null }

  /// The value of the member called `name`; nil for a value that is no object or lacks it.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The string, if it is one.
  public var string: String? {
    guard case .string(let string) = self else { return nil }
    return string
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A string as it is written in Swift.
  public init(stringLiteral value: String) { self = .string(value) }

  /// A whole number as it is written in Swift.
  public init(integerLiteral value: Int) { self = .integer(value) }

  /// `true` or `false`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }

  /// An array as it is written in Swift.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  /// An object as it is written in Swift, its members in that order.
  public init(dictionaryLiteral members: (String, JSONValue)...) {
    self = .object(members.map { Member($0.0, $0.1) })
  }
}

extension String {
  /// Whether two strings are the same in UTF-8, which equality doesn't ask for.
  package func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension JSONDocument {
  /// The value of `node`, taken out of the document.
  public func value(of node: Node) -> JSONValue {
    switch kind(of: node) {
    case .null: .null
    case .false: .bool(false)
    case .true: .bool(true)
    case .number: .number(text(of: node))
    case .string: .string(string(of: node))
    case .array: .array(elements(of: node).map { element in value(of: element) })
    case .object: .object(members(of: node).map { member in .init(string(of: member.name), value(of: member.value)) })
    }
  }
}
