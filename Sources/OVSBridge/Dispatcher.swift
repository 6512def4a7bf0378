import OVSAccounts
import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Takes messages, has the scheduler decide their order and the account service carry them out, and writes the
/// answers: the whole bridge but for its descriptors, signals and clock.
struct Dispatcher: ~Copyable {
  typealias Plan = Scheduler<Session, Work>
  typealias Job = Plan.Job

  /// What there is to do for a command.
  struct Work {
    let request: Request
    let slot: Slot?

    var command: Command { request.command }
  }

  /// A place in the answer to a batch.
  struct Slot {
    let batch: Batch
    let index: Int

    /// Puts the answer in its place. Nothing else may hold it: it couldn't be wiped.
    func put(_ answer: borrowing JSONWriter) {
      batch.answers[index] = answer.bytes.array
      batch.hasAnswers = true
    }
  }

  /// A JSON-RPC batch (section 6) whose answers are gathered, in the order of its requests, into one array.
  final class Batch {
    var answers: [[UInt8]]
    /// False while all that were answered are notifications, which leave no trace.
    var hasAnswers = false
    var left: Int

    init(count: Int) {
      answers = Array(repeating: [], count: count)
      left = count
    }

    /// Leaves nothing of the answers, which may hold passwords, in memory.
    @inline(never)
    func forgetAnswers() {
      for index in answers.indices { wipe(&answers[index]) }
    }
  }

  /// Elements of a batch that have not been taken yet, because there was no room.
  private struct Intake {
    let batch: Batch
    let elements: [Incoming]
    var next = 0
  }

  /// Answers and events, a line each, for whoever writes them out.
  var output = JSONWriter()

  let configuration: Configuration
  private var service: AccountService
  let log: Log
  var scheduler: Plan
  private var numbers = SlotNumbers()
  /// What OVS_CMD_GET_INFO tells of the commands.
  private let commandNumbers: JSONValue
  private var intake: Intake?
  /// What there is to know of calls of tools.
  var calls = ToolCalls()
  private var actions: [Plan.Action] = []

  init(_ configuration: Configuration, sandbox: Sandbox, log: Log) {
    self.configuration = configuration
    self.log = log
    commandNumbers = configuration.table.numbers
    service = AccountService(
      sandbox: sandbox, renewalLimit: configuration.timeout,
      tell: { entry in log.debug(entry()) }, network: configuration.network)
    scheduler = Scheduler(
      session: configuration.session, limit: configuration.maxInFlight, connections: configuration.maxConnections,
      addClientInterval: configuration.addClientInterval)
  }

  // MARK: What the process tells

  /// Whether another message may be taken.
  var hasRoom: Bool { intake == nil && !scheduler.isFull }

  /// Whether all that was taken is answered and nothing new is.
  var isDone: Bool { intake == nil && scheduler.isDone }

  /// When ``proceed(at:)`` is due at the latest; nil when nothing depends on time.
  var wakeTime: Duration? { earlier(scheduler.wakeTime, service.wakeTime) }

  /// Appends what the account service waits for, for `poll` (POSIX); to be asked before ``wakeTime``.
  func addTargets(to targets: inout [pollfd], at now: Duration) {
    service.network?.addTargets(to: &targets, at: now)
  }

  /// Takes what `poll` has found out about the targets of ``addTargets(to:at:)``.
  func take(_ targets: Span<pollfd>, at now: Duration) {
    service.network?.take(targets, at: now)
  }

  /// Takes a message; only when ``hasRoom``.
  mutating func take(_ message: consuming Message, at now: Duration) {
    switch consume message {
    case .single(let incoming):
      take(incoming, slot: nil, at: now)
    case .batch(let elements):
      intake = Intake(batch: Batch(count: elements.count), elements: elements)
      takeIn(at: now)
    }
  }

  /// Goes on with what has become possible since: replies, timeouts, the rest of a batch.
  mutating func proceed(at now: Duration) {
    // What has come in by now is in time.
    finishJobs(at: now)
    handle(.tick, at: now)
    takeIn(at: now)
  }

  /// Says that no more messages will come.
  mutating func endInput(at now: Duration) {
    handle(.inputEnded, at: now)
  }

