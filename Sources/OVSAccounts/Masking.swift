/// `text` with `***` in place of each of `secrets` that stands in it: as it is, or with some of its bytes in the
/// percent form of URLs and forms, a space as `+`, or behind a backslash.
func masked(_ text: String, hiding secrets: [String]) -> String {
  let needles = secrets.map { Array($0.utf8) }.filter { !$0.isEmpty }
  let bytes = Array(text.utf8)
  var result: [UInt8] = []
  var next = 0
  while next < bytes.count {
    // The longest: one secret may be part of another.
    if let end = needles.compactMap({ endOfMatch($0, in: bytes, from: next) }).max() {
      result += "***".utf8
      next = end
    } else {
      result.append(bytes[next])
      next += 1
    }
  }
  return String(decoding: result, as: UTF8.self)
}

/// Where a spelling of `secret` that starts at `start` ends at the latest; nil if none does.
private func endOfMatch(_ secret: [UInt8], in text: [UInt8], from start: Int) -> Int? {
  // All places where a spelling of the bytes so far may end.
  var ends = [start]
  for byte in secret {
    ends = ends.reduce(into: []) { next, end in
      guard end < text.count else { return }
      if text[end] == byte || byte == UInt8(ascii: " ") && text[end] == UInt8(ascii: "+") { next.append(end + 1) }
      if text[end] == UInt8(ascii: "\\"), end + 1 < text.count, text[end + 1] == byte { next.append(end + 2) }
      if text[end] == UInt8(ascii: "%"), end + 2 < text.count,
        let high = text[end + 1].hexDigit, let low = text[end + 2].hexDigit, high << 4 | low == byte
      {
        next.append(end + 3)
      }
    }
    if ends.isEmpty { return nil }
  }
  return ends.max()
}

/// What a service wrote, cut if it is long.
func shortened(_ text: String) -> String {
  let limit = 1000
  return text.utf8.count <= limit ? text : String(text.unicodeScalars.prefix(limit)) + "…"
}

extension UInt8 {
  fileprivate var hexDigit: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
      (self | 0x20) - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
