import OVSWire

/// An account service inside the process, so that the bridge does its whole job on any machine: a ``SandboxService``
/// whose requests may take their time.
public final class Sandbox: Transport {
  /// How the sandbox behaves.
  public struct Options {
    /// The one API key taken; nil for any.
    public var apiKey: String?
    /// The one secret key taken; nil for any.
    public var secretKey: String?
    /// Whether the caller's address counts as whitelisted.
    public var isWhitelisted = true
    /// Where its clock starts.
    public var start = UTCTime.now
    /// How long each request takes.
    public var latency = Duration.zero
    /// The path of the file that keeps the accounts; nil for none.
    public var file: String?

    /// The sandbox as it is without options.
    public init() {}
  }

  private let latency: Duration
  private var service: SandboxService
  /// Requests on their way, in the order of their arrival and so of their answers.
  private var underway = FIFO<(due: Duration, ticket: Int, request: AMAPIRequest)>()
  /// Those of them whose answer nobody waits for.
  private var abandoned: Set<Int> = []

  /// Why a sandbox can't be had, in words for its user.
  public struct Fault: Error {
    /// What is wrong with its file.
    public let reason: String

    init(_ fault: SandboxFile.Fault, _ path: String) {
      reason = "the sandbox's file \(path) \(fault.reason)"
    }
  }

  /// A sandbox with the accounts that its file keeps; without a file, with none.
  ///
  /// - Parameters:
  ///   - options: how it behaves, its file among them.
  ///   - warn: takes what is to be told about the file.
  /// - Throws: why the file can't be used.
  public init(_ options: Options, warn: @escaping (String) -> Void = { _ in }) throws(Fault) {
    latency = options.latency
    do throws(SandboxFile.Fault) {
      service = try SandboxService(options, warn: warn)
    } catch {
      throw Fault(error, options.file ?? "")
    }
  }

  /// Looks at a file as a sandbox would read it, and makes and mends nothing.
  ///
  /// - Returns: how many accounts it keeps, and whether its last record is half written, which a sandbox would drop.
  /// - Throws: why it can't be used.
  public static func inspect(_ path: String) throws(Fault) -> (accountCount: Int, isTorn: Bool) {
    do throws(SandboxFile.Fault) {
      return try SandboxService.inspect(path)
    } catch {
      throw Fault(error, path)
    }
  }

  /// The sandbox's clock.
  public func time(at now: Duration) -> UTCTime { service.time(at: now) }

  /// Answers at once, unless requests are to take their time.
  public func send(
    _ request: AMAPIRequest, as ticket: Int, within limit: Duration?, at now: Duration
  ) -> AMAPIReply? {
    guard latency > .zero else { return service.answer(request, at: now) }
    underway.append((due: now + latency, ticket: ticket, request: request))
    return nil
  }

  /// Carries out the requests whose time has come.
  public func receive(at now: Duration) -> (ticket: Int, result: Result<AMAPIReply, TransportFailure>)? {
    while let first = underway.first, first.due <= now {
      underway.removeFirst()
      let reply = service.answer(first.request, at: first.due)
      if abandoned.remove(first.ticket) == nil { return (first.ticket, .success(reply)) }
    }
    return nil
  }

  /// When the next request's time comes.
  public var wakeTime: Duration? { underway.first?.due }

  /// As with a real service, a request on its way can't be called back.
  public func abandon(_ ticket: Int) -> Failure.Outcome {
    abandoned.insert(ticket)
    return .unknown
  }
}
