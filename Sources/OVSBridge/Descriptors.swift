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
package struct Descriptors {
  /// Where commands come from; nil if standard input was closed.
  let input: Int32?
  /// Where answers go; nil if standard output was closed.
  let output: Int32?

  /// Takes the standard descriptors over.
  init() throws(StartFailure) {
    let closed = Self.openClosed()
    input = closed.contains(STDIN_FILENO) ? nil : try Self.duplicate(STDIN_FILENO)
    output = closed.contains(STDOUT_FILENO) ? nil : try Self.duplicate(STDOUT_FILENO)
    Self.pointAtNull(STDIN_FILENO, O_RDONLY)
    dup2(STDERR_FILENO, STDOUT_FILENO)
  }

  /// Opens those of the standard descriptors that are closed on the null device, and says which they are.
  @discardableResult
  package static func openClosed() -> [Int32] {
    let closed = (STDIN_FILENO...STDERR_FILENO).filter { fcntl($0, F_GETFD) == -1 }
    for descriptor in closed { pointAtNull(descriptor, descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY) }
    return closed
  }

  /// The terminal behind a descriptor, opened anew so that it can be non-blocking without the descriptor being so; nil
  /// where there is no terminal. A terminal that `poll` calls writable may still have a writer wait.
  static func nonBlockingTerminal(_ descriptor: Int32) -> Int32? {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard isatty(descriptor) == 1, ttyname_r(descriptor, &path, path.count) == 0 else { return nil }
    let terminal = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    return terminal >= 0 ? terminal : nil
  }

  /// The writing end of the pipe behind a descriptor, opened anew like a terminal; nil where there is no pipe, and where
  /// the system can't do it or forbids it.
  static func nonBlockingPipe(_ descriptor: Int32) -> Int32? {
    #if os(Linux)
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return nil }
      let pipe = open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
      return pipe >= 0 ? pipe : nil
    #else
      return nil
    #endif
  }

  private static func duplicate(_ descriptor: Int32) throws(StartFailure) -> Int32 {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else {
      throw StartFailure(reason: "no descriptor to spare: \(String(cString: strerror(errno)))")
    }
    return copy
  }

  private static func pointAtNull(_ descriptor: Int32, _ mode: Int32) {
    let null = open("/dev/null", mode)
    guard null >= 0, null != descriptor else { return }
    dup2(null, descriptor)
    close(null)
  }
}
