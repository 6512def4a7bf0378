#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Notices the end of another process.
///
/// Linux has a descriptor for that (pidfd_open, since 5.3), which a loop can wait for. Where it can't be had, asking
/// once a second has to do.
struct ParentWatch {
  /// Readable once the process has ended; nil where ``wakeTime`` is to be used.
  let descriptor: Int32?
  private let process: Int32
  private var nextLook: Duration?

  init(_ process: Int32) {
    self.process = process
    typealias Open = @convention(c) (Int32, UInt32) -> Int32
    // The system's library has had it since glibc 2.36, and Swift's view of that library lacks it.
    let found = dlsym(nil, "pidfd_open").map { unsafeBitCast($0, to: Open.self)(process, 0) } ?? -1
    descriptor = found >= 0 ? found : nil
    nextLook = descriptor == nil ? .zero : nil
  }

  /// Gives the descriptor back.
  func end() {
    if let descriptor { close(descriptor) }
  }

  /// When to ask ``hasEnded(at:)`` again; nil when the descriptor tells.
  var wakeTime: Duration? { nextLook }

  /// Whether the process has ended by `now`.
  mutating func hasEnded(at now: Duration) -> Bool {
    if let descriptor {
      var target = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      return poll(&target, 1, 0) == 1
    }
    guard let look = nextLook, look <= now else { return false }
    nextLook = now + .seconds(1)
    return kill(process, 0) == -1 && errno == ESRCH
  }
}
