/// Looking at eight bytes of a string at once.
enum EightBytes {
  private static let each: UInt64 = 0x0101_0101_0101_0101

  /// Whether eight bytes, in a word, are ASCII that stands in a JSON string as it is: none a control character, a quote
  /// or a backslash.
  ///
  /// A byte less what it must not be below, or equal to, borrows into its top bit. What it borrows from its neighbour can
  /// only add to a byte that was found, never make one of none.
  @inline(__always)
  static func arePlain(_ word: UInt64) -> Bool {
    let control = word &- each &* 0x20
    let quote = (word ^ each &* 0x22) &- each
    let backslash = (word ^ each &* 0x5C) &- each
    return (control | quote | backslash | word) & (each &* 0x80) == 0
  }
}
