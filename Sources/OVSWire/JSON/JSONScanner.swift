/// The scanner behind ``JSONDocument``: one pass by recursive descent over text that is already known to be UTF-8.
struct JSONScanner: ~Copyable {
  private(set) var entries = GrowingBuffer<JSONDocument.Entry>()
  private var position = 0

  /// Forgets the entries, and keeps their memory if it is no more than `limit` bytes.
  mutating func reset(keepingAtMost limit: Int) {
    entries.removeAll(keepingAtMost: limit)
    position = 0
  }

  /// Makes the entry of the text `null`.
  mutating func appendNull() {
    entries.append(.init(kind: .null, start: 0, next: 1))
  }

  /// Scans one value with white space around it and nothing behind it.
  mutating func scan(_ text: Span<UInt8>) throws(JSONError) {
    skipWhiteSpace(text)
    try value(text, depth: 0)
    skipWhiteSpace(text)
    if position < text.count { throw fault("more text behind the value") }
  }

  // MARK: Values

  /// Scans a value and says whether it holds a duplicate member at any depth.
  @discardableResult
  private mutating func value(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> Bool {
    guard position < text.count else { throw fault("the text ends where a value should stand") }
    switch text[position] {
    case UInt8(ascii: "\""):
      try string(text)
    case UInt8(ascii: "{"):
      return try object(text, depth: depth + 1)
    case UInt8(ascii: "["):
      return try array(text, depth: depth + 1)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      try number(text)
    case UInt8(ascii: "t"):
      try literal("true", .true, text)
    case UInt8(ascii: "f"):
      try literal("false", .false, text)
    case UInt8(ascii: "n"):
      try literal("null", .null, text)
    default:
      throw fault("no value starts like this")
    }
    return false
  }

  private mutating func object(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> Bool {
    let index = try open(.object, depth: depth)
    var isFlagged = false
    if next(UInt8(ascii: "}"), text) {
      close(index)
      return false
    }
    while true {
      guard position < text.count, text[position] == UInt8(ascii: "\"") else {
        throw fault("a member's name in double quotes should stand here")
      }
      try string(text)
      skipWhiteSpace(text)
      guard position < text.count, text[position] == UInt8(ascii: ":") else {
        throw fault("a colon should stand behind the member's name")
      }
      position += 1
      skipWhiteSpace(text)
      if try value(text, depth: depth) { isFlagged = true }
      skipWhiteSpace(text)
      guard position < text.count else { throw fault("the text ends inside an object") }
      let byte = text[position]
      guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") else {
        throw fault("a comma or } should stand here")
      }
      entries[index].count += 1
      position += 1
      if byte == UInt8(ascii: "}") { break }
      skipWhiteSpace(text)
    }
    if entries[index].count > 1, Self.duplicate(of: index, entries: entries, text: text) != nil { isFlagged = true }
    entries[index].isFlagged = isFlagged
    close(index)
    return isFlagged
  }

  private mutating func array(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> Bool {
    let index = try open(.array, depth: depth)
    var isFlagged = false
    if next(UInt8(ascii: "]"), text) {
      close(index)
      return false
    }
    while true {
      if try value(text, depth: depth) { isFlagged = true }
      skipWhiteSpace(text)
      guard position < text.count else { throw fault("the text ends inside an array") }
      let byte = text[position]
      guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") else {
        throw fault("a comma or ] should stand here")
      }
      entries[index].count += 1
      position += 1
      if byte == UInt8(ascii: "]") { break }
      skipWhiteSpace(text)
    }
    entries[index].isFlagged = isFlagged
    close(index)
    return isFlagged
  }

  private mutating func open(_ kind: JSONDocument.Kind, depth: Int) throws(JSONError) -> Int {
    guard depth <= JSONDocument.maximumDepth else {
      throw fault("nested deeper than \(JSONDocument.maximumDepth)")
    }
    let index = entries.count
    entries.append(.init(kind: kind, start: UInt32(position), next: UInt32(index + 1)))
    position += 1
    return index
  }

  private mutating func close(_ index: Int) {
    entries[index].end = UInt32(position)
    entries[index].next = UInt32(entries.count)
  }

  private mutating func append(_ kind: JSONDocument.Kind, from start: Int, isFlagged: Bool = false) {
    entries.append(
      .init(
        kind: kind, isFlagged: isFlagged, start: UInt32(start), end: UInt32(position), next: UInt32(entries.count + 1)))
  }

  // MARK: Tokens

  private mutating func literal(
    _ word: StaticString, _ kind: JSONDocument.Kind, _ text: Span<UInt8>
  ) throws(JSONError) {
    let start = position
    let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    for letter in letters {
      guard position < text.count, text[position] == letter else { throw fault("not true, false or null") }
      position += 1
    }
    append(kind, from: start)
  }

  /// RFC 8259, section 6: an optional minus, an integer without leading zeros, a fraction, an exponent.
  private mutating func number(_ text: Span<UInt8>) throws(JSONError) {
    let start = position
    if text[position] == UInt8(ascii: "-") { position += 1 }
    if position < text.count, text[position] == UInt8(ascii: "0") {
      position += 1
      if position < text.count, text[position].isDigit { throw fault("a number has no leading zero") }
    } else {
      try digits(text, "a digit should stand behind the minus sign")
    }
    if position < text.count, text[position] == UInt8(ascii: ".") {
      position += 1
      try digits(text, "a digit should stand behind the decimal point")
    }
    if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
        position += 1
      }
      try digits(text, "a digit should stand in the exponent")
    }
    append(.number, from: start)
  }

  private mutating func digits(_ text: Span<UInt8>, _ reason: String) throws(JSONError) {
    guard position < text.count, text[position].isDigit else { throw fault(reason) }
    repeat { position += 1 } while position < text.count && text[position].isDigit
  }

  /// RFC 8259, section 7.
  private mutating func string(_ text: Span<UInt8>) throws(JSONError) {
    let start = position
    var hasEscape = false
    position = Self.endOfPlain(text, from: start + 1)
    while true {
      guard position < text.count else { throw fault("the text ends inside a string") }
      let byte = text[position]
      if byte == UInt8(ascii: "\"") { break }
      guard byte == UInt8(ascii: "\\") else { throw fault("a control character in a string must be escaped") }
      hasEscape = true
      try escape(text)
      position = Self.endOfPlain(text, from: position)
    }
    position += 1
    append(.string, from: start, isFlagged: hasEscape)
  }

  /// Where the bytes of a string end that stand for themselves, looked at eight at a time as far as that goes.
  @inline(__always)
  private static func endOfPlain(_ text: Span<UInt8>, from start: Int) -> Int {
    let bytes = text.bytes
    var position = start
    while position + 8 <= bytes.byteCount {
      let plain = EightBytes.countPlain(unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
      position += plain
      guard plain == 8 else { break }
    }
    while position < text.count {
      let byte = text[position]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
      position += 1
    }
    return position
  }

  private mutating func escape(_ text: Span<UInt8>) throws(JSONError) {
    let start = position
    guard position + 1 < text.count else { throw fault("the text ends inside a string") }
    switch text[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 2
    case UInt8(ascii: "u"):
      let unit = try codeUnit(text)
      if UTF16.isLeadSurrogate(unit) {
        guard position + 1 < text.count, text[position] == UInt8(ascii: "\\"),
          text[position + 1] == UInt8(ascii: "u"), UTF16.isTrailSurrogate(try codeUnit(text))
        else { throw JSONError(offset: start, "a lone surrogate escape") }
      } else if UTF16.isTrailSurrogate(unit) {
        throw JSONError(offset: start, "a lone surrogate escape")
      }
    default:
      throw fault("no such escape")
    }
  }

  /// The four hexadecimal digits of the `\u` escape at the position.
  private mutating func codeUnit(_ text: Span<UInt8>) throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for offset in 2..<6 {
      guard position + offset < text.count, let digit = text[position + offset].hexadecimalValue else {
        throw fault("four hexadecimal digits should stand behind \\u")
      }
      unit = unit << 4 | UInt16(digit)
    }
    position += 6
    return unit
  }

  @inline(__always)
  private mutating func skipWhiteSpace(_ text: Span<UInt8>) {
    // There mostly is none.
    if position < text.count, text[position] <= UInt8(ascii: " ") { skipSomeWhiteSpace(text) }
  }

  private mutating func skipSomeWhiteSpace(_ text: Span<UInt8>) {
    while position < text.count {
      switch text[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): position += 1
      default: return
      }
    }
  }

  /// Skips white space, and `byte` if it stands there.
  private mutating func next(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
    skipWhiteSpace(text)
    guard position < text.count, text[position] == byte else { return false }
    position += 1
    return true
  }

  private func fault(_ reason: String) -> JSONError { JSONError(offset: position, reason) }
}

