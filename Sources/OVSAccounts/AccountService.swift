import OVSWire

/// Carries out the commands that ask the account service, over whatever transport the session names.
///
/// Commands are given jobs, numbers of the caller's. Each started job comes back once from ``nextCompletion(at:)``,
/// unless it was abandoned.
public struct AccountService: ~Copyable {
  /// How a job ended.
  public struct Completion {
    /// The job.
    public let job: Int
    /// The answer's data, or why there is none.
    public let result: Result<JSONValue, Failure>
    /// The session from here on, if the job changed it.
    public let session: Session?
    /// What happened on the way; to be told before the answer.
    public let events: [Event]
  }

  /// What a started job has to wait for before it is sent.
  public struct Turn: Equatable, Sendable {
    /// It adds a client, of which the service takes only so many in a time.
    public let addsClient: Bool
    /// It takes one of the connections, of which there are only so many.
    public let usesConnection: Bool

    /// A turn.
    public init(addsClient: Bool, usesConnection: Bool) {
      self.addsClient = addsClient
      self.usesConnection = usesConnection
    }
  }

  /// A job that has not ended.
  private final class Job {
    let command: Command
    let operation: Command.AccountOperation
    let arguments: Arguments
    let session: Session
    /// When it is given up at the latest; nil until it is sent.
    var deadline: Duration?
    var hasRenewed = false
    /// Nil while no request of its own is on the way.
    var ticket: Int?
    /// The token it was sent with, if any.
    var token: Secret?
    /// What happened so far.
    var events: [Event] = []

    init(_ command: Command, _ operation: Command.AccountOperation, _ arguments: Arguments, _ session: Session) {
      self.command = command
      self.operation = operation
      self.arguments = arguments
      self.session = session
    }

    var isChange: Bool { command.effect == .accountChange }

    /// All that its answer must not tell.
    var secrets: [String] {
      session.secrets + [token?.value, arguments.text("password")].compactMap(\.self)
    }
  }

  /// A request on its way, or about to be sent again.
  private struct Errand {
    enum Purpose {
      case job(Int)
      /// New tokens, by a time.
      case renewal(Login, Session, deadline: Duration)
    }

    let purpose: Purpose
    /// How often it was sent.
    var attempt = 1
  }

  private let sandbox: any Transport
  private let makeNetwork: () throws(TransportFailure) -> any NetworkTransport
  /// Takes what there is to know of the way of a request, and asks for it only if it wants to know.
  private let tell: (() -> String) -> Void
  /// How long a renewal of tokens may take, whose waiting commands have their own limits.
  private let renewalLimit: Duration
  /// Made when it is first needed.
  public private(set) var network: (any NetworkTransport)?

  private var jobs = Slots<Job>()
  private var errands: [Int: Errand] = [:]
  private var delayed: [(due: Duration, errand: Errand)] = []
  private var lastTicket = 0
  private var completions = FIFO<Completion>()

  /// A service whose sessions start on `sandbox`, and for those with a domain makes a network transport once.
  ///
  /// - Parameters:
  ///   - sandbox: the account service inside the process.
  ///   - renewalLimit: how long a renewal of tokens may take.
  ///   - tell: takes what there is to know of the way of a request; never holds anything of the request or its answer.
  ///   - makeNetwork: makes what carries requests to a real service.
  public init(
    sandbox: any Transport, renewalLimit: Duration = .seconds(30), tell: @escaping (() -> String) -> Void = { _ in },
    network makeNetwork: @escaping () throws(TransportFailure) -> any NetworkTransport
  ) {
    self.sandbox = sandbox
    self.renewalLimit = renewalLimit
    self.tell = tell
    self.makeNetwork = makeNetwork
  }

  // MARK: What the bridge asks for