  /// Asks for an end by `deadline`: what isn't done then is given up, and what comes in after it refused.
  mutating func stop(by deadline: Duration, at now: Duration) {
    handle(.stopped(deadline: deadline), at: now)
  }

  // MARK: Messages

  private mutating func takeIn(at now: Duration) {
    while let rest = intake, !scheduler.isFull {
      intake?.next += 1
      if rest.next + 1 == rest.elements.count { intake = nil }
      take(rest.elements[rest.next], slot: Slot(batch: rest.batch, index: rest.next), at: now)
    }
  }

  private mutating func take(_ incoming: consuming Incoming, slot: Slot?, at now: Duration) {
    switch consume incoming {
    case .fault(let fault):
      log.debug("refused \(fault.command?.name ?? "a message"): \(fault.failure.code.row.name)")
      answer(.failure(fault.failure), command: fault.command, to: fault.reply, slot: slot)
    case .settled(let settled):
      settle(settled, slot: slot, at: now)
    case .request(let request):
      let command = request.command
      if case .process = command.operation {
        // What concerns the process is no matter of turns, and so is what is wrong with it.
        do throws(Failure) {
          _ = try Arguments(request.parameters)
        } catch {
          return take(.fault(Fault(error, command: command, request.reply)), slot: slot, at: now)
        }
      }
      if request.call != nil { logIn(for: request, at: now) }
      arrived(request, slot: slot, at: now)
    }
  }

  /// Has a command wait for its turn, or take it.
  mutating func arrived(_ request: Request, slot: Slot?, at now: Duration) {
    let number = numbers.next()
    log.debug("command \(SlotNumbers.order(of: number)): \(request.command.name)")
    let job = Job(
      number, Work(request: request, slot: slot), request.command.effect, AccountName(of: request),
      timeout: request.timeout ?? configuration.timeout)
    handle(.arrived(job), at: now)
  }

  // MARK: Actions

  mutating func handle(_ event: Plan.Event, at now: Duration) {
    // What an action brings about is appended behind it, so that all is done in order and the stack stays flat.
    let isOutermost = actions.isEmpty
    scheduler.handle(event, at: now, &actions)
    guard isOutermost else { return }
    var next = 0
    while next < actions.count {
      switch actions[next] {
      case .start(let job): start(job, at: now)
      case .send(let job, let deadline):
        service.send(job, by: deadline, at: now)
        finishJobs(at: now)
      case .hold(let job, let wait): hold(job, wait)
      case .giveUp(let job, let reason): giveUp(job, reason)
      }
      next += 1
    }
    actions.removeAll(keepingCapacity: true)
  }

  private mutating func start(_ job: Job, at now: Duration) {
    guard !job.isGivenUp, let session = job.session else { return }
    let request = job.work.request
    switch request.command.operation {
    case .session(let operation):
      let (result, changed) = SessionCommands.run(operation, request, in: session)
      complete(job, result, session: changed, at: now)
    case .account(let operation):
      if let turn = service.start(operation, request, as: job.number, in: session) {
        handle(.ready(job.number, turn), at: now)
      } else {
        finishJobs(at: now)
      }
    case .process(let operation):
      complete(job, .success(carryOut(operation, request, session, at: now)), session: nil, at: now)
    }
  }

  /// Tells that a command is held back by the pace.
  private mutating func hold(_ job: Job, _ wait: Duration) {
    guard !job.isGivenUp else { return }
    // In tenths, rounded up.
    let tenths = (wait.milliseconds + 99) / 100
    let seconds = tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    let data: [JSONValue.Member] = [
      .init("id", job.work.request.reply.id?.value ?? .null), .init("state", .string("waiting")),
      .init("eta_s", .number(seconds)),
    ]
    write(Event(.progress, data), to: job.work.request)
  }

