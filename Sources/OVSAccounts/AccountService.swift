import OVSWire

/// Carries out the commands that concern the session and the accounts, over whatever transport the session names.
///
/// Commands are given jobs, numbers of the caller's. Each started job comes back once from ``nextCompletion(at:)``,
/// unless it was abandoned.
public final class AccountService {
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

  /// A job whose reply has not come yet.
  private struct Job {
    let operation: Command.AccountOperation
    let isChange: Bool
    /// Whether it is nothing without a session.
    let needsLogin: Bool
    let arguments: Arguments
    let session: Session
    var hasRenewed = false
    /// Nil while it waits for new tokens.
    var ticket: Int?
    /// The token it was sent with, if any.
    var token: Secret?
    /// What happened so far.
    var events: [Event] = []
  }

  /// What a reply is for.
  private enum Purpose {
    case job(Int)
    case renewal(Login, Session)
  }

  private let sandbox: any Transport
  private var jobs: [Int: Job] = [:]
  private var purposes: [Int: Purpose] = [:]
  private var lastTicket = 0
  private var completions: [Completion] = []
  private var nextCompletion = 0

  /// A service whose sessions start on `sandbox`.
  public init(sandbox: any Transport) {
    self.sandbox = sandbox
  }

  // MARK: What the bridge asks for

  /// Starts a command with the session that it works with.
  public func start(
    _ operation: Command.SessionOperation, _ request: Request, as job: Int, in session: Session
  ) {
    do throws(Failure) {
      try check(request.command.needs, session)
      let arguments = try Arguments(request.parameters, of: request.command)
      var changed = session
      switch operation {
      case .getSession:
        return complete(job, .success(summary(of: session)))
      case .setAPIKey:
        changed.apiKey = Secret(arguments.string("api_key"))
        if changed.apiKey != session.apiKey { changed.login = nil }
      case .setSecretKey:
        changed.secretKey = Secret(arguments.string("secret_key"))
      case .setAPIDomain:
        if let domain = APIDomain(arguments.string("api_domain")) { changed.backend = .amapi(domain) }
        if changed.backend != session.backend { changed.login = nil }
      case .logout:
        changed.login = nil
      }
      complete(job, .success(.null), session: changed)
    } catch {
      complete(job, .failure(error))
    }
  }

  /// Starts a command with the session that it works with.
  public func start(
    _ operation: Command.AccountOperation, _ request: Request, as job: Int, in session: Session, at now: Duration
  ) {
    do throws(Failure) {
      try check(request.command.needs, session)
      let arguments = try Arguments(request.parameters, of: request.command)
      let isChange = request.command.effect == .accountChange
      guard transport(of: session) != nil else {
        throw Failure(
          .network, outcome: isChange ? .notSent : nil,
          "this version can't reach a real service yet, and nothing was sent; without an API domain it runs the sandbox"
        )
      }
      jobs[job] = Job(
        operation: operation, isChange: isChange, needsLogin: request.command.needs == .login, arguments: arguments,
        session: session)
      send(job, at: now)
    } catch {
      complete(job, .failure(error), events: error.code == .notLoggedIn ? session.login?.endEvents() ?? [] : [])
    }
  }

  /// How the next job ended; nil when none has since.
  public func nextCompletion(at now: Duration) -> Completion? {
    while nextCompletion == completions.count {
      completions.removeAll(keepingCapacity: true)
      nextCompletion = 0
      guard let (ticket, reply) = sandbox.receive(at: now) else { return nil }
      received(reply, for: ticket, at: now)
    }
    defer { nextCompletion += 1 }
    return completions[nextCompletion]
  }

  /// When ``nextCompletion(at:)`` is worth asking again at the latest; nil when nothing is under way.
  public var wakeTime: Duration? { sandbox.wakeTime }

  /// Gives a job up, whether it was started or not, and says what became of its request.
  public func abandon(_ job: Int) -> Failure.Outcome {
    guard let ticket = jobs.removeValue(forKey: job)?.ticket else { return .notSent }
    purposes[ticket] = nil
    return sandbox.abandon(ticket)
  }

  // MARK: Requests and replies

  private func transport(of session: Session) -> (any Transport)? {
    switch session.backend {
    case .sandbox: sandbox
    case .amapi: nil
    }
  }

  /// Sends a job's request, after new tokens if the short one is about to end.
  private func send(_ job: Int, at now: Duration) {
    guard var sent = jobs[job], let transport = transport(of: sent.session) else { return }
    let request = AccountExchange.request(sent.operation, sent.arguments, sent.session)
    if request.bearer != nil, !sent.hasRenewed, let login = sent.session.login, let tokens = login.tokens,
      tokens.shortExpiry - Tokens.renewalMargin <= transport.time(at: now).seconds
    {
      return renew(login, for: job, at: now)
    }
    let ticket = newTicket(for: .job(job))
    sent.ticket = ticket
    sent.token = request.bearer.map(Secret.init)
    jobs[job] = sent
    if let reply = transport.send(request, as: ticket, at: now) { received(reply, for: ticket, at: now) }
  }

