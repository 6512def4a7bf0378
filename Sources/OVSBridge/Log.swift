import OVSAccounts
import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The log on stderr, a line an entry.
///
/// An entry never holds the data of a command. One that stderr can't take at once is dropped, and the next that can be
/// written says how many were: whoever doesn't read the log never delays an answer.
public final class Log {
  /// How much an entry matters; a log holds those of its level and of the levels before.
  public enum Level: String, CaseIterable, Comparable, Sendable {
    case error
    case warning
    case info
    case debug

    /// Whether `a` matters more than `b`.
    public static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }

    private var rank: Int {
      switch self {
      case .error: 0
      case .warning: 1
      case .info: 2
      case .debug: 3
      }
    }
  }

  /// How an entry is written.
  public enum Format: String, CaseIterable, Sendable {
    /// `ovs-bridge: warning: …`
    case text
    /// `{"time":…,"level":"warning","message":…}`
    case json
  }

  private let level: Level
  private let format: Format
  private let descriptor: Int32
  private var dropped = 0

  /// A log on `descriptor`.
  public init(level: Level, format: Format, descriptor: Int32 = STDERR_FILENO) {
    self.level = level
    self.format = format
    self.descriptor = Descriptors.nonBlockingTerminal(descriptor) ?? descriptor
  }

  /// Something that ends the process or loses something.
  public func error(_ message: @autoclosure () -> String) { entry(.error, message) }

  /// Something that its user should know.
  public func warning(_ message: @autoclosure () -> String) { entry(.warning, message) }

  /// Something in the life of the process.
  public func info(_ message: @autoclosure () -> String) { entry(.info, message) }

  /// The way of each command, by its number in the order of arrival.
  public func debug(_ message: @autoclosure () -> String) { entry(.debug, message) }

  private func entry(_ level: Level, _ message: () -> String) {
    guard level <= self.level else { return }
    guard canWrite else {
      dropped += 1
      return
    }
    if dropped > 0 {
      let count = dropped
      dropped = 0
      put(.warning, "\(count) log entries before this one were dropped, because stderr was not read")
      guard canWrite else {
        dropped = 1
        return
      }
    }
    put(level, message())
  }

  /// Whether a piece of PIPE_BUF bytes can be written without waiting.
  private var canWrite: Bool {
    var target = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&target, 1, 0) == 1 && target.revents & Int16(POLLOUT) != 0
  }

  private func put(_ level: Level, _ message: String) {
    var line = JSONWriter()
    switch format {
    case .text:
      line.bytes.append(contentsOf: Array("ovs-bridge: \(level.rawValue): \(message)".utf8))
    case .json:
      line.object([
        .init("time", .string(UTCTime.now.description)), .init("level", .string(level.rawValue)),
        .init("message", .string(message)),
      ])
    }
    line.raw("\n")
    _ = line.bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, min($0.count, Int(PIPE_BUF))) }
  }
}
