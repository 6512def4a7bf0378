import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How the terminal was before it showed nothing, for the signal handler, which can reach nothing but a global. It is
/// allocated, because the compiler gives a global of this type less room than C's functions write to.
private nonisolated(unsafe) let modesBefore = UnsafeMutablePointer<termios>.allocate(capacity: 1)

/// Asks a person for a line where standard input is a terminal.
enum TerminalPrompt {
  /// What may end the process while the terminal shows nothing.
  private static let signals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

  /// Asks for a line with `prompt` on stderr, and gives it with its end; what is typed shows unless it is a secret.
  ///
  /// The terminal shows again what is typed when this returns, and also when a signal ends the process before.
  static func line(_ prompt: String, isSecret: Bool, upTo limit: Int) throws(Option.ValueError) -> [UInt8] {
    guard isSecret else { return try line(prompt, upTo: limit) }
    modesBefore.initialize(to: termios())
    tcgetattr(STDIN_FILENO, modesBefore)
    var modes = modesBefore.pointee
    modes.c_lflag &= ~tcflag_t(ECHO)
    // The line's end still shows.
    modes.c_lflag |= tcflag_t(ECHONL)
    let handlersBefore = signals.map { number in
      signal(number) { number in
        tcsetattr(STDIN_FILENO, TCSANOW, modesBefore)
        signal(number, SIG_DFL)
        raise(number)
      }
    }
    // Nor is the process stopped meanwhile, which would leave a terminal to others that shows nothing.
    let stopBefore = signal(SIGTSTP, SIG_IGN)
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &modes)
    defer {
      signal(SIGTSTP, stopBefore)
      tcsetattr(STDIN_FILENO, TCSANOW, modesBefore)
      for (number, handler) in zip(signals, handlersBefore) { signal(number, handler) }
    }
    return try line(prompt, upTo: limit)
  }

  private static func line(_ prompt: String, upTo limit: Int) throws(Option.ValueError) -> [UInt8] {
    _ = Array("\(prompt): ".utf8).withUnsafeBytes { writeAll($0, to: STDERR_FILENO) }
    var line: [UInt8] = []
    // A terminal gives no more than a line at a time, of at most 4095 bytes.
    var piece = [UInt8](repeating: 0, count: 4096)
    defer { wipe(&piece) }
    while line.count < limit, line.last != UInt8(ascii: "\n") {
      let count = read(STDIN_FILENO, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .init(reason: "can't be read: \(String(cString: strerror(errno)))") }
      if count == 0 { break }
      line += piece[..<count]
    }
    return line
  }
}
