/// Writing JSON, without white space, at the end of a byte buffer.
///
/// What is written holds no line terminator of any kind: control characters and, because some readers break lines
/// there, U+2028 and U+2029 are escaped. So one value is one line wherever lines are told apart.
public struct JSONWriter: ~Copyable {
  /// All that was written and not yet taken away.
  public var bytes = ByteBuffer()

  /// An empty writer.
  public init() {}

  /// Writes text that is JSON already.
  public mutating func raw(_ text: StaticString) {
    bytes.append(text)
  }

  /// Writes JSON that another writer made.
  public mutating func raw(_ json: [UInt8]) {
    bytes.append(contentsOf: json)
  }

  /// Writes a whole number.
  public mutating func integer(_ value: Int) {
    withDecimalDigits(of: value) { bytes.append(contentsOf: $0) }
  }

  /// Writes `true` or `false`.
  public mutating func bool(_ value: Bool) {
    raw(value ? "true" : "false")
  }

  /// Writes `text` as a JSON string.
  public mutating func string(_ text: String) {
    string(text, behind: "\"", before: "\"")
  }

  /// Writes a JSON string whose quotes are part of what stands around it.
  private mutating func string(_ text: String, behind opening: StaticString, before closing: StaticString) {
    raw(opening)
    var text = text
    text.withUTF8 { escaped($0, isToken: false) }
    raw(closing)
  }

  /// Writes a JSON string or number by the very text it came with; only U+2028 and U+2029 are escaped, for the sake of
  /// the line.
  public mutating func token(_ text: String) {
    var text = text
    text.withUTF8 { escaped($0, isToken: true) }
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
    var opening: StaticString = "{\""
    for member in members {
      string(member.name, behind: opening, before: "\":")
      value(member.value)
      opening = ",\""
    }
    raw(members.isEmpty ? "{}" : "}")
  }

  /// Writes runs of plain bytes at once and what lies between them escaped. Of a token, which is escaped already, only
  /// the line separators are left to do.
  private mutating func escaped(_ text: UnsafeBufferPointer<UInt8>, isToken: Bool) {
    var position = plain(text, from: 0)
    while position < text.count {
      let byte = text[position]
      switch byte {
      case 0xE2 where text[position + 1] == 0x80 && text[position + 2] & 0xFE == 0xA8:
        escape(byte, last: text[position + 2])
        position += 3
      case 0..<0x20 where !isToken, UInt8(ascii: "\"") where !isToken, UInt8(ascii: "\\") where !isToken:
        escape(byte, last: byte)
        position += 1
      default:
        bytes.append(byte)
        position += 1
      }
      position = plain(text, from: position)
    }
  }

  /// Writes the bytes from `start` on up to the first that may not stand in a string as it is, a control character, a
  /// quote or a backslash, or that may begin a line separator.
  ///
  /// - Returns: where that one is; the end where there is none.
  private mutating func plain(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    guard let source = text.baseAddress else { return 0 }
    var position = start
    bytes.append(atMost: text.count - start) { target in
      let (source, target) = (UnsafeRawPointer(source), UnsafeMutableRawPointer(target - start))
      while position + 8 <= text.count {
        let piece = source.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        guard EightBytes.arePlain(piece) else { break }
        target.storeBytes(of: piece, toByteOffset: position, as: UInt64.self)
        position += 8
      }
      while position < text.count {
        let byte = source.load(fromByteOffset: position, as: UInt8.self)
        if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0xE2 { break }
        target.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
        position += 1
      }
      return position - start
    }
    return position
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
