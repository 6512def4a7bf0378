import CCurl
import OVSAccounts

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// libcurl's multi interface, driven from outside: it tells what it waits for, and is told what has happened.
///
/// `curl_multi_perform` would be simpler, but looks at every transfer and asks the system about each.
final class Multi {
  private let multi: OpaquePointer
  /// The descriptors that libcurl waits for; those of idle connections aren't among them.
  private(set) var targets: [pollfd] = []
  /// When libcurl wants to go on whatever happens; nil for never.
  private(set) var wakeTime: Duration?
  /// How often it has run: what was added since the last time it has not begun with.
  private(set) var runs = 0
  /// Whether transfers may be done that ``nextDone()`` has not told of.
  private(set) var mayHaveDone = false
  /// The time of the call that libcurl is in.
  private var now = Duration.zero

  /// Nil where memory is out.
  init?(maxConnections: Int) {
    guard let multi = ccurl_multi_init() else { return nil }
    self.multi = multi
    Self.keepFromOtherPrograms()
    ccurl_multi_set_long(multi, CCURLMOPT_MAXCONNECTS, maxConnections)
    let this = Unmanaged.passUnretained(self).toOpaque()
    ccurl_multi_set_socket_function(
      multi, { _, socket, what, data, _ in Multi.behind(data).wait(for: socket, what) }, this)
    ccurl_multi_set_timer_function(multi, { _, milliseconds, data in Multi.behind(data).wait(milliseconds) }, this)
  }

  deinit {
    // Closing connections is told too, to an object that is going away.
    ccurl_multi_set_socket_function(multi, nil, nil)
    ccurl_multi_set_timer_function(multi, nil, nil)
    ccurl_multi_cleanup(multi)
  }

  /// Marks what is open to be closed for other programs, should the process ever start one: libcurl opens a pair of
  /// sockets to be woken by, which some versions leave unmarked. It doesn't tell their numbers, but they are low.
  private static func keepFromOtherPrograms() {
    for descriptor in Int32(3)..<1024 {
      let flags = fcntl(descriptor, F_GETFD)
      if flags >= 0, flags & FD_CLOEXEC == 0 { _ = fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) }
    }
  }

  private static func behind(_ data: UnsafeMutableRawPointer?) -> Multi {
    guard let data else { fatalError("libcurl lost the data of its transfers") }
    return Unmanaged<Multi>.fromOpaque(data).takeUnretainedValue()
  }

  /// Adds a transfer, which begins with the next run; false where memory is out.
  func add(_ easy: OpaquePointer, at now: Duration) -> Bool {
    self.now = now
    return ccurl_multi_add(multi, easy) == 0
  }

  /// Takes a transfer out, done or not. That waits for the look-up of its name.
  func remove(_ easy: OpaquePointer) {
    ccurl_multi_remove(multi, easy)
  }

  /// Goes on with what a descriptor has become ready for.
  func take(_ target: pollfd, at now: Duration) {
    begin(at: now)
    withUnsafePointer(to: target) { _ = ccurl_multi_take(multi, $0) }
  }

  /// Goes on with what is due by `now`.
  func takeTimer(at now: Duration) {
    guard let wakeTime, wakeTime <= now else { return }
    begin(at: now)
    // Whatever is left is told again.
    self.wakeTime = nil
    ccurl_multi_take_timer(multi)
  }

  private func begin(at now: Duration) {
    self.now = now
    runs += 1
    mayHaveDone = true
  }

  /// The next transfer that is done, and its result; it has to be removed.
  func nextDone() -> (easy: OpaquePointer, result: Int32)? {
    guard mayHaveDone else { return nil }
    var result: Int32 = 0
    guard let easy = ccurl_multi_next_done(multi, &result) else {
      mayHaveDone = false
      return nil
    }
    return (easy, result)
  }

  // MARK: libcurl's callbacks

  private func wait(for socket: Int32, _ what: Int32) -> Int32 {
    let index = targets.firstIndex { $0.fd == socket }
    if Int(what) == CCURL_POLL_REMOVE {
      if let index {
        targets.swapAt(index, targets.count - 1)
        targets.removeLast()
      }
      return 0
    }
    let isReading = Int(what) & CCURL_POLL_IN != 0
    let isWriting = Int(what) & CCURL_POLL_OUT != 0
    let events = (isReading ? POLLIN : 0) | (isWriting ? POLLOUT : 0)
    let target = pollfd(fd: socket, events: Int16(events), revents: 0)
    if let index { targets[index] = target } else { targets.append(target) }
    return 0
  }

  private func wait(_ milliseconds: Int) -> Int32 {
    // Early by as long as the call has taken; libcurl then tells what is left.
    wakeTime = milliseconds < 0 ? nil : now + .milliseconds(milliseconds)
    return 0
  }
}