  /// Has a login's tokens renewed, once for all jobs that want it.
  private func renew(_ login: Login, for job: Int, at now: Duration) {
    guard var waiting = jobs[job], let transport = transport(of: waiting.session) else { return }
    waiting.hasRenewed = true
    waiting.ticket = nil
    jobs[job] = waiting
    login.waiting = (login.waiting ?? []) + [job]
    guard login.waiting == [job] else { return }
    let ticket = newTicket(for: .renewal(login, waiting.session))
    let request = AccountExchange.renewal(of: login, waiting.session)
    if let reply = transport.send(request, as: ticket, at: now) { received(reply, for: ticket, at: now) }
  }

  private func newTicket(for purpose: Purpose) -> Int {
    lastTicket += 1
    purposes[lastTicket] = purpose
    return lastTicket
  }

  private func received(_ reply: AMAPIReply, for ticket: Int, at now: Duration) {
    switch purposes.removeValue(forKey: ticket) {
    case .job(let job): answered(job, reply, at: now)
    case .renewal(let login, let session): renewed(login, session, reply, at: now)
    case nil: break
    }
  }

  private func answered(_ number: Int, _ reply: AMAPIReply, at now: Duration) {
    guard let job = jobs[number], let transport = transport(of: job.session) else { return }
    let login = job.session.login
    guard reply.isSuccess else {
      // A refused token means that nothing was done, so that even a change may be sent again.
      if reply.isTokenRefusal, job.token != nil, !job.hasRenewed, let login {
        if login.tokens?.short == job.token { return renew(login, for: number, at: now) }
        if login.tokens != nil { return send(number, at: now) }
        return goOnLoggedOut(number, at: now)
      }
      let secrets = job.session.secrets + [job.token?.value, job.arguments["password"]?.string].compactMap(\.self)
      return complete(number, .failure(reply.failure(ofChange: job.isChange, hiding: secrets)))
    }
    let tokens = AccountExchange.tokens(in: reply, at: transport.time(at: now))
    var session: Session?
    if job.operation == .login {
      guard let tokens else {
        return complete(number, .failure(Failure(.backend, "the service's answer to the login holds no tokens")))
      }
      session = job.session
      session?.login = Login(email: job.arguments.string("email"), tokens: tokens)
    } else if let tokens, job.token != nil, login?.tokens != nil {
      login?.tokens = tokens
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

  private func renewed(_ login: Login, _ session: Session, _ reply: AMAPIReply, at now: Duration) {
    let waiting = (login.waiting ?? []).filter { jobs[$0] != nil }
    login.waiting = nil
    guard let transport = transport(of: session) else { return }
    if reply.isSuccess, let tokens = AccountExchange.tokens(in: reply, at: transport.time(at: now)) {
      login.tokens = tokens
      for job in waiting { send(job, at: now) }
      return
    }
    login.tokens = nil
    for job in waiting {
      jobs[job]?.events += login.endEvents()
      goOnLoggedOut(job, at: now)
    }
  }

  /// Goes on with a job whose session has ended under it: without its token where a session isn't needed.
  private func goOnLoggedOut(_ job: Int, at now: Duration) {
    if jobs[job]?.needsLogin ?? true {
      complete(job, .failure(Self.notLoggedIn))
    } else {
      send(job, at: now)
    }
  }

  private func complete(
    _ job: Int, _ result: Result<JSONValue, Failure>, session: Session? = nil, events: [Event] = []
  ) {
    let before = jobs.removeValue(forKey: job)?.events ?? []
    completions.append(Completion(job: job, result: result, session: session, events: before + events))
  }

  // MARK: The session

  private static let notLoggedIn = Failure(
    .notLoggedIn, "the session has ended; log in again with OVS_CMD_LOGIN")

  private func check(_ needs: Command.Needs, _ session: Session) throws(Failure) {
    switch needs {
    case .nothing: return
    case .key, .login:
      guard session.apiKey != nil else {
        throw Failure(.apiKeyNotSet, "set the API key first, with OVS_CMD_SET_API_KEY or OVS_API_KEY")
      }
      guard needs == .key || session.liveLogin != nil else {
        throw Failure(.notLoggedIn, "log in first, with OVS_CMD_LOGIN")
      }
    }
  }

  private func summary(of session: Session) -> JSONValue {
    let login = session.liveLogin
    let domain: String? =
      switch session.backend {
      case .sandbox: nil
      case .amapi(let domain): domain.description
      }
    return .object([
      .init("backend", .string(session.backend.name)),
      .init("api_domain", .string(orNull: domain)),
      .init("api_key_set", .bool(session.apiKey != nil)),
      .init("logged_in", .bool(login != nil)),
      .init("email", .string(orNull: login?.email)),
      .init("expires_at", .string(orNull: login?.tokens.map { UTCTime(seconds: $0.shortExpiry).description })),
    ])
  }
}

extension AMAPIReply.Mail {
  fileprivate var event: Event {
    Event(
      .sandboxMail,
      [.init("to", .string(to)), .init("subject", .string(subject)), .init("password", .string(password))])
  }
}
