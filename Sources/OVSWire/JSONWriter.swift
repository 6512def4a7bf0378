/// Writing JSON, without white space, at the end of a byte buffer.
///
/// What is written holds no line terminator of any kind: control characters and, because some readers break lines
/// there, U+2028 and U+2029 are escaped. So one value is one line wherever lines are told apart.
public struct JSONWriter {
  /// All that was written and not yet taken away.
  public var bytes: [UInt8] = []

  /// An empty writer.
  public init() {}

  /// Writes text that is JSON already.
  public mutating func raw(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Writes JSON that another writer made.
  public mutating func raw(_ json: [UInt8]) {
    bytes.append(contentsOf: json)
  }

  /// Writes a whole number.
  public mutating func integer(_ value: Int) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = value.magnitude
    var divisor: UInt = 1
    while rest / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(rest / divisor))
      rest %= divisor
      divisor /= 10
    }
  }

  /// Writes `true` or `false`.
  public mutating func bool(_ value: Bool) {
    raw(value ? "true" : "false")
  }

  /// Writes `text` as a JSON string.
  public mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    escaped(text, isToken: false)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes a JSON string or number by the very text it came with; only U+2028 and U+2029 are escaped, for the sake of
  /// the line.
  public mutating func token(_ text: String) {
    escaped(text, isToken: true)
  }

  /// Writes any value.
  public mutating func value(_ value: JSONValue) {
    switch value {
    case .null: raw("null")
    case .bool(let value): bool(value)
    case .number(let text): token(text)
    case .string(let text): string(text)
    case .array(let elements):
      var separator: StaticString = "["
      for element in elements {
        raw(separator)
        self.value(element)
        separator = ","
      }
      raw(elements.isEmpty ? "[]" : "]")
    case .object(let members): object(members)
    }
  }

  /// Writes an object.
  public mutating func object(_ members: [JSONValue.Member]) {
    var separator: StaticString = "{"
    for member in members {
      raw(separator)
      string(member.name)
      raw(":")
      value(member.value)
      separator = ","
    }
    raw(members.isEmpty ? "{}" : "}")
  }

  /// Writes runs of plain bytes at once and what lies between them escaped. Of a token, which is escaped already, only
  /// the line separators are left to do.
  private mutating func escaped(_ text: String, isToken: Bool) {
    var text = text
    text.withUTF8 { utf8 in
      var start = 0
      var position = 0
      while position < utf8.count {
        let byte = utf8[position]
        let length: Int
        switch byte {
        case 0xE2 where utf8[position + 1] == 0x80 && utf8[position + 2] & 0xFE == 0xA8:
          length = 3
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"):
          length = isToken ? 0 : 1
        default:
          length = 0
        }
        guard length > 0 else {
          position += 1
          continue
        }
        bytes.append(contentsOf: utf8[start..<position])
        escape(byte, last: utf8[position + length - 1])
        position += length
        start = position
      }
      bytes.append(contentsOf: utf8[start...])
    }
  }

  private mutating func escape(_ byte: UInt8, last: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    case 0x08: raw("\\b")
    case 0x09: raw("\\t")
    case 0x0A: raw("\\n")
    case 0x0C: raw("\\f")
    case 0x0D: raw("\\r")
    case 0xE2: raw(last == 0xA8 ? "\\u2028" : "\\u2029")
    default:
      raw("\\u00")
      for digit in [byte >> 4, byte & 15] {
        bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    }
  }
}
