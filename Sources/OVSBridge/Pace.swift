import OVSAccounts

/// Keeps new clients apart: the service takes one in so many seconds, and refuses what comes sooner.
///
/// The service counts from when it carried a request out, which is before its answer came. So the interval runs from
/// the answer, or, where that is long in coming, from one interval after the request was sent.
struct Pace {
  private let interval: Duration
  /// Commands that are held back.
  private var held = FIFO<Int>()
  /// The command that may go next, and has not been sent.
  private var due: Int?
  /// The command that was sent last, unless it has ended.
  private var last: Int?
  /// When the next may go.
  private var nextTime = Duration.zero

  /// A pace of one in each `interval`; of zero, it keeps nobody.
  init(interval: Duration) {
    self.interval = interval
  }

  /// Whether there is a pace to keep.
  var isKept: Bool { interval > .zero }

  /// When ``next(at:)`` is worth asking again; nil when that doesn't depend on time.
  var wakeTime: Duration? { held.isEmpty || due != nil ? nil : nextTime }

  /// Puts a command at the end.
  ///
  /// - Returns: for about how long it will be held back; nil if it isn't.
  mutating func join(_ number: Int, at now: Duration) -> Duration? {
    let isHeld = !held.isEmpty || due != nil || now < nextTime
    // The answer to the last will most likely come soon after it was sent.
    let first = max(.zero, (last == nil ? nextTime : nextTime - interval) - now)
    let before = held.count + (due == nil ? 0 : 1)
    held.append(number)
    return isHeld ? first + interval * before : nil
  }

  /// The command whose time has come; each but once.
  mutating func next(at now: Duration) -> Int? {
    guard due == nil, nextTime <= now, let number = held.removeFirst() else { return nil }
    due = number
    return number
  }

  /// Says that a command was sent.
  mutating func sent(_ number: Int, at now: Duration) {
    guard due == number else { return }
    due = nil
    last = number
    nextTime = now + interval * 2
  }

  /// Says that a command has ended, was taken back, or was given up.
  mutating func ended(_ number: Int, at now: Duration) {
    if last == number {
      last = nil
      nextTime = min(nextTime, now + interval)
    } else if due == number {
      due = nil
    } else {
      held.remove(number)
    }
  }

  /// Forgets all commands.
  mutating func end() {
    held = FIFO()
    due = nil
    last = nil
  }
}
