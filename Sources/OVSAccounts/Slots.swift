/// Values by number, as quick to get at as those of an array.
///
/// The low bits of a number say where its value is, so that places are used again, while no number is: ``SlotNumbers``
/// makes them. A number whose value is gone finds nothing, whoever has its place.
@frozen public struct Slots<Value> {
  @usableFromInline var numbers: [Int] = []
  @usableFromInline var values: [Value?] = []
  @usableFromInline var used = 0

  /// No values.
  @inlinable public init() {}

  /// How many values there are.
  @inlinable public var count: Int { used }

  /// Whether there are no values.
  @inlinable public var isEmpty: Bool { used == 0 }

  /// The value of a number; nil where there is none.
  @inlinable public subscript(number: Int) -> Value? {
    let place = SlotNumbers.place(of: number)
    return place < numbers.count && numbers[place] == number ? values[place] : nil
  }

  /// Puts a value in, at a place that is free.
  @inlinable public mutating func insert(_ value: Value, as number: Int) {
    let place = SlotNumbers.place(of: number)
    while numbers.count <= place {
      numbers.append(-1)
      values.append(nil)
    }
    precondition(numbers[place] < 0, "two values at one place")
    numbers[place] = number
    values[place] = value
    used += 1
  }

  /// Takes the value of a number out; nil where there is none.
  @inlinable @discardableResult
  public mutating func remove(_ number: Int) -> Value? {
    let place = SlotNumbers.place(of: number)
    guard place < numbers.count, numbers[place] == number else { return nil }
    numbers[place] = -1
    used -= 1
    return values[place].take()
  }

  /// All values, in no order.
  @inlinable public var all: some Sequence<(number: Int, value: Value)> {
    numbers.indices.lazy.compactMap { place in values[place].map { (numbers[place], $0) } }
  }
}

/// Numbers for ``Slots``: each higher than all before, and at the place of one that was given back.
@frozen public struct SlotNumbers {
  @usableFromInline static let placeBits = 24
  private var free: [Int] = []
  private var places = 0
  private var last = 0

  /// No numbers given yet.
  public init() {}

  @inlinable static func place(of number: Int) -> Int { number & (1 << placeBits - 1) }

  /// How many numbers were made up to this one.
  public static func order(of number: Int) -> Int { number >> placeBits }

  /// The next number. At most 2²⁴ are in use at a time.
  public mutating func next() -> Int {
    last += 1
    let place = free.popLast() ?? places
    if place == places { places += 1 }
    precondition(place < 1 << Self.placeBits, "too many numbers in use")
    return last << Self.placeBits | place
  }

  /// Gives the place of a number back.
  public mutating func giveBack(_ number: Int) { free.append(Self.place(of: number)) }
}
