/// A queue: appending at the end and removing at the start take constant time on average.
package struct FIFO<Element> {
  private var elements: [Element] = []
  private var head = 0

  package init() {}

  package var isEmpty: Bool { head == elements.count }

  package var count: Int { elements.count - head }

  package var first: Element? { isEmpty ? nil : elements[head] }

  package mutating func append(_ element: Element) {
    elements.append(element)
  }

  @discardableResult
  package mutating func removeFirst() -> Element? {
    guard let element = first else { return nil }
    head += 1
    if isEmpty {
      elements.removeAll(keepingCapacity: head <= 1024)
      head = 0
    } else if head > 32, head * 2 > elements.count {
      elements.removeSubrange(..<head)
      head = 0
    }
    return element
  }
}

extension FIFO where Element: Equatable {
  /// Removes an element from wherever it stands; takes time in the queue's length.
  package mutating func remove(_ element: Element) {
    guard let index = elements[head...].firstIndex(of: element) else { return }
    if index == head { removeFirst() } else { elements.remove(at: index) }
  }
}
