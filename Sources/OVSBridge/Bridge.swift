import OVSAccounts
import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Why a process can't start, in words for its user.
public struct StartFailure: Error {
  /// What is missing.
  public let reason: String
}

/// The process: one loop on one thread that waits for input, output, signals and time in one call, and owns everything.
///
/// Input is held back while as many commands are in flight as may be, or while answers are not taken: the pipe then
/// holds the sender back, and memory stays bounded.
public struct Bridge: ~Copyable {
  /// How a bridge ends, as an exit status.
  public enum Exit: Equatable, Sendable {
    /// All was answered.
    case done
    /// Standard output can't be written to: EX_IOERR of sysexits.h.
    case outputClosed
    /// A second signal of this number.
    case signal(Int32)

    /// The status for the parent.
    public var status: Int32 {
      switch self {
      case .done: 0
      case .outputClosed: 74
      case .signal(let number): 128 + number
      }
    }
  }

  /// Above this many bytes that the reader has not taken, input is held back.
  private static let backlogLimit = 256 * 1024
  private static let readSize = 64 * 1024
  /// How long answers may wait for a reader once the process should have ended.
  private static let flushGrace = Duration.seconds(1)

  private let configuration: Configuration
  private let log: Log
  private let signals: Signals
  private var dispatcher: Dispatcher
  private var parent: ParentWatch?
  private var reader: EnvelopeReader
  /// What reads the lines in its place where the commands are tools.
  private var toolReader: ModelContext.Reader?
  private var splitter: LineSplitter
  /// Whether the splitter may have lines that there was no room for.
  private var hasLines = false
  /// Nil once it has ended.
  private var input: Int32?
  private var output: Output
  private let hasOutput: Bool
  private let buffer: UnsafeMutableBufferPointer<UInt8>
  /// What is waited for; kept for its memory.
  private var targets: [pollfd] = []
  private let start = monotonicTime()
  /// When everything is done at the latest: set by a signal or the parent's end, and once all that was taken is done.
  private var endDeadline: Duration?
  private var signalCount = 0

  /// Takes the process's standard descriptors over.
  ///
  /// - Throws: why the process can't start.
  public init(_ configuration: Configuration) throws(StartFailure) {
    // First of all: what opens a descriptor before might be given a standard one's number.
    let descriptors = try Descriptors()
    try self.init(
      configuration, input: descriptors.input, output: Output(descriptors.output ?? -1),
      hasOutput: descriptors.output != nil)
  }

  /// A bridge within the process, which leaves the standard descriptors to it: carries out the lines that stand in
  /// `input`, and hands each line that it has to say to `take`, as soon as it has it, without the line's end.
  ///
  /// Lines may hold passwords: those of `input` are wiped once they are read, those handed out when `take` returns.
  ///
  /// - Throws: why it can't start.
  public init(
    _ configuration: Configuration, input: consuming JSONWriter, take: @escaping (Span<UInt8>) -> Void
  ) throws(StartFailure) {
    Descriptors.openClosed()
    try self.init(configuration, input: nil, output: Output(take), hasOutput: true)
    input.bytes.withUnsafeBytes { splitter.append($0.assumingMemoryBound(to: UInt8.self).span) }
  }

  private init(
    _ configuration: Configuration, input: Int32?, output: consuming Output, hasOutput: Bool
  ) throws(StartFailure) {
    let signals = try Signals()
    let log = Log(level: configuration.logLevel, format: configuration.logFormat)
    let sandbox = try Self.sandbox(configuration, log)
    // What is allocated from here on, the deinitializer gives back.
    buffer = .allocate(capacity: Self.readSize)
    self.signals = signals
    self.log = log
    self.configuration = configuration
    dispatcher = Dispatcher(configuration, sandbox: sandbox, log: log)
    parent = configuration.parentProcessID.map(ParentWatch.init)
    reader = EnvelopeReader(table: configuration.table)
    toolReader = configuration.toolbox.map {
      ModelContext.Reader($0, subscriptionLimit: configuration.maxInFlight)
    }
    splitter = LineSplitter(limit: configuration.maxLineBytes)
    self.input = input
    self.hasOutput = hasOutput
    self.output = output
  }

  deinit {
    buffer.deallocate()
  }

