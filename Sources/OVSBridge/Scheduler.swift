import OVSAccounts
import OVSWire

/// What the scheduler needs to know of a session: whose it is.
public protocol SessionValue {
  /// The account that is logged in, as ``AccountName`` writes it; nil when none is.
  var account: String? { get }
}

extension Session: SessionValue {}

/// Decides when each command starts and when it is given up: the bridge's order rules, and nothing else.
///
/// - Session commands take effect in the order of arrival: a command works with the session that those before it made,
///   and with nothing that those after it do.
/// - Commands on one account run one after the other in the order of arrival, on different accounts side by side.
/// - Of the commands that are sent, no more are under way than there are connections, and new clients are added no
///   faster than the pace allows; both in the order in which they could be sent.
/// - A command's timeout runs from when it is taken up, not while it waits for its turn.
/// - After the end of input, or a shutdown, what has arrived is carried through and nothing new is taken.
///
/// It is a state machine without input, output or a clock: an event and the time go in, actions come out.
public struct Scheduler<Session: SessionValue> {
  /// What happened.
  public enum Event {
    /// A command came in, under a number higher than all before.
    case arrived(Int, Command.Effect, AccountName, timeout: Duration)
    /// A started command is to be sent as soon as it is its turn.
    case ready(Int, AccountService.Turn)
    /// A started command was carried out or has failed, and made this session, if it made one.
    case finished(Int, session: Session?)
    /// A command is to be taken back.
    case cancelled(Int)
    /// Time has passed.
    case tick
    /// Nothing more will come in.
    case inputEnded
    /// The process is to end: what isn't done by `deadline` is given up, and nothing more taken.
    case stopped(deadline: Duration)
  }

  /// What to do about it.
  public enum Action {
    /// Carry a command out, with this session.
    case start(Int, Session)
    /// Send a command that was ready; it will be given up at the deadline.
    case send(Int, deadline: Duration)
    /// Tell that a command is held back by the pace, for about so long.
    case hold(Int, Duration)
    /// Answer a command with a failure and forget it; it is no longer waited for.
    case giveUp(Int, Reason)
  }

  /// Why a command is given up.
  public enum Reason: Sendable {
    /// It was taken back.
    case cancelled
    /// It was under way for longer than its timeout.
    case timedOut
    /// The process ends, or takes nothing more.
    case shuttingDown
  }

  private struct Job {
    let effect: Command.Effect
    let account: AccountName
    let timeout: Duration
    /// The session it works with, and the queue it stands in, once it has passed the gate.
    var session: Session?
    var queue: String?
    /// Set while it is under way.
    var deadline: Duration?
    /// What it waits for, or has waited for, to be sent.
    var turn: AccountService.Turn?
    var isSent = false

    var isGated: Bool { session == nil }
  }

  /// The commands of one account: the one under way and those behind it.
  private struct AccountQueue {
    var running: Int
    var waiting: FIFO<Int> = FIFO()
  }

  /// The session as the finished commands left it.
  public private(set) var session: Session

  private let limit: Int
  private let connections: Int
  private var jobs: [Int: Job] = [:]
  /// Commands that wait for a session command, or, like a shutdown, for all before them.
  private var gate = FIFO<Int>()
  /// The session command that has passed the gate and isn't done; it keeps the gate shut.
  private var sessionJob: Int?
  private var queues: [String: AccountQueue] = [:]
  private var pace: Pace
  /// Commands that wait for a connection, those of the pace among them once it lets them.
  private var line = FIFO<Int>()
  private var connectionsInUse = 0
  private var isAccepting = true
  private var stopDeadline: Duration?
  /// No started command's deadline is before this one.
  private var earliestDeadline: Duration?

  /// A scheduler at the start of a process.
  ///
  /// - Parameters:
  ///   - session: the session to start with.
  ///   - limit: how many commands may be in flight before ``isFull``.
  ///   - connections: how many of those that use one may be sent at a time.
  ///   - addClientInterval: how far apart new clients are added.
  public init(session: Session, limit: Int, connections: Int = .max, addClientInterval: Duration = .zero) {
    self.session = session
    self.limit = limit
    self.connections = connections
    pace = Pace(interval: addClientInterval)
  }

  /// Whether as many commands are in flight as may be: no more should be read.
  public var isFull: Bool { jobs.count >= limit }

  /// Whether all is carried through and nothing new is taken.
  public var isDone: Bool { !isAccepting && jobs.isEmpty }

  /// When a ``Event/tick`` is due at the latest; nil when nothing depends on time.
  public var wakeTime: Duration? {
    jobs.isEmpty ? nil : [earliestDeadline, stopDeadline, pace.wakeTime].compactMap(\.self).min()
  }

  /// Takes an event and appends what is to be done about it, in order.
  public mutating func handle(_ event: Event, at now: Duration, _ actions: inout [Action]) {
    switch event {
    case .arrived(let job, let effect, let account, let timeout):
      arrived(job, Job(effect: effect, account: account, timeout: timeout), now, &actions)
    case .ready(let job, let turn):
      ready(job, turn, now, &actions)
    case .finished(let job, let session):
      finish(job, session: session, now, &actions)
    case .cancelled(let job):
      // A shutdown has begun to take effect with its arrival.
      if let effect = jobs[job]?.effect, effect != .process { giveUp(job, .cancelled, now, &actions) }
    case .tick:
      tick(now, &actions)
    case .inputEnded:
      isAccepting = false
    case .stopped(let deadline):
      stopDeadline = min(stopDeadline ?? deadline, deadline)
      tick(now, &actions)
    }
  }

