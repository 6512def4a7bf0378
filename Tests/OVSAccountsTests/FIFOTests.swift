import TestSupport
import Testing

@testable import OVSAccounts

/// The queue, against a list that does the same slowly.
struct FIFOTests {
  @Test(arguments: 1...50)
  func `Whatever is done to it, it holds what a list would`(seed: Int) {
    var random = SeededRandom(seed: seed)
    var queue = FIFO<Int>()
    var list: [Int] = []
    let growth = Int.random(in: 3...7, using: &random)
    for step in 0..<3000 {
      switch Int.random(in: 0..<10, using: &random) {
      case ..<growth:
        queue.append(step)
        list.append(step)
      case 9:
        let element = list.randomElement(using: &random) ?? -1
        queue.remove(element)
        list.removeAll { $0 == element }
      default:
        let expected = list.isEmpty ? nil : list.removeFirst()
        #expect(queue.removeFirst() == expected, "seed \(seed), step \(step)")
      }
      guard queue.first == list.first, queue.isEmpty == list.isEmpty else {
        Issue.record("seed \(seed), step \(step): the first of \(list.count) is \(String(describing: queue.first))")
        return
      }
    }
    var rest: [Int] = []
    while let element = queue.removeFirst() { rest.append(element) }
    #expect(rest == list, "seed \(seed)")
  }
}
