#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The descriptors of the protocol, out of the reach of everything else in the process.
///
/// Standard output is duplicated for the protocol and then pointed at stderr, standard input at the null device: a
/// stray `print`, or a library that writes or reads, can't touch a message. What was closed at the start is opened on
/// the null device first, so that nothing opened later takes its number. None of these descriptors is inherited by
/// other programs, and none that was inherited is made non-blocking, because that would change it for its other
/// holders too.
struct Descriptors {
  /// Where commands come from; nil if standard input was closed.
  let input: Int32?
  /// Where answers go; nil if standard output was closed.
  let output: Int32?

  /// Takes the standard descriptors over.
  init() {
    let isOpen = (0...2).map { fcntl($0, F_GETFD) != -1 }
    for (descriptor, isOpen) in zip(Int32(0)..., isOpen) where !isOpen {
      Self.pointAtNull(descriptor, descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY)
    }
    input = isOpen[0] ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : nil
    output = isOpen[1] ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : nil
    Self.pointAtNull(STDIN_FILENO, O_RDONLY)
    dup2(STDERR_FILENO, STDOUT_FILENO)
  }

  private static func pointAtNull(_ descriptor: Int32, _ mode: Int32) {
    let null = open("/dev/null", mode)
    guard null >= 0, null != descriptor else { return }
    dup2(null, descriptor)
    close(null)
  }
}
