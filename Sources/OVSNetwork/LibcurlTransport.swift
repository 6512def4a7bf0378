import CCurl
import OVSAccounts
import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Carries requests to the vendor's service with libcurl's multi interface, without a thread of its own.
///
/// It is safe by default and can't be made otherwise: TLS 1.2 or later, certificate and host name verified, no
/// redirect followed, no cookie, no `.netrc`; plain HTTP is for loopback, see `APIDomain`. Connections are kept and
/// used again, HTTP/2 is spoken where it is offered (but for changes, see ``Transfer``), and proxies come from the
/// usual environment variables.
public final class LibcurlTransport: NetworkTransport {
  /// How it behaves.
  public struct Options {
    /// A file of CA certificates (PEM) to be trusted in place of the system's.
    public var caFile: String?
    /// How many connections are kept. Whoever sends no more requests at a time has no more connections.
    public var maxConnections = 16
    /// How long a connection may take to come about, TLS included.
    public var connectTimeout = Duration.seconds(10)
    /// Where the service's methods are.
    public var paths = AMAPIPaths()
    /// Where libcurl is; nil to have the system look for it.
    public var library: String?
    /// The `User-Agent` of the requests.
    public var userAgent = "ovs-bridge"

    /// The defaults.
    public init() {}
  }

  /// How it behaves.
  public let options: Options
  private let multi: Multi
  private let kept = KeptSockets()
  /// Few. Those that were abandoned while libcurl looked up a name are among them until it is done.
  private var transfers: [Transfer] = []
  private var idle: [Transfer] = []
  /// Requests on the HTTP/2 connection of one that was given up: it may be dead. Until they have ended, and it is
  /// closed, others get connections of their own.
  private var suspects: Set<Int> = []
  private var results = FIFO<(ticket: Int, result: Result<AMAPIReply, TransportFailure>)>()
  /// No request is overdue before this; nil while none can be.
  private var earliestDueTime: Duration?
  private var document = JSONDocument()

  /// Loads libcurl.
  ///
  /// - Throws: what is missing, if it can't be loaded.
  public init(_ options: Options) throws(TransportFailure) {
    try Libcurl.load(options.library)
    guard let multi = Multi(maxConnections: options.maxConnections) else { throw Self.outOfMemory }
    self.options = options
    self.multi = multi
  }

  deinit {
    // Taking a request out waits for the look-up of its name. That is left to the end of the process.
    guard !transfers.contains(where: { $0.mayBeLookingUp(after: multi.runs) }) else {
      _ = Unmanaged.passRetained(multi)
      for transfer in transfers { _ = Unmanaged.passRetained(transfer) }
      return
    }
    for transfer in transfers { multi.remove(transfer.easy) }
  }

  // MARK: Transport

  /// The real time.
  public func time(at now: Duration) -> UTCTime { .now }

  /// Starts a request; its answer comes from ``receive(at:)``.
  public func send(
    _ request: AMAPIRequest, as ticket: Int, within limit: Duration?, at now: Duration
  ) -> AMAPIReply? {
    guard let domain = request.domain, let transfer = idle.popLast() ?? Transfer(options, kept) else {
      return fail(ticket, Self.outOfMemory)
    }
    guard !isStuck(domain) else {
      idle.append(transfer)
      return fail(
        ticket,
        TransportFailure(.noConnection, wasSent: false, "\(domain) can't be reached: its name is still being looked up")
      )
    }
    let isPrepared = transfer.prepare(
      request, to: domain, as: ticket, isAlone: !suspects.isEmpty && !request.method.endpoint.isChange,
      after: multi.runs, connectBy: now + options.connectTimeout, answerBy: limit.map { now + $0 })
    guard isPrepared, multi.add(transfer.easy, at: now) else {
      transfer.clear()
      return fail(ticket, Self.outOfMemory)
    }
    transfers.append(transfer)
    earliestDueTime = earlier(earliestDueTime, transfer.dueTime)
    return nil
  }

  private func fail(_ ticket: Int, _ failure: TransportFailure) -> AMAPIReply? {
    results.append((ticket, .failure(failure)))
    return nil
  }

  /// Whether so many look-ups of this name have been given up and still go on that no more are started: each has a
  /// thread.
  private func isStuck(_ domain: APIDomain) -> Bool {
    guard transfers.count >= options.maxConnections else { return false }
    let host = domain.description
    return transfers.count { $0.isAbandoned && $0.host == host } >= options.maxConnections
  }