  /// Starts a command with the session that it works with.
  ///
  /// - Returns: what it has to wait for before ``send(_:by:at:)``; nil if it has ended already.
  public mutating func start(
    _ operation: Command.AccountOperation, _ request: Request, as job: Int, in session: Session
  ) -> Turn? {
    do throws(Failure) {
      try SessionCommands.check(request.command.needs, session)
      let arguments = try Arguments(request.parameters)
      jobs.insert(Job(request.command, operation, arguments, session), as: job)
      return Turn(addsClient: operation == .addClient, usesConnection: session.backend.domain != nil)
    } catch {
      complete(job, .failure(error), events: error.code == .notLoggedIn ? session.login?.endEvents() ?? [] : [])
      return nil
    }
  }

  /// Sends the request of a started job. Whoever asks abandons it at the deadline.
  public mutating func send(_ job: Int, by deadline: Duration, at now: Duration) {
    jobs[job]?.deadline = deadline
    send(job, attempt: 1, at: now)
  }

  /// How the next job ended; nil when none has since.
  public mutating func nextCompletion(at now: Duration) -> Completion? {
    while completions.isEmpty {
      if !delayed.isEmpty { sendDelayed(at: now) }
      guard completions.isEmpty else { break }
      guard let (ticket, result) = sandbox.receive(at: now) ?? network?.receive(at: now) else { return nil }
      if let errand = errands.removeValue(forKey: ticket) { received(result, for: errand, at: now) }
    }
    return completions.removeFirst()
  }

  /// When ``nextCompletion(at:)`` is worth asking again at the latest; nil when that doesn't depend on time.
  public var wakeTime: Duration? {
    earlier(earlier(sandbox.wakeTime, network?.wakeTime), delayed.lazy.map(\.due).min())
  }

  /// Gives a job up, whether it was sent or not, and says what became of its request.
  public mutating func abandon(_ number: Int) -> Failure.Outcome {
    guard let job = jobs.remove(number), let ticket = job.ticket else { return .notSent }
    errands[ticket] = nil
    return openTransport(of: job.session)?.abandon(ticket) ?? .notSent
  }

  // MARK: Requests

  private mutating func transport(of session: Session) throws(TransportFailure) -> any Transport {
    guard session.backend.domain != nil else { return sandbox }
    if let network { return network }
    let made = try makeNetwork()
    network = made
    return made
  }

  /// The transport that a request of this session went out on.
  private func openTransport(of session: Session) -> (any Transport)? {
    session.backend.domain == nil ? sandbox : network
  }

  /// Sends again what has waited for it.
  private mutating func sendDelayed(at now: Duration) {
    while let index = delayed.firstIndex(where: { $0.due <= now }) {
      let errand = delayed.remove(at: index).errand
      switch errand.purpose {
      case .job(let job): send(job, attempt: errand.attempt, at: now)
      case .renewal(let login, _, _):
        if login.waiting?.contains(where: { jobs[$0] != nil }) ?? false {
          renew(errand, at: now)
        } else {
          // Nobody waits for it any more, and nothing is on its way.
          login.waiting = nil
        }
      }
    }
  }

  /// Sends a job's request, after new tokens if the short one is about to end.
  ///
  /// Where the session has ended under the job, as it may have while the job waited for its turn, the request goes
  /// without its token, or not at all if the command needs a session.
  private mutating func send(_ number: Int, attempt: Int, at now: Duration) {
    guard let job = jobs[number] else { return }
    if let login = job.session.login, login.tokens == nil {
      job.events += login.endEvents()
      guard job.command.needs != .login else {
        let failure = Failure(.notLoggedIn, "the session has ended; log in again with OVS_CMD_LOGIN")
        return complete(number, .failure(failure))
      }
    }
    do throws(TransportFailure) {
      let transport = try transport(of: job.session)
      let request = AccountExchange.request(job.operation, job.arguments, job.session)
      if request.bearer != nil, !job.hasRenewed, let login = job.session.login, let tokens = login.tokens,
        tokens.shortExpiry - Tokens.renewalMargin <= transport.time(at: now).seconds
      {
        return renew(login, for: number, at: now)
      }
      job.ticket = lastTicket + 1
      job.token = request.bearer.map(Secret.init)
      send(request, Errand(purpose: .job(number), attempt: attempt), over: transport, within: nil, at: now)
    } catch {
      complete(number, .failure(error.failure(ofChange: job.isChange)))
    }
  }

