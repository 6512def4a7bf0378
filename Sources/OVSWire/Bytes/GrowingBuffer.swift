/// Elements in a row that grow at the end.
///
/// Lines are read, and answers written, in many short pieces, whose cost with an array is its checks and references:
/// this has one check a piece, and one owner. Memory that it gives back holds nothing any more: it may have held secrets.
@frozen public struct GrowingBuffer<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline var storage = UnsafeMutableBufferPointer<Element>(start: nil, count: 0)
  @usableFromInline var used = 0

  /// An empty buffer.
  @inlinable public init() {}

  @inlinable deinit {
    eraseAll()
    storage.deallocate()
  }

  /// How many elements there are.
  @inlinable public var count: Int { used }

  /// How many bytes of memory it holds.
  @inlinable public var heldBytes: Int { storage.count * MemoryLayout<Element>.stride }

  /// Whether there are no elements.
  @inlinable public var isEmpty: Bool { count == 0 }

  /// A copy of the elements.
  @inlinable public var array: [Element] { Array(storage[..<count]) }

  /// The element at an index, which must be there.
  @inlinable public subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count)
      return storage[index]
    }
    set {
      precondition(index >= 0 && index < count)
      storage[index] = newValue
    }
  }

  /// Appends an element.
  @inlinable @inline(__always)
  public mutating func append(_ element: Element) {
    append(atMost: 1) { memory in
      memory.initialize(to: element)
      return 1
    }
  }

  /// Appends elements.
  @inlinable public mutating func append(contentsOf elements: UnsafeBufferPointer<Element>) {
    guard let start = elements.baseAddress else { return }
    append(atMost: elements.count) { memory in
      memory.update(from: start, count: elements.count)
      return elements.count
    }
  }

  /// Appends elements.
  @inlinable public mutating func append(contentsOf elements: [Element]) {
    elements.withUnsafeBufferPointer { append(contentsOf: $0) }
  }

  /// Appends as many elements as `write` says that it has written, and says it too; there is room for `most`.
  @inlinable @inline(__always) @discardableResult
  public mutating func append(atMost most: Int, _ write: (UnsafeMutablePointer<Element>) -> Int) -> Int {
    if storage.count - count < most { move(to: max(256, storage.count * 2, count + most)) }
    guard let start = storage.baseAddress else { return 0 }
    let written = write(start + count)
    used += written
    precondition(used <= storage.count)
    return written
  }

  /// Removes elements at the start.
  @inlinable public mutating func removeFirst(_ removed: Int) {
    let rest = UnsafeMutableBufferPointer(rebasing: storage[removed..<count])
    _ = UnsafeMutableBufferPointer(rebasing: storage[..<rest.count]).update(fromContentsOf: rest)
    erase(rest.count..<used)
    used = rest.count
  }

  /// Overwrites all elements with zeros and removes them, and keeps their memory if it is no more than `limit` bytes.
  @inlinable public mutating func eraseAll(keepingAtMost limit: Int) {
    eraseAll()
    removeAll(keepingAtMost: limit)
  }

  /// Removes all elements, and keeps their memory if it is no more than `limit` bytes.
  @inlinable public mutating func removeAll(keepingAtMost limit: Int) {
    used = 0
    if heldBytes > limit { move(to: 0) }
  }

  @inlinable @inline(never)
  mutating func move(to capacity: Int) {
    let larger = UnsafeMutableBufferPointer<Element>.allocate(capacity: capacity)
    _ = larger.update(fromContentsOf: storage[..<count])
    eraseAll()
    storage.deallocate()
    storage = larger
  }

  @inlinable func eraseAll() { erase(0..<used) }

  /// Overwrites elements with zeros.
  @inlinable public func erase(_ range: Range<Int>) {
    wipe(UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: storage[range])))
  }
}

/// Bytes in a row that grow at the end.
public typealias ByteBuffer = GrowingBuffer<UInt8>

extension ByteBuffer {
  /// Gives the bytes, which are good until it returns, to `body`.
  @inlinable public func withUnsafeBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(storage)[..<count]))
  }

  /// Appends what `text` stands for in UTF-8.
  @inline(__always)
  mutating func append(_ text: StaticString) {
    append(atMost: text.utf8CodeUnitCount) { memory in
      memory.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
      return text.utf8CodeUnitCount
    }
  }
}
