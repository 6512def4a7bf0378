/// `text` with `***` in place of each of `secrets` that stands in it: as it is, or with some of its characters in the
/// percent form of URLs and forms, a space as `+`, behind a backslash, or in JSON's short forms such as `\n` and `\u` with
/// four digits (RFC 8259, section 7).
///
/// - Parameters:
///   - text: what may be told but for the secrets.
///   - secrets: what may not; empty ones don't count.
///   - limit: how many bytes of the result are enough; it is cut there, and ends in `…`.
package func masked(_ text: String, hiding secrets: [String], limit: Int = 1000) -> String {
  let needles = secrets.filter { !$0.isEmpty }
  let bytes = Array(text.utf8)
  var result: [UInt8] = []
  var next = 0
  while next < bytes.count, result.count <= limit {
    // The longest: one secret may be part of another.
    if let end = needles.compactMap({ endOfMatch($0, in: bytes, from: next) }).max() {
      result += "***".utf8
      next = end
    } else {
      result.append(bytes[next])
      next += 1
    }
  }
  guard result.count > limit else { return String(decoding: result, as: UTF8.self) }
  let isContinuation = { (byte: UInt8) in byte & 0xC0 == 0x80 }
  let cut = result[..<limit].lastIndex { !isContinuation($0) } ?? 0
  return String(decoding: result[..<(isContinuation(result[limit]) ? cut : limit)], as: UTF8.self) + "…"
}

/// Where a spelling of `secret` that starts at `start` ends at the latest; nil if none does.
private func endOfMatch(_ secret: String, in text: [UInt8], from start: Int) -> Int? {
  // All places where a spelling of the characters so far may end, in ascending order.
  var ends = [start]
  var next: [Int] = []
  for scalar in secret.unicodeScalars {
    next.removeAll(keepingCapacity: true)
    for end in ends {
      for spelling in spellings {
        // Spellings of neighbours meet: each place once.
        if let end = spelling(scalar, text, end), !next.suffix(16).contains(end) { next.append(end) }
      }
    }
    if next.isEmpty { return nil }
    swap(&ends, &next)
  }
  return ends.max()
}

private let spellings = [endOfBytes, endOfPercentForm, endOfBackslash, endOfUnicodeEscape]

private func endOfBytes(_ scalar: Unicode.Scalar, in text: [UInt8], from start: Int) -> Int? {
  if scalar == " ", start < text.count, text[start] == UInt8(ascii: "+") { return start + 1 }
  var end = start
  for byte in UTF8.encode(scalar) ?? .init() {
    guard end < text.count, text[end] == byte else { return nil }
    end += 1
  }
  return end
}

private func endOfPercentForm(_ scalar: Unicode.Scalar, in text: [UInt8], from start: Int) -> Int? {
  var end = start
  for byte in UTF8.encode(scalar) ?? .init() {
    guard end < text.count, text[end] == UInt8(ascii: "%"), number(in: text, from: end + 1, digits: 2) == UInt16(byte)
    else { return nil }
    end += 3
  }
  return end
}

private func endOfBackslash(_ scalar: Unicode.Scalar, in text: [UInt8], from start: Int) -> Int? {
  guard scalar.isASCII, start + 1 < text.count, text[start] == UInt8(ascii: "\\") else { return nil }
  let escaped: Unicode.Scalar =
    switch scalar {
    case "\u{8}": "b"
    case "\t": "t"
    case "\n": "n"
    case "\u{c}": "f"
    case "\r": "r"
    default: scalar
    }
  return text[start + 1] == UInt8(ascii: escaped) ? start + 2 : nil
}

private func endOfUnicodeEscape(_ scalar: Unicode.Scalar, in text: [UInt8], from start: Int) -> Int? {
  var end = start
  for unit in UTF16.encode(scalar) ?? .init() {
    guard end + 1 < text.count, text[end] == UInt8(ascii: "\\"), text[end + 1] == UInt8(ascii: "u"),
      number(in: text, from: end + 2, digits: 4) == unit
    else { return nil }
    end += 6
  }
  return end
}

/// The hexadecimal number of so many digits that stands at `start`; nil if none does.
private func number(in text: [UInt8], from start: Int, digits: Int) -> UInt16? {
  guard start + digits <= text.count else { return nil }
  return UInt16(String(decoding: text[start..<start + digits], as: UTF8.self), radix: 16)
}
