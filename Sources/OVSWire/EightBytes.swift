/// Eight bytes in a word, to be asked about all at once.
///
/// A byte less something borrows into its top bit exactly if it is smaller; what it borrows from its neighbours can make
/// a byte beside one that was found look found too, but never one where none is.
struct EightBytes {
  private static let each: UInt64 = 0x0101_0101_0101_0101
  private let word: UInt64

  init(_ word: UInt64) { self.word = word }

  /// Whether one of the bytes is below `limit`, which is at most 128.
  @inline(__always)
  func hasByte(below limit: UInt8) -> Bool {
    (word &- Self.each &* UInt64(limit)) & ~word & (Self.each &* 0x80) != 0
  }

  /// Whether one of them is `byte`.
  @inline(__always)
  func hasByte(_ byte: UInt8) -> Bool {
    EightBytes(word ^ Self.each &* UInt64(byte)).hasByte(below: 1)
  }
}
