import OVSAccounts
import OVSWire

/// A login that no line asked for, and the calls of tools behind it that need it.
final class LoginAttempt {
  /// The scheduler's number of the command.
  let job: Int
  /// The call that brought it about; nil once it was taken back, after which nothing is told of it.
  private(set) weak var cause: ModelContext.Call?
  /// Why it failed, if it has.
  var failure: Failure?

  init(job: Int, cause: ModelContext.Call) {
    self.job = job
    self.cause = cause
  }

  /// What became of a call behind it: where that found nobody logged in, the login's failure says why.
  func outcome(_ result: Result<JSONValue, Failure>, of call: ModelContext.Call) -> Result<JSONValue, Failure> {
    guard let failure, case .failure(let own) = result, own.code == .notLoggedIn else { return result }
    return .failure(call.failure(ofLogin: failure))
  }
}

/// What the Model Context Protocol has that the two dialects lack.
extension Dispatcher {
  /// Tells what is no answer, a line each.
  mutating func tell(_ messages: [JSONValue]) {
    for message in messages {
      output.value(message)
      output.raw("\n")
    }
  }

  /// Takes a message that is no call of a tool.
  mutating func settle(_ settled: ModelContext.Settled, slot: Slot?, at now: Duration) {
    if let code = settled.refusal { log.debug("refused a message: \(code)") }
    tell(settled.notices)
    if let id = settled.cancelled {
      for job in scheduler.all where job.work.request.reply.id?.matches(id) ?? false {
        handle(.cancelled(job.number), at: now)
      }
    }
    put(settled.answer, in: slot)
  }

  /// Answers a message, if it is answered.
  mutating func put(_ answer: JSONValue?, in slot: Slot?) {
    guard let slot else { return tell(answer.map { [$0] } ?? []) }
    var writer = JSONWriter()
    if let answer { writer.value(answer) }
    fill(slot, with: answer == nil ? nil : writer.bytes.array)
  }

  // MARK: The login

  /// Puts a login in front of a call that needs a session, unless there is one or one is on its way.
  ///
  /// The session is the one that finished commands have left: no command of a tool's changes it, so that only a login can
  /// be about to.
  ///
  /// - Returns: the login that the call comes behind.
  mutating func logIn(for request: Request, at now: Duration) -> LoginAttempt? {
    guard let call = request.call, request.command.needs == .login, scheduler.session.account == nil else { return nil }
    if let attempt { return attempt }
    guard let login = configuration.login,
      let command = configuration.table.rows.first(where: { $0.operation == .account(.login) })
    else { return nil }
    let number = numbers.next()
    let new = LoginAttempt(job: number, cause: call)
    attempt = new
    let parameters = Parameters(positional: [.string(login.email), .string(login.password)], of: command)
    arrived(Work(request: Request(unasked: parameters), slot: nil, attempt: nil), as: number, at: now)
    return new
  }

  /// Takes what became of a login.
  mutating func ended(_ ended: LoginAttempt, _ result: Result<JSONValue, Failure>) {
    attempt = nil
    switch result {
    case .success:
      tell(ended.cause?.message(.info, "logged in").map { [$0] } ?? [])
    case .failure(let failure):
      ended.failure = failure
      let text = "the login failed: \(failure.code.row.name)"
      log.warning(text)
      tell(ended.cause?.message(.warning, text).map { [$0] } ?? [])
    }
  }
}
