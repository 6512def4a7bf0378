import Foundation

/// What went wrong while talking to a program, as a sentence.
struct Trouble: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// A program spawned with real pipes. Every wait has a limit that fails with a sentence.
///
/// All programs that the tests spawn are spawned here, one at a time, so that none inherits another's pipes.
class ChildProcess {
  /// How its standard descriptors are set up.
  enum Setup {
    case pipes
    /// Standard input and output are one socket, as some parents have it.
    case socket
    /// These descriptors are closed.
    case closed(Set<Int32>)
    /// This descriptor is a terminal, which isn't the child's controlling one; the others are pipes.
    case terminal(Int32)
  }

  private static let spawning = NSLock()
  /// How long nothing at all may happen where something is awaited.
  static let waitLimit = Duration.seconds(60)
  /// How long a whole input, or a whole output, may take.
  static let wholeLimit = Duration.seconds(300)

  /// What messages call it.
  private let name: String
  let processID: pid_t
  /// The test's ends: -1 once closed.
  private(set) var input: Int32 = -1
  private(set) var output: Int32 = -1
  private(set) var errors: Int32 = -1
  /// The child's ends, for looking at what they share with it; closed with the object.
  private(set) var childEnds: [Int32] = []
  private var received: [UInt8] = []
  private var status: Int32?

