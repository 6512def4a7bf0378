import OVSAccounts
import OVSWire

/// What a dispatcher has to know of calls of tools beside what it knows of all commands.
struct ToolCalls {
  /// A login that no line asked for.
  final class Login {
    let request: Request
    /// The call that brought it about; nil once that was taken back, after which nothing is told of it.
    var cause: Request?
    /// Why it failed, if it has.
    var failure: Failure?

    init(_ request: Request, for cause: Request) {
      self.request = request
      self.cause = cause
    }
  }

  /// What there is to know of a call.
  struct Notes {
    /// The login that it came behind.
    var login: Login?
    /// What has happened since, for its answer.
    var events: [Event] = []
  }

  /// The login that is waiting or under way.
  var login: Login?
  /// Of the calls that have any.
  var notes: [ObjectIdentifier: Notes] = [:]

  subscript(request: Request) -> Notes {
    get { notes[ObjectIdentifier(request)] ?? Notes() }
    set { notes[ObjectIdentifier(request)] = newValue }
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
  private mutating func put(_ answer: JSONValue?, in slot: Slot?) {
    guard let slot else { return tell(answer.map { [$0] } ?? []) }
    if let answer {
      var writer = JSONWriter()
      writer.value(answer)
      slot.put(writer)
    }
    fill(slot)
  }

  // MARK: Calls

  /// Tells of an event of a call, or of the login in front of it.
  mutating func tell(_ event: Event, of request: Request) {
    if let login = calls.login, login.request === request {
      tell(login.cause?.call?.notifications(of: event) ?? [])
    } else if let call = request.call {
      tell(call.notifications(of: event))
      if event.kind != .progress { calls[request].events.append(event) }
    }
  }

  /// Takes what became of a call, or of the login in front of one.
  mutating func ended(_ request: Request, _ result: Result<JSONValue, Failure>, slot: Slot?) {
    if let login = calls.login, login.request === request { return ended(login, result) }
    guard let call = request.call, let id = request.reply.id else { return }
    let notes = calls.notes.removeValue(forKey: ObjectIdentifier(request))
    var outcome = result
    if case .failure(let failure) = result {
      if failure.code == .cancelled {
        if let login = notes?.login, login.cause === request { login.cause = nil }
        return put(nil, in: slot)
      }
      // Where the call found nobody logged in, the login's failure says why.
      if failure.code == .notLoggedIn, let reason = notes?.login?.failure {
        outcome = .failure(call.failure(ofLogin: reason))
      }
    }
    put(call.answer(outcome, after: notes?.events ?? [], to: id), in: slot)
  }

  // MARK: The login

  /// Puts a login in front of a call that needs a session, unless there is one or one is on its way.
  ///
  /// The session is the one that finished commands have left: no tool's command changes it, so that only a login can be
  /// about to.
  mutating func logIn(for request: Request, at now: Duration) {
    guard let call = request.call, request.command.needs == .login, scheduler.session.account == nil else { return }
    if calls.login == nil {
      guard let credentials = configuration.login,
        let command = configuration.table.rows.first(where: { $0.operation == .account(.login) })
      else { return }
      let parameters = Parameters(
        positional: [.string(credentials.email), .string(credentials.password)], of: command)
      let login = ToolCalls.Login(Request(parameters, for: call), for: request)
      calls.login = login
      calls[request].login = login
      arrived(login.request, slot: nil, at: now)
    } else {
      calls[request].login = calls.login
    }
  }

  private mutating func ended(_ login: ToolCalls.Login, _ result: Result<JSONValue, Failure>) {
    calls.login = nil
    let cause = login.cause?.call
    // The call that it was for has notes of it.
    login.cause = nil
    switch result {
    case .success: tell(cause?.message(.info, "logged in").map { [$0] } ?? [])
    case .failure(let failure):
      login.failure = failure
      let text = "the login failed: \(failure.code.row.name)"
      log.warning(text)
      tell(cause?.message(.warning, text).map { [$0] } ?? [])
    }
  }
}
