#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Duration {
  /// The whole milliseconds in which it is over: rounded up, so that after so long a wait the time has come.
  package var milliseconds: Int64 {
    components.seconds * 1000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}

/// The earlier of two times, of which nil is never.
package func earlier(_ a: Duration?, _ b: Duration?) -> Duration? {
  guard let a, let b else { return a ?? b }
  return min(a, b)
}

/// The time by the system's clock that never goes back, from some moment on.
package func monotonicTime() -> Duration {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
}