  /// Has a login's tokens renewed, once for all jobs that want it.
  private mutating func renew(_ login: Login, for number: Int, at now: Duration) {
    guard let job = jobs[number] else { return }
    job.hasRenewed = true
    job.ticket = nil
    login.waiting = (login.waiting ?? []) + [number]
    guard login.waiting == [number] else { return }
    renew(Errand(purpose: .renewal(login, job.session, deadline: now + renewalLimit)), at: now)
  }

  private mutating func renew(_ errand: Errand, at now: Duration) {
    guard case .renewal(let login, let session, let deadline) = errand.purpose,
      let transport = openTransport(of: session)
    else { return }
    let request = AccountExchange.renewal(of: login, session)
    send(request, errand, over: transport, within: deadline - now, at: now)
  }

  /// Sends a request under the next ticket.
  private mutating func send(
    _ request: AMAPIRequest, _ errand: Errand, over transport: any Transport, within limit: Duration?, at now: Duration
  ) {
    lastTicket += 1
    if let reply = transport.send(request, as: lastTicket, within: limit, at: now) {
      received(.success(reply), for: errand, at: now)
    } else {
      errands[lastTicket] = errand
    }
  }

  // MARK: Replies

  private mutating func received(
    _ result: Result<AMAPIReply, TransportFailure>, for errand: Errand, at now: Duration
  ) {
    tell { self.fate(of: errand, result) }
    if sendsAgain(errand, after: result, at: now) { return }
    switch errand.purpose {
    case .job(let job): answered(job, result, at: now)
    case .renewal(let login, let session, _): renewed(login, session, result, at: now)
    }
  }

  /// Has a request sent again later, if that is worth it and allowed, and there is time.
  private mutating func sendsAgain(
    _ errand: Errand, after result: Result<AMAPIReply, TransportFailure>, at now: Duration
  ) -> Bool {
    let (isChange, deadline): (Bool, Duration?) =
      switch errand.purpose {
      case .job(let job): (jobs[job]?.isChange ?? true, jobs[job]?.deadline)
      case .renewal(_, _, let deadline): (false, deadline)
      }
    guard let wait = RetryPolicy.wait(after: result, attempt: errand.attempt, isChange: isChange),
      let deadline, now + wait < deadline
    else { return false }
    if case .job(let job) = errand.purpose { jobs[job]?.ticket = nil }
    var next = errand
    next.attempt += 1
    delayed.append((now + wait, next))
    tell { "\(self.name(of: errand)) will be sent again in \(wait.milliseconds) ms" }
    return true
  }

  private func name(of errand: Errand) -> String {
    switch errand.purpose {
    case .job(let number):
      let method = jobs[number].map { AccountExchange.method(of: $0.operation).rawValue }
      return "command \(number): \(method ?? "its request")"
    case .renewal: return "the session: \(AMAPIRequest.Method.tokenRefresh.rawValue)"
    }
  }

  private func fate(of errand: Errand, _ result: Result<AMAPIReply, TransportFailure>) -> String {
    switch result {
    case .success(let reply): "\(name(of: errand)) was answered with status \(reply.status)"
    case .failure(let failure): "\(name(of: errand)) got no answer: \(failure.reason)"
    }
  }

