/// Bytes in a row that grow at the end.
///
/// Answers are written in many short pieces, whose cost with an array is its checks: this has one check a piece.
public struct ByteBuffer: ~Copyable {
  private var storage = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
  /// How many bytes there are.
  public private(set) var count = 0

  /// An empty buffer.
  public init() {}

  deinit {
    storage.deallocate()
  }

  /// Whether there are no bytes.
  public var isEmpty: Bool { count == 0 }

  /// A copy of the bytes.
  public var array: [UInt8] { Array(storage[..<count]) }

  /// Gives the bytes, which are good until it returns, to `body`.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(storage)[..<count]))
  }

  /// Appends a byte.
  public mutating func append(_ byte: UInt8) {
    append(atMost: 1) { memory in
      memory.pointee = byte
      return 1
    }
  }

  /// Appends what `text` stands for in UTF-8.
  @inline(__always)
  public mutating func append(_ text: StaticString) {
    append(atMost: text.utf8CodeUnitCount) { memory in
      memory.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
      return text.utf8CodeUnitCount
    }
  }

  /// Appends bytes.
  public mutating func append(contentsOf bytes: UnsafeBufferPointer<UInt8>) {
    guard let start = bytes.baseAddress else { return }
    append(atMost: bytes.count) { memory in
      memory.update(from: start, count: bytes.count)
      return bytes.count
    }
  }

  /// Appends as many bytes as `write` says that it has written; there is room for `most`.
  @inline(__always)
  mutating func append(atMost most: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) {
    makeRoom(for: most)
    guard let start = storage.baseAddress else { return }
    count += write(start + count)
    precondition(count <= storage.count)
  }

  /// Appends bytes.
  public mutating func append(contentsOf bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
  }

  /// Removes bytes at the start.
  public mutating func removeFirst(_ removed: Int) {
    let rest = UnsafeMutableBufferPointer(rebasing: storage[removed..<count])
    _ = UnsafeMutableBufferPointer(rebasing: storage[..<rest.count]).update(fromContentsOf: rest)
    count = rest.count
  }

  /// Removes all bytes, and keeps their memory if it is no more than `limit` bytes.
  public mutating func removeAll(keepingAtMost limit: Int) {
    count = 0
    if storage.count > limit { move(to: 0) }
  }

  @inline(__always)
  private mutating func makeRoom(for more: Int) {
    if storage.count - count < more { move(to: max(256, storage.count * 2, count + more)) }
  }

  private mutating func move(to capacity: Int) {
    let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: capacity)
    _ = larger.update(fromContentsOf: storage[..<count])
    storage.deallocate()
    storage = larger
  }
}