  /// What has become of a request.
  public func receive(at now: Duration) -> (ticket: Int, result: Result<AMAPIReply, TransportFailure>)? {
    if results.isEmpty { takeDone(at: now) }
    if results.isEmpty { endOverdue(at: now) }
    return results.removeFirst()
  }

  /// When a request may be overdue, or libcurl wants to go on.
  public var wakeTime: Duration? {
    guard results.isEmpty, !multi.mayHaveDone else { return .zero }
    return earlier(earliestDueTime, multi.wakeTime)
  }

  private func endOverdue(at now: Duration) {
    guard let earliest = earliestDueTime, earliest <= now else { return }
    for transfer in transfers where transfer.dueTime ?? .seconds(Int64.max) <= now {
      guard let failure = transfer.overdue(at: now) else { continue }
      results.append((transfer.ticket, .failure(failure)))
      giveUp(transfer)
    }
    earliestDueTime = transfers.lazy.compactMap(\.dueTime).min()
  }

  /// Closes the request's connection; what was sent on it can't be called back.
  ///
  /// Taking a request out of libcurl waits for the look-up of its name, if one is under way. So it is left in there,
  /// where it gets no connection once the name is known.
  public func abandon(_ ticket: Int) -> Failure.Outcome {
    guard let transfer = transfers.first(where: { $0.ticket == ticket }) else { return .unknown }
    let outcome: Failure.Outcome = transfer.wasSent ? .unknown : .notSent
    giveUp(transfer)
    return outcome
  }

  private func giveUp(_ transfer: Transfer) {
    suspects.remove(transfer.ticket)
    guard !transfer.mayBeLookingUp(after: multi.runs) else { return transfer.abandon() }
    forget(transfer)
    suspects.formUnion(transfers.filter { $0.shares(transfer) }.map(\.ticket))
    transfer.giveUpConnection()
    release(transfer)
  }

  // MARK: NetworkTransport

  /// Has libcurl do what is due, above all send what was added.
  public func addTargets(to targets: inout [pollfd], at now: Duration) {
    multi.takeTimer(at: now)
    takeDone(at: now)
    targets += multi.targets
  }

  /// Has libcurl go on with what can go on.
  public func take(_ targets: Span<pollfd>, at now: Duration) {
    for index in targets.indices where targets[index].revents != 0 { multi.take(targets[index], at: now) }
  }

  // MARK: Transfers

  private static let outOfMemory = TransportFailure(.lost, wasSent: false, "libcurl has no memory for a request")

  private func takeDone(at now: Duration) {
    while let (easy, code) = multi.nextDone() {
      guard let pointer = ccurl_easy_pointer(easy, CCURLINFO_PRIVATE) else { continue }
      let transfer = Unmanaged<Transfer>.fromOpaque(pointer).takeUnretainedValue()
      if transfer.wasRefused, !transfer.isAbandoned {
        multi.remove(easy)
        transfer.startOver(after: multi.runs)
        if multi.add(easy, at: now) { continue }
      }
      forget(transfer)
      suspects.remove(transfer.ticket)
      if !transfer.isAbandoned {
        results.append(
          (
            transfer.ticket,
            code == 0 ? .success(transfer.reply(body: json(transfer.body))) : .failure(transfer.failure(code))
          ))
      }
      release(transfer)
    }
  }

  /// The JSON of an answer; null where it is none, or says a thing twice. A byte order mark is skipped (RFC 8259,
  /// section 8.1).
  private func json(_ bytes: [UInt8]) -> JSONValue {
    do {
      let mark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
      try document.parse(bytes.span.extracting(droppingFirst: mark))
      return document.duplicate(in: document.root) == nil ? document.value(of: document.root) : .null
    } catch {
      return .null
    }
  }

  private func forget(_ transfer: Transfer) {
    guard let index = transfers.firstIndex(where: { $0 === transfer }) else { return }
    transfers.swapAt(index, transfers.count - 1)
    transfers.removeLast()
    if transfers.isEmpty { earliestDueTime = nil }
  }

  private func release(_ transfer: Transfer) {
    multi.remove(transfer.easy)
    transfer.clear()
    if idle.count < options.maxConnections { idle.append(transfer) }
  }
}