  private mutating func answered(_ number: Int, _ result: Result<AMAPIReply, TransportFailure>, at now: Duration) {
    guard let job = jobs[number], let transport = openTransport(of: job.session) else { return }
    let reply: AMAPIReply
    switch result {
    case .failure(let failure):
      return complete(number, .failure(failure.failure(ofChange: job.isChange)))
    case .success(let success): reply = success
    }
    let login = job.session.login
    guard reply.isSuccess else {
      // A refused token means that nothing was done, so that even a change may be sent again.
      let method = AccountExchange.method(of: job.operation)
      if reply.isTokenRefusal(of: method), job.token != nil, !job.hasRenewed, let login {
        if login.tokens?.short == job.token { return renew(login, for: number, at: now) }
        return send(number, attempt: 1, at: now)
      }
      return complete(number, .failure(reply.failure(of: method, hiding: job.secrets)))
    }
    var session: Session?
    if job.operation == .login {
      guard let tokens = AccountExchange.tokens(in: reply, at: transport.time(at: now)) else {
        return complete(
          number,
          .failure(
            Failure(
              .backend,
              "the service's answer to the login holds no tokens; it may give them to whitelisted addresses only")))
      }
      session = job.session
      session?.login = Login(email: job.arguments.string("email"), tokens: tokens)
    } else if job.token != nil, let login, login.tokens != nil,
      let tokens = AccountExchange.tokens(in: reply, at: transport.time(at: now))
    {
      login.tokens = tokens
    }
    let events = reply.mail.map { [$0.event] } ?? []
    do throws(Failure) {
      let data = try AccountExchange.data(job.operation, job.arguments, reply)
      complete(number, .success(data), session: session, events: events)
    } catch {
      let failure = Failure(error.code, outcome: job.isChange ? .unknown : nil, error.message)
      complete(number, .failure(failure), events: events)
    }
  }

  private mutating func renewed(
    _ login: Login, _ session: Session, _ result: Result<AMAPIReply, TransportFailure>, at now: Duration
  ) {
    let waiting = (login.waiting ?? []).filter { jobs[$0] != nil }
    login.waiting = nil
    guard let transport = openTransport(of: session) else { return }
    switch result {
    case .success(let reply) where reply.isSuccess:
      if let tokens = AccountExchange.tokens(in: reply, at: transport.time(at: now)) {
        login.tokens = tokens
        for job in waiting { send(job, attempt: 1, at: now) }
      } else {
        expire(login, waiting, at: now)
      }
    case .success(let reply) where reply.isEndOfSession:
      expire(login, waiting, at: now)
    // The service could not be asked, so that the session may go on; these commands can't.
    case .success(let reply):
      fail(waiting) { reply.failure(of: .tokenRefresh, hiding: $0) }
    case .failure(let failure):
      fail(waiting) { _ in failure.failure(ofChange: false) }
    }
  }

  /// Ends a session whose tokens can't be renewed.
  private mutating func expire(_ login: Login, _ waiting: [Int], at now: Duration) {
    login.tokens = nil
    for job in waiting { send(job, attempt: 1, at: now) }
  }

  /// Ends jobs that have not been sent because there are no new tokens for now.
  private mutating func fail(_ waiting: [Int], because failure: ([String]) -> Failure) {
    for number in waiting {
      guard let job = jobs[number] else { continue }
      var reason = failure(job.secrets)
      reason.message = "the session's token could not be renewed: \(reason.message)"
      if job.isChange { reason.details.insert(Failure.Outcome.notSent.detail, at: 0) }
      complete(number, .failure(reason))
    }
  }

  private mutating func complete(
    _ job: Int, _ result: Result<JSONValue, Failure>, session: Session? = nil, events: [Event] = []
  ) {
    var all = events
    if let before = jobs.remove(job)?.events, !before.isEmpty { all = before + events }
    completions.append(Completion(job: job, result: result, session: session, events: all))
  }
}

extension AMAPIReply.Mail {
  fileprivate var event: Event {
    Event(
      .sandboxMail,
      [.init("to", .string(to)), .init("subject", .string(subject)), .init("password", .string(password))])
  }
}