  private mutating func arrived(_ number: Int, _ job: Job, _ now: Duration, _ actions: inout [Action]) {
    guard isAccepting else { return actions.append(.giveUp(number, .shuttingDown)) }
    switch job.effect {
    case .immediate:
      return actions.append(.start(number, session))
    case .process:
      isAccepting = false
    case .session, .sessionRead, .accountRead, .accountChange:
      break
    }
    jobs[number] = job
    gate.append(number)
    openGate(now, &actions)
  }

  /// Lets commands through until one has to wait for what is before it.
  private mutating func openGate(_ now: Duration, _ actions: inout [Action]) {
    while sessionJob == nil, let number = gate.first, var job = jobs[number] {
      if job.effect == .process, jobs.count > 1 { return }
      gate.removeFirst()
      if job.effect == .session { sessionJob = number }
      job.session = session
      switch job.account {
      case .none: job.queue = nil
      case .named(let account): job.queue = account
      case .session: job.queue = session.account
      }
      jobs[number] = job
      guard let account = job.queue else {
        start(number, now, &actions)
        continue
      }
      if queues[account] == nil {
        queues[account] = AccountQueue(running: number)
        start(number, now, &actions)
      } else {
        queues[account]?.waiting.append(number)
      }
    }
  }

  private mutating func start(_ number: Int, _ now: Duration, _ actions: inout [Action]) {
    guard let session = jobs[number]?.session else { return }
    setDeadline(number, now)
    actions.append(.start(number, session))
  }

  /// Has a command's timeout run from now.
  @discardableResult
  private mutating func setDeadline(_ number: Int, _ now: Duration) -> Duration {
    let deadline = now + (jobs[number]?.timeout ?? .zero)
    jobs[number]?.deadline = deadline
    earliestDeadline = min(earliestDeadline ?? deadline, deadline)
    return deadline
  }

  // MARK: Turns

  /// Puts a started command in line for what it needs to be sent.
  private mutating func ready(
    _ number: Int, _ turn: AccountService.Turn, _ now: Duration, _ actions: inout [Action]
  ) {
    guard jobs[number] != nil else { return }
    jobs[number]?.turn = turn
    jobs[number]?.deadline = nil
    if turn.addsClient, pace.isKept {
      if let wait = pace.join(number, at: now) { actions.append(.hold(number, wait)) }
    } else {
      lineUp(number, now, &actions)
    }
    sendNext(now, &actions)
  }

  private mutating func lineUp(_ number: Int, _ now: Duration, _ actions: inout [Action]) {
    if jobs[number]?.turn?.usesConnection ?? false {
      line.append(number)
    } else {
      send(number, now, &actions)
    }
  }

  /// Sends the commands whose turn has come.
  private mutating func sendNext(_ now: Duration, _ actions: inout [Action]) {
    if let number = pace.next(at: now) { lineUp(number, now, &actions) }
    while connectionsInUse < connections, let number = line.removeFirst() {
      connectionsInUse += 1
      send(number, now, &actions)
    }
  }

  private mutating func send(_ number: Int, _ now: Duration, _ actions: inout [Action]) {
    pace.sent(number, at: now)
    jobs[number]?.isSent = true
    actions.append(.send(number, deadline: setDeadline(number, now)))
  }

  /// Gives back what a command has, or takes it out of the line.
  private mutating func leaveLine(_ number: Int, _ job: Job, _ now: Duration, _ actions: inout [Action]) {
    guard let turn = job.turn else { return }
    if turn.addsClient { pace.ended(number, at: now) }
    if turn.usesConnection {
      if job.isSent { connectionsInUse -= 1 } else { line.remove(number) }
    }
    sendNext(now, &actions)
  }

  // MARK: Ends

  /// Forgets a command and lets those that waited for it go on.
  private mutating func finish(
    _ number: Int, session: Session?, _ now: Duration, _ actions: inout [Action]
  ) {
    guard let job = jobs.removeValue(forKey: number) else { return }
    if sessionJob == number {
      sessionJob = nil
      if let session { self.session = session }
    }
    if job.isGated { gate.remove(number) }
    if let account = job.queue { leave(account, number, now, &actions) }
    leaveLine(number, job, now, &actions)
    openGate(now, &actions)
  }

  private mutating func leave(
    _ account: String, _ number: Int, _ now: Duration, _ actions: inout [Action]
  ) {
    guard queues[account]?.running == number else {
      queues[account]?.waiting.remove(number)
      return
    }
    guard let next = queues[account]?.waiting.removeFirst() else {
      queues[account] = nil
      return
    }
    queues[account]?.running = next
    start(next, now, &actions)
  }

  private mutating func giveUp(
    _ number: Int, _ reason: Reason, _ now: Duration, _ actions: inout [Action]
  ) {
    actions.append(.giveUp(number, reason))
    finish(number, session: nil, now, &actions)
  }

  private mutating func tick(_ now: Duration, _ actions: inout [Action]) {
    if let stopDeadline, stopDeadline <= now {
      isAccepting = false
      // All at once: giving up one after the other would start what waits for it. A shutdown has what it wants.
      let numbers = jobs.keys.sorted()
      for number in numbers where jobs[number]?.effect != .process { actions.append(.giveUp(number, .shuttingDown)) }
      for number in numbers where jobs[number]?.effect == .process { actions.append(.start(number, session)) }
      jobs = [:]
      gate = FIFO()
      queues = [:]
      line = FIFO()
      pace.end()
      connectionsInUse = 0
      sessionJob = nil
      return
    }
    sendNext(now, &actions)
    guard let earliest = earliestDeadline, earliest <= now else { return }
    // What starts from here on sets the bound anew.
    earliestDeadline = jobs.values.lazy.compactMap(\.deadline).filter { $0 > now }.min()
    let due = jobs.filter { $0.value.deadline.map { $0 <= now } ?? false }.keys.sorted()
    for number in due { giveUp(number, .timedOut, now, &actions) }
  }
}