  init(
    _ name: String, _ program: String, _ options: [String], environment: [String: String] = [:],
    setup: Setup = .pipes, keepsChildEnds: Bool = false
  ) throws {
    self.name = name
    // A process spawned between the making of a pipe and its marking would inherit it and hold it open.
    Self.spawning.lock()
    defer { Self.spawning.unlock() }
    var ends = try (0..<3).map { _ in try Self.pipe() }
    if case .socket = setup {
      for end in ends[0...1] {
        close(end.read)
        close(end.write)
      }
      var pair: [Int32] = [-1, -1]
      guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
        throw Trouble("no socket pair: \(String(cString: strerror(errno)))")
      }
      ends[0] = (read: pair[1], write: pair[0])
      ends[1] = (read: fcntl(pair[0], F_DUPFD_CLOEXEC, 3), write: fcntl(pair[1], F_DUPFD_CLOEXEC, 3))
    }
    if case .terminal(let descriptor) = setup {
      let pipe = ends[Int(descriptor)]
      close(pipe.read)
      close(pipe.write)
      let terminal = try Self.terminal()
      ends[Int(descriptor)] =
        descriptor == STDIN_FILENO
        ? (read: terminal.child, write: terminal.test) : (read: terminal.test, write: terminal.child)
    }
    childEnds = [ends[0].read, ends[1].write, ends[2].write]
    (input, output, errors) = (ends[0].write, ends[1].read, ends[2].read)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (descriptor, end) in zip(Int32(0)..., childEnds) { posix_spawn_file_actions_adddup2(&actions, end, descriptor) }
    if case .closed(let descriptors) = setup {
      for descriptor in descriptors { posix_spawn_file_actions_addclose(&actions, descriptor) }
    }
    var variables = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("OVS_") && !$0.key.lowercased().hasSuffix("_proxy") && $0.key != "SWIFT_BACKTRACE"
    }
    variables.merge(environment) { $1 }
    var arguments = ([program] + options).map { strdup($0) } + [nil]
    var strings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for string in arguments + strings { free(string) } }
    var child: pid_t = 0
    // Writing to a process that has ended must fail in the test, and not be ignored in the process.
    ignoreBrokenPipes()
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    sigaddset(&defaults, SIGINT)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    // What runs the tests may hold signals back, which a child would inherit.
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    let error = posix_spawn(&child, program, &actions, &attributes, &arguments, &strings)
    guard error == 0 else { throw Trouble("\(program) can't be run: \(String(cString: strerror(error)))") }
    processID = child
    if !keepsChildEnds { closeChildEnds() }
  }

  deinit {
    for descriptor in [input, output, errors] + childEnds where descriptor >= 0 { close(descriptor) }
    if status == nil {
      kill(processID, SIGKILL)
      waitpid(processID, nil, 0)
    }
  }

  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard makePipe(&ends) == 0 else { throw Trouble("no pipe: \(String(cString: strerror(errno)))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// A new terminal, and who each end is for.
  private static func terminal() throws -> (test: Int32, child: Int32) {
    // Swift's view of the C library lacks it.
    typealias Open =
      @convention(c) (
        UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<CChar>?,
        UnsafePointer<termios>?, UnsafePointer<winsize>?
      ) -> Int32
    var (test, child): (Int32, Int32) = (-1, -1)
    guard let open = dlsym(nil, "openpty").map({ unsafeBitCast($0, to: Open.self) }),
      open(&test, &child, nil, nil, nil) == 0
    else { throw Trouble("no terminal: \(String(cString: strerror(errno)))") }
    for end in [test, child] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (test, child)
  }

  func closeChildEnds() {
    for end in childEnds { close(end) }
    childEnds = []
  }

  // MARK: Talking

  /// Sends bytes, reading answers meanwhile so that neither side stalls.
  func send(_ bytes: [UInt8]) throws {
    let deadline = ContinuousClock.now + Self.wholeLimit
    var sent = 0
    while sent < bytes.count {
      var targets = [
        pollfd(fd: input, events: Int16(POLLOUT), revents: 0), pollfd(fd: output, events: Int16(POLLIN), revents: 0),
      ]
      guard ContinuousClock.now < deadline, poll(&targets, 2, Int32(Self.waitLimit.components.seconds * 1000)) > 0
      else {
        throw Trouble("\(name) took \(sent) of \(bytes.count) bytes, and then no more in time")
      }
      if targets[1].revents & Int16(POLLIN) != 0 { _ = readSome(output, into: &received) }
      if targets[0].revents & Int16(POLLERR) != 0 { throw Trouble("\(name) has closed its input") }
      if targets[0].revents & Int16(POLLOUT) != 0 {
        let count = bytes[sent...].withUnsafeBytes { write(input, $0.baseAddress, min($0.count, Int(PIPE_BUF))) }
        if count > 0 { sent += count }
      }
    }
  }

  /// Sends a few bytes without reading anything.
  func sendOnly(_ bytes: [UInt8]) throws {
    guard write(input, bytes, bytes.count) == bytes.count else { throw Trouble("\(name) took no more input") }
  }

  /// Sends lines with LF behind each.
  func send(_ lines: String...) throws { try send(lines.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] }) }

  /// Sends bytes until it takes no more for a while, without reading any answer; returns how many it took.
  func sendUntilHeldBack(_ piece: [UInt8], atMost limit: Int) -> Int {
    var sent = 0
    while sent < limit {
      var target = pollfd(fd: input, events: Int16(POLLOUT), revents: 0)
      guard poll(&target, 1, 500) > 0 else { break }
      let offset = sent % piece.count
      let count = piece[offset...].withUnsafeBytes { write(input, $0.baseAddress, min($0.count, Int(PIPE_BUF))) }
      if count > 0 { sent += count }
    }
    return sent
  }

  /// Ends its input.
  func closeInput() {
    guard input >= 0 else { return }
    shutdown(input, Int32(SHUT_WR))
    close(input)
    input = -1
  }

  /// Closes the reading end of its log.
  func closeErrors() {
    close(errors)
    errors = -1
  }

  /// Closes the reading end of its output.
  func closeOutput() {
    close(output)
    output = -1
  }

  /// The next line of its output, without LF.
  func line() throws -> String {
    let deadline = ContinuousClock.now + Self.waitLimit
    while true {
      if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: received[..<end], as: UTF8.self)
        received.removeSubrange(...end)
        return line
      }
      try awaitReadable(output, until: deadline, "an answer")
      guard readSome(output, into: &received) else {
        throw Trouble("\(name) ended its output where an answer was expected\(stderrSoFar())")
      }
    }
  }

  /// All lines up to the end of its output; its input is closed first.
  func lines() throws -> [String] {
    let output = try wholeOutput()
    if let last = output.utf8.last, last != UInt8(ascii: "\n") { throw Trouble("the last answer has no LF") }
    return output.utf8.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }

  /// All of its output up to the end; its input is closed first.
  func wholeOutput() throws -> String {
    closeInput()
    let deadline = ContinuousClock.now + Self.wholeLimit
    repeat {
      let next = min(deadline, ContinuousClock.now + Self.waitLimit)
      try awaitReadable(output, until: next, "the end of the output")
    } while readSome(output, into: &received)
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  /// All of its log up to the end.
  func log() throws -> String {
    var bytes: [UInt8] = []
    let deadline = ContinuousClock.now + Self.waitLimit
    repeat { try awaitReadable(errors, until: deadline, "the end of the log") } while readSome(errors, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What of its log is there to be read.
  func logSoFar() -> String {
    var target = pollfd(fd: errors, events: Int16(POLLIN), revents: 0)
    var bytes: [UInt8] = []
    while errors >= 0, poll(&target, 1, 0) > 0, readSome(errors, into: &bytes) {}
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The next line of its log.
  func logLine() throws -> String { String(try log("a line of the log") { $0.last == UInt8(ascii: "\n") }.dropLast()) }

  /// The next bytes of its log, as text.
  func logText(count: Int) throws -> String { try log("some text in the log") { $0.count == count } }

  /// Its log up to where `isEnough` says so.
  private func log(_ what: String, until isEnough: ([UInt8]) -> Bool) throws -> String {
    var bytes: [UInt8] = []
    let deadline = ContinuousClock.now + Self.waitLimit
    while !isEnough(bytes) {
      try awaitReadable(errors, until: deadline, what)
      var byte: UInt8 = 0
      guard read(errors, &byte, 1) == 1 else {
        throw Trouble("the log ended: \(String(decoding: bytes, as: UTF8.self))")
      }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: Its life

  func signal(_ number: Int32) { kill(processID, number) }

  /// Its exit status, or 128 + n if signal n ended it.
  func exitStatus() throws -> Int32 {
    if let status { return status }
    let done = DispatchSemaphore(value: 0)
    let child = processID
    nonisolated(unsafe) var raw: Int32 = 0
    Thread.detachNewThread {
      waitpid(child, &raw, 0)
      done.signal()
    }
    guard done.wait(timeout: .now() + 20) == .success else { throw Trouble("\(name) did not end within 20 s") }
    let status = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + raw & 0x7F
    self.status = status
    return status
  }

  /// A number, in kB, of its `/proc/…/status`.
  func memory(_ name: String) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    guard let number = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) }) else {
      throw Trouble("/proc has no \(name)")
    }
    return number
  }

  /// The processor time it has used, in clock ticks.
  func ticks() throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
      throw Trouble("/proc has no processor time")
    }
    return user + system
  }

  // MARK: Reading

  private func awaitReadable(_ descriptor: Int32, until deadline: ContinuousClock.Instant, _ what: String) throws {
    var target = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let left = deadline - ContinuousClock.now
    guard left > .zero, poll(&target, 1, Int32(left.components.seconds * 1000) + 1) > 0 else {
      throw Trouble("\(what) did not come within \(Self.waitLimit)\(stderrSoFar())")
    }
  }

  private func stderrSoFar() -> String {
    let text = logSoFar()
    return text.isEmpty ? "" : "; its log: \(text)"
  }

  /// Appends what can be read; false at the end.
  private func readSome(_ descriptor: Int32, into bytes: inout [UInt8]) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return false }
    bytes.append(contentsOf: buffer[..<count])
    return true
  }
}

/// The system's `signal`, whose name ``ChildProcess`` needs for itself.
private func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

/// The system's `pipe`, whose name ``ChildProcess`` needs for itself.
private func makePipe(_ ends: inout [Int32]) -> Int32 { pipe(&ends) }
