import OVSAccounts
import OVSBridge
import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Questions to the account service, each waited for: what the bridge would ask, by the very code that asks for it.
struct AccountQuestions: ~Copyable {
  private let configuration: Configuration
  private var service: AccountService
  private let start = monotonicTime()
  private var session: Session
  private var lastJob = 0

  /// Questions that go out on `network`, and nowhere else.
  init(_ configuration: Configuration, domain: APIDomain, over network: any NetworkTransport) throws(Sandbox.Fault) {
    let log = Log(level: configuration.logLevel, format: configuration.logFormat)
    self.configuration = configuration
    session = Session(backend: .amapi(domain), apiKey: configuration.apiKey, secretKey: configuration.secretKey)
    let sandbox = try Sandbox(Sandbox.Options())
    service = AccountService(
      sandbox: sandbox, renewalLimit: configuration.timeout, tell: { entry in log.debug(entry()) },
      network: { () throws(TransportFailure) in network })
  }

  /// Asks for something that changes nothing, within the time that a command may take.
  ///
  /// - Throws: why it can't be had.
  mutating func ask(_ operation: Command.AccountOperation, _ values: [String]) throws(Failure) {
    guard let command = configuration.table.rows.first(where: { $0.operation == .account(operation) }),
      command.effect != .accountChange
    else { preconditionFailure("\(operation) is nothing to ask for") }
    lastJob += 1
    let request = Request(
      Parameters(positional: values.map(JSONValue.string), of: command), timeout: nil,
      reply: ReplyAddress(.native, id: nil))
    let deadline = now() + configuration.timeout
    if service.start(operation, request, as: lastJob, in: session) != nil {
      service.send(lastJob, by: deadline, at: now())
    }
    let completion = try completion(of: command, by: deadline)
    session = completion.session ?? session
    _ = try completion.result.get()
  }

  private mutating func completion(
    of command: Command, by deadline: Duration
  ) throws(Failure) -> AccountService.Completion {
    while true {
      if let completion = service.nextCompletion(at: now()) { return completion }
      guard now() < deadline else {
        _ = service.abandon(lastJob)
        throw Failure(.timeout, "\(command.name) got no answer within its timeout")
      }
      var targets: [pollfd] = []
      service.network?.addTargets(to: &targets, at: now())
      let wake = min(deadline, service.wakeTime ?? deadline) - now()
      guard poll(&targets, nfds_t(targets.count), Int32(clamping: max(0, wake.milliseconds))) > 0 else { continue }
      service.network?.take(targets.span, at: now())
    }
  }

  private func now() -> Duration { monotonicTime() - start }
}
