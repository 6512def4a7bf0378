/// A queue: appending at the end and removing at the start take constant time on average.
@frozen public struct FIFO<Element> {
  @usableFromInline var elements: [Element] = []
  @usableFromInline var head = 0

  /// An empty queue.
  @inlinable public init() {}

  /// Whether there is nothing in it.
  @inlinable public var isEmpty: Bool { head == elements.count }

  /// How many elements wait.
  @inlinable public var count: Int { elements.count - head }

  /// The element that is next; nil where there is none.
  @inlinable public var first: Element? { isEmpty ? nil : elements[head] }

  /// Puts an element at the end.
  @inlinable public mutating func append(_ element: Element) {
    elements.append(element)
  }

  /// Takes the element that is next; nil where there is none.
  @inlinable @discardableResult
  public mutating func removeFirst() -> Element? {
    guard !isEmpty else { return nil }
    if count == 1 {
      let element = elements.removeLast()
      elements.removeAll(keepingCapacity: head <= 1024)
      head = 0
      return element
    }
    let element = elements[head]
    head += 1
    if head > 32, head * 2 > elements.count {
      elements.removeSubrange(..<head)
      head = 0
    }
    return element
  }
}

extension FIFO where Element: Equatable {
  /// Removes an element from wherever it stands; takes time in the queue's length.
  @inlinable public mutating func remove(_ element: Element) {
    guard let index = elements[head...].firstIndex(of: element) else { return }
    if index == head { removeFirst() } else { elements.remove(at: index) }
  }
}
