import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What carries requests to an account service: the only seam between the commands' meaning and the world.
public protocol Transport: AnyObject {
  /// The service's clock at `now`, which counts from the start of the process.
  func time(at now: Duration) -> UTCTime

  /// Starts a request under a `ticket` of the caller's. The answer comes back at once if it can be had at once, and
  /// from ``receive(at:)`` if not, after `limit` at the latest, where there is one.
  func send(_ request: AMAPIRequest, as ticket: Int, within limit: Duration?, at now: Duration) -> AMAPIReply?

  /// What has become of a request since, with its ticket; nil when there is nothing for now.
  func receive(at now: Duration) -> (ticket: Int, result: Result<AMAPIReply, TransportFailure>)?

  /// When ``receive(at:)`` is worth asking again at the latest; nil when that doesn't depend on time.
  var wakeTime: Duration? { get }

  /// Gives a request up, so that its answer does not come back, and says what became of it.
  func abandon(_ ticket: Int) -> Failure.Outcome
}

/// A transport with descriptors of its own, which a loop waits for along with its others.
public protocol NetworkTransport: Transport {
  /// Does what can be done without waiting, and then appends what is to be waited for, for `poll` (POSIX). What it waits
  /// for beside that is part of ``Transport/wakeTime`` from then on.
  func addTargets(to targets: inout [pollfd], at now: Duration)

  /// Takes what `poll` has found out about the targets of ``addTargets(to:at:)``.
  func take(_ targets: Span<pollfd>, at now: Duration)
}

/// Why a request got no answer.
public struct TransportFailure: Error, Equatable, Sendable {
  /// How it failed.
  public enum Kind: Sendable {
    /// No connection came about: the name, the route, the port, or the start of TLS.
    case noConnection
    /// The connection came about, but it can't be trusted, or the two sides have no TLS in common.
    case notTrusted
    /// The connection was lost on the way.
    case lost
    /// No answer came in time.
    case timeout
    /// What came is no answer: no HTTP, or too much.
    case noAnswer
  }

  /// How it failed.
  public let kind: Kind
  /// Whether the service may have got the whole request.
  public let wasSent: Bool
  /// What happened, in words that make a sentence; never holds anything of the request.
  public let reason: String

  /// A failure.
  public init(_ kind: Kind, wasSent: Bool, _ reason: String) {
    self.kind = kind
    self.wasSent = wasSent
    self.reason = reason
  }

  /// What it means to the caller; for a change with its outcome.
  func failure(ofChange isChange: Bool) -> Failure {
    let code: ErrorCode =
      switch kind {
      case .noConnection, .notTrusted, .lost: .network
      case .timeout: .timeout
      case .noAnswer: .backend
      }
    return Failure(code, outcome: isChange ? wasSent ? .unknown : .notSent : nil, reason)
  }
}