// MARK: - What names and strings mean

extension JSONScanner {
  /// The index of a member name in the object at `index` that another member before it has too.
  ///
  /// A few members are compared pairwise; many are sorted, so that no input makes it quadratic. Names are compared as
  /// the bytes they mean, escapes resolved.
  static func duplicate(
    of index: Int, entries: borrowing GrowingBuffer<JSONDocument.Entry>, text: Span<UInt8>
  ) -> Int? {
    let count = Int(entries[index].count)
    if count <= 8 {
      var later = index + 1
      for number in 0..<count {
        var earlier = index + 1
        for _ in 0..<number {
          if isEqual(entries[earlier], entries[later], text) { return later }
          earlier = Int(entries[earlier + 1].next)
        }
        later = Int(entries[later + 1].next)
      }
      return nil
    }
    var names: [(name: [UInt8], index: Int)] = []
    names.reserveCapacity(count)
    var member = index + 1
    for _ in 0..<count {
      names.append((name(entries[member], text), member))
      member = Int(entries[member + 1].next)
    }
    names.sort { $0.name.lexicographicallyPrecedes($1.name) || ($0.name == $1.name && $0.index < $1.index) }
    return zip(names, names.dropFirst()).lazy.filter { $0.name == $1.name }.map(\.1.index).min()
  }

