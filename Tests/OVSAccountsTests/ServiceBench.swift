import OVSWire
import Testing

@testable import OVSAccounts

/// An account service whose commands take the session that those before them left, over a scripted transport or the
/// sandbox.
final class ServiceBench {
  let transport = ScriptedTransport()
  var service: AccountService
  var session = Session(backend: .sandbox, apiKey: "key")
  var now = Duration.zero
  /// How long a command may take from when it is sent.
  var timeout = Duration.seconds(30)
  private var lastJob = 0
  /// Ended without the service.
  private var done: [AccountService.Completion] = []

  /// A service over the scripted transport.
  init() {
    let transport = transport
    service = AccountService(sandbox: transport) { () throws(TransportFailure) in transport }
  }

  /// A service over `sandbox`.
  init(_ sandbox: Sandbox) {
    service = AccountService(sandbox: sandbox) { () throws(TransportFailure) in
      throw TransportFailure(.noConnection, wasSent: false, "there is no network here")
    }
  }

  /// A bench where bob@example.com is logged in with the tokens `short-1` and `long-1`, which are fresh.
  static func loggedIn(secretKey: String? = nil) -> ServiceBench {
    let bench = ServiceBench()
    bench.session = Session(backend: .sandbox, apiKey: "key", secretKey: secretKey)
    let tokens = Tokens(
      short: Secret("short-1"), long: Secret("long-1"),
      shortExpiry: SandboxBench.start.seconds + Tokens.shortLifetime)
    bench.session.login = Login(email: "Bob@example.com", tokens: tokens)
    return bench
  }

  /// When the service wants to be asked again.
  var wakeTime: Duration? { service.wakeTime }

  /// Starts a command and gives its job.
  @discardableResult
  func start(_ request: Request) throws -> Int {
    lastJob += 1
    switch request.command.operation {
    case .session(let operation):
      let (result, changed) = SessionCommands.run(operation, request, in: session)
      done.append(.init(job: lastJob, result: result, session: changed, events: []))
    case .account(let operation):
      if service.start(operation, request, as: lastJob, in: session) != nil {
        service.send(lastJob, by: now + timeout, at: now)
      }
    case .process: throw Failure(.internal, "\(request.command.name) is no command of the account service")
    }
    return lastJob
  }

  /// Starts the command `OVS_CMD_` + `name` and gives its job.
  @discardableResult
  func start(_ name: String, _ data: String = "{}") throws -> Int { try start(.named(name, data)) }

  /// How the next job ended; its session is the one from here on.
  func next() -> AccountService.Completion? {
    let completion = done.isEmpty ? service.nextCompletion(at: now) : done.removeFirst()
    if let changed = completion?.session { session = changed }
    return completion
  }

  /// How all jobs that are done ended.
  func completions() -> [AccountService.Completion] {
    var all: [AccountService.Completion] = []
    while let completion = next() { all.append(completion) }
    return all
  }

  /// Carries a command out and gives its only completion.
  @discardableResult
  func run(_ name: String, _ data: String = "{}", answer: AMAPIReply? = nil) throws -> AccountService.Completion {
    let job = try start(name, data)
    if let answer { try transport.reply(answer) }
    let all = completions()
    try #require(all.count == 1 && all[0].job == job, "\(name) \(data) ended \(all.count) times")
    return all[0]
  }
}

extension AccountService.Completion {
  /// The answer's data; nil for a failure.
  var data: JSONValue? { try? result.get() }

  /// Why there is no data; nil for a success.
  var failure: Failure? {
    guard case .failure(let failure) = result else { return nil }
    return failure
  }
}