  private mutating func carryOut(
    _ operation: Command.ProcessOperation, _ request: Request, _ session: Session, at now: Duration
  ) -> JSONValue {
    switch operation {
    case .cancel:
      let id = (try? Arguments(request.parameters))?["id"] ?? .null
      return .object([.init("cancelled", .integer(cancel(id, at: now)))])
    case .getInfo:
      return .object([
        .init("name", .string("ovs-bridge")),
        .init("version", .string(bridgeVersion)),
        .init("protocol", .integer(bridgeProtocolVersion)),
        .init("pid", .integer(getpid())),
        .init("backend", .string(session.backend.name)),
        .init("commands", commandNumbers),
      ])
    case .discover:
      return OpenRPC.document(of: configuration.table, programVersion: bridgeVersion)
    case .shutdown:
      log.debug("ending, as OVS_CMD_SHUTDOWN asked")
      return .null
    }
  }

  /// Takes back the commands of an identifier, which are answered first, and counts them.
  private mutating func cancel(_ id: JSONValue, at now: Duration) -> Int {
    var count = 0
    for job in scheduler.all where job.work.request.reply.id?.matches(id) ?? false {
      var consequences: [Plan.Action] = []
      scheduler.handle(.cancelled(job.number), at: now, &consequences)
      for action in consequences {
        guard case .giveUp(let job, let reason) = action else {
          actions.append(action)
          continue
        }
        giveUp(job, reason)
        count += 1
      }
    }
    return count
  }

  private mutating func finishJobs(at now: Duration) {
    while let completion = service.nextCompletion(at: now) {
      guard let job = scheduler[completion.job] else { continue }
      for event in completion.events { write(event, to: job.work.request) }
      complete(job, completion.result, session: completion.session, at: now)
    }
  }

  private mutating func complete(
    _ job: Job, _ result: Result<JSONValue, Failure>, session: Session?, at now: Duration
  ) {
    answer(job, result)
    handle(.finished(job.number, session: session), at: now)
  }

  private mutating func giveUp(_ job: Job, _ reason: Plan.Reason) {
    let command = job.work.command
    let fateOfRequest = service.abandon(job.number)
    let outcome = command.effect == .accountChange ? fateOfRequest : nil
    let failure =
      switch reason {
      case .cancelled:
        Failure(.cancelled, outcome: outcome, "\(command.name) was cancelled by OVS_CMD_CANCEL")
      case .timedOut:
        Failure(.timeout, outcome: outcome, "\(command.name) got no answer within its timeout")
      case .shuttingDown:
        Failure(.shuttingDown, outcome: outcome, "the bridge is ending; \(command.name) was not carried through")
      }
    answer(job, .failure(failure))
  }

  // MARK: Answers

  private mutating func write(_ event: Event, to request: Request) {
    if request.call != nil { return tell(event, of: request) }
    output.event(event, in: request.reply.dialect)
    output.raw("\n")
  }

  /// Answers a command, which is no more.
  private mutating func answer(_ job: Job, _ result: Result<JSONValue, Failure>) {
    numbers.giveBack(job.number)
    let request = job.work.request
    switch result {
    case .success: log.debug("command \(SlotNumbers.order(of: job.number)): OVS_ERR_OK")
    case .failure(let failure):
      log.debug("command \(SlotNumbers.order(of: job.number)): \(failure.code.row.name)")
    }
    if request.call != nil { return ended(request, result, slot: job.work.slot) }
    answer(result, command: request.command, to: request.reply, slot: job.work.slot)
  }

  private mutating func answer(
    _ result: Result<JSONValue, Failure>, command: Command?, to reply: ReplyAddress, slot: Slot?
  ) {
    guard let slot else {
      guard reply.wantsAnswer else { return }
      output.answer(result, command: command, to: reply)
      output.raw("\n")
      return
    }
    if reply.wantsAnswer {
      var writer = JSONWriter()
      writer.answer(result, command: command, to: reply)
      slot.put(writer)
    }
    fill(slot)
  }

  /// Takes an element of a batch for answered, or not to be, and writes the batch's answers if it was the last.
  mutating func fill(_ slot: Slot) {
    slot.batch.left -= 1
    guard slot.batch.left == 0 else { return }
    var separator: StaticString = "["
    for answer in slot.batch.answers where !answer.isEmpty {
      output.raw(separator)
      output.raw(answer)
      separator = ","
    }
    if slot.batch.hasAnswers { output.raw("]\n") }
    slot.batch.forgetAnswers()
  }
}
