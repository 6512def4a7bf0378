/// Gives `body` the decimal digits of a whole number, behind a minus sign if it is negative.
package func withDecimalDigits(of value: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { memory in
    var start = memory.count
    var rest = value.magnitude
    repeat {
      start -= 1
      memory[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    if value < 0 {
      start -= 1
      memory[start] = UInt8(ascii: "-")
    }
    body(UnsafeBufferPointer(rebasing: memory[start...]))
  }
}