  /// Runs until the end of input or of the process's time.
  public mutating func run() -> Exit {
    switch configuration.session.backend {
    case .sandbox:
      let place = configuration.sandbox.file.map { "in \($0)" } ?? "in this process alone"
      log.warning("this is the sandbox: accounts live \(place), and the real service is not touched")
    case .amapi(let domain):
      if configuration.idleOptions.isEmpty {
        log.info("commands go to \(domain)")
      } else {
        let names = configuration.idleOptions.joined(separator: ", ")
        log.warning("commands go to \(domain), a real service; without effect: \(names)")
      }
    }
    guard hasOutput else { return outputClosed(EBADF) }
    if let input, isatty(input) == 1 {
      log.info(
        configuration.offersTools
          ? "the tools are for editors and agents, which start this program themselves; Ctrl-D ends it"
          : #"type a command on a line, such as {"cmd":1006}, or Ctrl-D to end; ovs-bridge --help tells more"#)
    }
    if input == nil { splitter.end() }
    while true {
      let now = now()
      dispatcher.proceed(at: now)
      takeLines(at: now)
      // Whoever has closed the input has ended the conversation, and may be surprised by more.
      if dispatcher.isDone, input != nil, let last = toolReader?.end() { dispatcher.tell(last) }
      if let exit = flush(at: now) { return exit }
      // What made room may have come after the lines had their turn.
      if hasLines, hasRoom { continue }
      if dispatcher.isDone, output.backlog == 0 {
        endAtDeadline(now + configuration.drainTimeout)
        if isRefusingOver(at: now) {
          log.debug("ended; all is answered")
          return .done
        }
      }
      if let exit = wait() { return exit }
    }
  }

  // MARK: A turn of the loop

  /// Whether input may be taken: there is room for commands and for their answers.
  private var hasRoom: Bool {
    dispatcher.hasRoom && output.backlog + dispatcher.output.bytes.count < Self.backlogLimit
  }

  private mutating func takeLines(at now: Duration) {
    hasLines = true
    while hasRoom {
      switch splitter.next() {
      case .text(let range):
        let bytes = splitter.bytes
        let text = bytes.span.extracting(range)
        dispatcher.take(toolReader?.read(text) ?? reader.read(text), at: now)
      case .tooLong(let line):
        let limit = configuration.maxLineBytes
        dispatcher.take(toolReader?.read(line, limit: limit) ?? reader.read(line, limit: limit), at: now)
      case nil:
        hasLines = false
        // All that was read by then is taken: from here on new commands are refused.
        if input == nil || endDeadline != nil { dispatcher.endInput(at: now) }
        return
      }
    }
  }

  private mutating func flush(at now: Duration) -> Exit? {
    output.take(&dispatcher.output.bytes)
    switch output.flush() {
    case .closed(let error): return outputClosed(error)
    case .blocked:
      guard let endDeadline, endDeadline + Self.flushGrace <= now else { return nil }
      log.error("stdout is not read; \(output.backlog) bytes of answers are lost")
      return .outputClosed
    case .flushed: return nil
    }
  }

  private func outputClosed(_ error: Int32) -> Exit {
    log.error("stdout can't be written to: \(String(cString: strerror(error)))")
    return .outputClosed
  }

  /// Whether nothing is left of what a sender managed to send before it could know of the end, which is refused; or the
  /// time to end is up.
  private func isRefusingOver(at now: Duration) -> Bool {
    guard let input, let endDeadline, now < endDeadline else { return true }
    return !Self.isReadable(input)
  }

  /// Waits for whatever comes first, and takes it.
  private mutating func wait() -> Exit? {
    // Nothing that came in outlasts its being taken, however long the wait.
    splitter.forgetTaken()
    reader.forget()
    toolReader?.forget()
    targets.removeAll(keepingCapacity: true)
    targets.append(pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0))
    let isReading = input != nil && hasRoom
    if isReading, let input { targets.append(pollfd(fd: input, events: Int16(POLLIN), revents: 0)) }
    if output.backlog > 0 {
      targets.append(pollfd(fd: output.descriptor, events: Int16(POLLOUT), revents: 0))
    }
    if let descriptor = parent?.descriptor {
      targets.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }
    let count = targets.count
    dispatcher.addTargets(to: &targets, at: self.now())
    let isAnyReady = poll(&targets, nfds_t(targets.count), waitMilliseconds) > 0
    let now = now()
    if isAnyReady {
      if targets.count > count { dispatcher.take(targets.span.extracting(droppingFirst: count), at: now) }
      // Input before signals: what was sent before one counts as read before it.
      if isReading, targets[1].revents != 0 { takeInput() }
      if targets[0].revents != 0, let exit = takeSignals(at: now) { return exit }
    }
    if parent?.hasEnded(at: now) ?? false { stop("the parent process has ended", at: now) }
    return nil
  }

  /// How long `poll` may wait; -1 for ever.
  private var waitMilliseconds: Int32 {
    let flushDeadline = output.backlog == 0 ? nil : endDeadline.map { $0 + Self.flushGrace }
    guard let wake = earlier(earlier(dispatcher.wakeTime, parent?.wakeTime), flushDeadline) else { return -1 }
    // Rounded up, so that the time has come when poll returns.
    let left = wake - now()
    return Int32(clamping: max(0, left.milliseconds))
  }

  private mutating func takeInput() {
    guard let input else { return }
    let count = read(input, buffer.baseAddress, buffer.count)
    if count > 0 {
      let piece = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      splitter.append(UnsafeBufferPointer(piece).span)
      wipe(UnsafeMutableRawBufferPointer(piece))
      return
    }
    if count < 0 {
      if errno == EINTR || errno == EAGAIN { return }
      log.error("stdin can't be read, which ends it: \(String(cString: strerror(errno)))")
    }
    self.input = nil
    splitter.end()
  }

  private mutating func takeSignals(at now: Duration) -> Exit? {
    while let number = signals.next() {
      signalCount += 1
      if signalCount > 1 { return .signal(number) }
      stop(number == SIGTERM ? "SIGTERM" : "SIGINT", at: now)
    }
    return nil
  }

  /// Has everything done by the drain timeout. What is read already is still taken; what comes later is refused.
  private mutating func stop(_ reason: String, at now: Duration) {
    log.info("ending: \(reason)")
    endAtDeadline(now + configuration.drainTimeout)
    dispatcher.stop(by: now + configuration.drainTimeout, at: now)
  }

  private mutating func endAtDeadline(_ deadline: Duration) {
    endDeadline = endDeadline ?? deadline
    parent?.end()
    parent = nil
  }

  // MARK: The system

  private static func sandbox(_ configuration: Configuration, _ log: Log) throws(StartFailure) -> Sandbox {
    do throws(Sandbox.Fault) {
      return try Sandbox(configuration.sandbox) { log.warning($0) }
    } catch {
      throw StartFailure(reason: error.reason)
    }
  }

  private func now() -> Duration { monotonicTime() - start }

  private static func isReadable(_ descriptor: Int32) -> Bool {
    var target = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&target, 1, 0) > 0
  }
}
