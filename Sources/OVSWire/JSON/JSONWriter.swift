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
  @inline(__always)
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
    if value { raw("true") } else { raw("false") }
  }

  /// Writes `text` as a JSON string.
  public mutating func string(_ text: String) {
    Self.withBytes(of: text) { bytes in
      // In one go as far as it is plain, which most are to the end.
      let written = self.bytes.append(atMost: bytes.count + 2) { target in
        target[0] = UInt8(ascii: "\"")
        let count = Self.copyPlain(bytes, to: target + 1)
        guard count == bytes.count else { return 1 + count }
        target[1 + count] = UInt8(ascii: "\"")
        return 2 + count
      }
      guard written < 2 + bytes.count else { return }
      special(bytes, from: written - 1, isToken: false)
      raw("\"")
    }
  }

  /// Writes a JSON string or number by the very text it came with; only U+2028 and U+2029 are escaped, for the sake of
  /// the line.
  public mutating func token(_ text: String) {
    Self.withBytes(of: text) { bytes in
      let plain = self.bytes.append(atMost: bytes.count) { Self.copyPlain(bytes, to: $0) }
      if plain < bytes.count { special(bytes, from: plain, isToken: true) }
    }
  }

  /// Writes any value.
  public mutating func value(_ value: JSONValue) {
    switch value {
    case .null: raw("null")
    case .bool(let value): bool(value)
    case .number(let text): token(text)
    case .string(let text): string(text)
    case .array(let elements):
      raw("[")
      let elements = elements.span
      for index in elements.indices {
        if index > 0 { raw(",") }
        self.value(elements[index])
      }
      raw("]")
    case .object(let members): object(members)
    }
  }

  /// Writes an object.
  public mutating func object(_ members: [JSONValue.Member]) {
    raw("{")
    // A span's elements are looked at where they are; a loop over the array would count references to each.
    let members = members.span
    for index in members.indices {
      if index > 0 { raw(",") }
      string(members[index].name)
      raw(":")
      value(members[index].value)
    }
    raw("}")
  }

  /// Gives the bytes of `text` in UTF-8 to `body`.
  @inline(__always)
  private static func withBytes(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    if text.utf8.withContiguousStorageIfAvailable(body) != nil { return }
    // A string of another system's kind.
    var text = text
    text.withUTF8(body)
  }

  /// Writes the bytes from `start` on, what is not plain escaped. Of a token, which is escaped already, only the line
  /// separators are left to do.
  private mutating func special(_ text: UnsafeBufferPointer<UInt8>, from start: Int, isToken: Bool) {
    var position = start
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
      let rest = UnsafeBufferPointer(rebasing: text[position...])
      position += bytes.append(atMost: rest.count) { Self.copyPlain(rest, to: $0) }
    }
  }

  /// Copies bytes up to the first that may not stand in a string as it is, a control character, a quote or a backslash,
  /// or that may begin a line separator, and says how many those are.
  @inline(__always)
  private static func copyPlain(_ text: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) -> Int {
    guard let source = UnsafeRawPointer(text.baseAddress) else { return 0 }
    let target = UnsafeMutableRawPointer(target)
    var position = 0
    while text.count - position >= 8 {
      let piece = source.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      guard EightBytes.arePlain(piece) else { break }
      target.storeBytes(of: piece, toByteOffset: position, as: UInt64.self)
      position += 8
      // The last eight are most often some of those before once more.
      if position < text.count, text.count - position < 8 { position = text.count - 8 }
    }
    while position < text.count {
      let byte = source.load(fromByteOffset: position, as: UInt8.self)
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0xE2 { break }
      target.storeBytes(of: byte, toByteOffset: position, as: UInt8.self)
      position += 1
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
