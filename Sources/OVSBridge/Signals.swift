#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The write end of the pipe that the signal handler knows. Set once, before the handler is installed; a handler can
/// reach nothing but a global.
private nonisolated(unsafe) var signalPipe: Int32 = -1

/// SIGTERM and SIGINT as bytes on a pipe, so that a loop can wait for them beside everything else.
struct Signals {
  /// Readable when a signal has come.
  let descriptor: Int32

  /// Catches the signals from here on, and has writing to a closed pipe, or beyond the longest file allowed, fail with
  /// an error instead of a signal.
  init() throws(StartFailure) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw StartFailure(reason: "no descriptors for a pipe: \(String(cString: strerror(errno)))")
    }
    // Both ends are the bridge's own, so they may be non-blocking.
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    descriptor = ends[0]
    signalPipe = ends[1]

    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    var action = sigaction()
    let handler: @convention(c) (Int32) -> Void = { number in
      let saved = errno
      var byte = UInt8(truncatingIfNeeded: number)
      _ = write(signalPipe, &byte, 1)
      errno = saved
    }
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = handler
    #else
      action.__sigaction_handler.sa_handler = handler
    #endif
    action.sa_flags = SA_RESTART
    var mask = sigset_t()
    sigemptyset(&mask)
    for number in [SIGTERM, SIGINT] {
      sigaction(number, &action, nil)
      sigaddset(&mask, number)
    }
    // A parent may have them blocked.
    sigprocmask(SIG_UNBLOCK, &mask, nil)
  }

  /// The next signal that has come; nil when there is none.
  func next() -> Int32? {
    var byte: UInt8 = 0
    return read(descriptor, &byte, 1) == 1 ? Int32(byte) : nil
  }
}