  private static func isEqual(_ a: JSONDocument.Entry, _ b: JSONDocument.Entry, _ text: Span<UInt8>) -> Bool {
    if a.isFlagged || b.isFlagged { return name(a, text) == name(b, text) }
    guard a.end - a.start == b.end - b.start else { return false }
    for offset in 0..<Int(a.end - a.start) where text[Int(a.start) + offset] != text[Int(b.start) + offset] {
      return false
    }
    return true
  }

  private static func name(_ entry: JSONDocument.Entry, _ text: Span<UInt8>) -> [UInt8] {
    resolveEscapes(in: text.extracting(Int(entry.start) + 1..<Int(entry.end) - 1))
  }

  /// The bytes that the inside of a scanned string means.
  static func resolveEscapes(in text: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      guard text[position] == UInt8(ascii: "\\") else {
        result.append(text[position])
        position += 1
        continue
      }
      let letter = text[position + 1]
      position += 2
      switch letter {
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"):
        var units = [codeUnit(text, at: position)]
        position += 4
        if UTF16.isLeadSurrogate(units[0]) {
          units.append(codeUnit(text, at: position + 2))
          position += 6
        }
        result.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
      default: result.append(letter)
      }
    }
    return result
  }

  private static func codeUnit(_ text: Span<UInt8>, at position: Int) -> UInt16 {
    (0..<4).reduce(0) { $0 << 4 | UInt16(text[position + $1].hexadecimalValue ?? 0) }
  }
}

extension UInt8 {
  var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

  fileprivate var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
