/// Looking at eight bytes of a string at once.
enum EightBytes {
  private static let each: UInt64 = 0x0101_0101_0101_0101

  /// Whether eight bytes, in a word, are plain: ASCII that stands in a JSON string as it is, none a control character, a
  /// quote or a backslash.
  @inline(__always)
  static func arePlain(_ word: UInt64) -> Bool { notPlain(word) == 0 }

  /// How many bytes are plain before the first that isn't, in the order of memory.
  @inline(__always)
  static func countPlain(_ word: UInt64) -> Int { notPlain(word.littleEndian).trailingZeroBitCount / 8 }

  /// The top bits of the bytes that are not plain; above the lowest of them, others may have one too.
  ///
  /// A byte less what it must not be below, or equal to, borrows into its top bit. What it borrows from its neighbour can
  /// only add to a byte that was found, never make one of none.
  @inline(__always)
  private static func notPlain(_ word: UInt64) -> UInt64 {
    let control = word &- each &* 0x20
    let quote = (word ^ each &* 0x22) &- each
    let backslash = (word ^ each &* 0x5C) &- each
    return (control | quote | backslash | word) & (each &* 0x80)
  }
}
