#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Cuts a stream of bytes into lines, however the stream comes in pieces.
///
/// A line ends at LF and nowhere else. One CR before the LF, blank lines and a byte order mark at the start of the
/// stream are dropped; a last line without LF counts. Of a line over the limit the start is kept, so that its answer
/// can name it, and the rest is counted and forgotten: memory stays within twice the limit and a piece.
///
/// Lines may hold secrets. So what has been handed out is overwritten with zeros: with ``forgetTaken()``, and when more
/// is appended at the latest.
public struct LineSplitter {
  /// A line of the stream.
  public enum Line: Equatable, Sendable {
    /// A line within the limit, never blank: its place in ``LineSplitter/bytes``, good until more is appended.
    case text(Range<Int>)
    /// A line over the limit.
    case tooLong(OverlongLine)
  }

  /// What is known of a line over the limit.
  public struct OverlongLine: Equatable, Sendable {
    /// The line's first bytes, as many as the limit.
    public let start: [UInt8]
    /// The whole line's length in bytes, without its terminator.
    public internal(set) var count: Int
    /// Whether `"jsonrpc"` stands anywhere in the line, quotes included.
    public var mentionsJSONRPC: Bool { search.isFound }

    var search = TokenSearch()
    var last: UInt8?
  }

  /// The bytes in hand.
  public private(set) var bytes: [UInt8] = []

  /// Memory above this is given back once a line has come that didn't need it: long ones often come in a row.
  private static let keptBytes = 256 * 1024

  private let limit: Int
  /// Up to where the bytes are overwritten.
  private var forgotten = 0
  /// Where the line now being read starts.
  private var start = 0
  /// Up to where its end was looked for in vain.
  private var searched = 0
  private var overlong: OverlongLine?
  /// Whether the last line needed more memory than is kept.
  private var wasLong = false
  private var isAtStart = true
  private var isAtEnd = false

  /// A splitter at the start of a stream that hands out lines of at most `limit` bytes, terminator not counted.
  public init(limit: Int) {
    self.limit = limit
  }

  /// Takes the stream's next bytes.
  public mutating func append(_ piece: Span<UInt8>) {
    forgetTaken()
    if start == bytes.count, bytes.capacity > Self.keptBytes, !wasLong {
      bytes = []
    } else {
      removeForgotten()
    }
    searched -= start
    start = 0
    forgotten = 0
    reserve(piece.count)
    piece.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
  }

  /// Overwrites the lines that have been handed out; their places are good no more.
  public mutating func forgetTaken() {
    guard forgotten < start else { return }
    bytes.withUnsafeMutableBytes { wipe(UnsafeMutableRawBufferPointer(rebasing: $0[forgotten..<start])) }
    forgotten = start
  }

  /// Moves the rest to the front. What is left of it behind its new place is overwritten.
  private mutating func removeForgotten() {
    guard start > 0 else { return }
    let count = bytes.count - start
    if count > 0 {
      bytes.withUnsafeMutableBytes { buffer in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
        UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]).copyMemory(from: rest)
        wipe(UnsafeMutableRawBufferPointer(rebasing: buffer[max(start, count)...]))
      }
    }
    bytes.removeLast(start)
  }

  /// Makes room for more bytes. The array would leave a copy behind.
  private mutating func reserve(_ more: Int) {
    guard bytes.capacity - bytes.count < more else { return }
    var larger: [UInt8] = []
    larger.reserveCapacity(max(bytes.count + more, 2 * bytes.capacity))
    larger += bytes
    wipe(&bytes)
    bytes = larger
  }

  /// Says that the stream has ended: a last line without LF is complete.
  public mutating func end() {
    isAtEnd = true
  }

  /// The next complete line; nil when there is none until more is appended.
  public mutating func next() -> Line? {
    guard skipByteOrderMark() else { return nil }
    while true {
      let lineFeed = lineFeed()
      guard let stop = lineFeed ?? lastStop else {
        searched = bytes.count
        // One byte over the limit may still be the CR of a CR LF.
        if overlong != nil || bytes.count - start > limit + 1 { skip(to: bytes.count) }
        return nil
      }
      let endsWithCR = lineFeed != nil && stop > start && bytes[stop - 1] == UInt8(ascii: "\r")
      let content = start..<(endsWithCR ? stop - 1 : stop)
      wasLong = content.count > Self.keptBytes
      if overlong != nil || content.count > limit { skip(to: stop) }
      start = lineFeed == nil ? stop : stop + 1
      searched = start
      if var line = overlong {
        overlong = nil
        if lineFeed != nil, line.last == UInt8(ascii: "\r") { line.count -= 1 }
        return .tooLong(line)
      }
      if !isBlank(content) { return .text(content) }
    }
  }

  private func lineFeed() -> Int? {
    bytes.withUnsafeBytes { bytes in
      guard searched < bytes.count, let start = bytes.baseAddress else { return nil }
      return memchr(start + searched, Int32(UInt8(ascii: "\n")), bytes.count - searched).map {
        UnsafeRawPointer($0) - start
      }
    }
  }

  /// The end of a last line that lacks its LF.
  private var lastStop: Int? {
    isAtEnd && (start < bytes.count || overlong != nil) ? bytes.count : nil
  }

  /// Takes the bytes up to `stop` for a line over the limit and forgets them.
  private mutating func skip(to stop: Int) {
    var line = overlong ?? OverlongLine(start: Array(bytes[start..<start + limit]), count: 0)
    bytes.withUnsafeBufferPointer { buffer in
      for byte in buffer[start..<stop] { line.search.take(byte) }
    }
    line.count += stop - start
    if stop > start { line.last = bytes[stop - 1] }
    overlong = line
    start = stop
  }

  private func isBlank(_ range: Range<Int>) -> Bool {
    range.allSatisfy {
      bytes[$0] == UInt8(ascii: " ") || bytes[$0] == UInt8(ascii: "\t") || bytes[$0] == UInt8(ascii: "\r")
    }
  }

  /// Drops a byte order mark at the start of the stream; false while it can't be told from a line's first bytes.
  private mutating func skipByteOrderMark() -> Bool {
    guard isAtStart else { return true }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    if bytes.starts(with: mark) {
      start = mark.count
      searched = mark.count
    } else if !isAtEnd, mark.starts(with: bytes) {
      return false
    }
    isAtStart = false
    return true
  }
}

/// Looks for `"jsonrpc"`, quotes included, in bytes that come one by one.
struct TokenSearch: Equatable, Sendable {
  private static let token = Array("\"jsonrpc\"".utf8)
  private var matched = 0

  /// Whether the token has come by.
  var isFound: Bool { matched == Self.token.count }

  /// Takes the next byte. Only the token's first character can start it anew, so no more than one start is in hand.
  mutating func take(_ byte: UInt8) {
    if isFound { return }
    if byte == Self.token[matched] {
      matched += 1
    } else {
      matched = byte == Self.token[0] ? 1 : 0
    }
  }

  /// Whether the token stands in `text`.
  static func isFound(in text: Span<UInt8>) -> Bool {
    var search = TokenSearch()
    for index in text.indices { search.take(text[index]) }
    return search.isFound
  }
}
