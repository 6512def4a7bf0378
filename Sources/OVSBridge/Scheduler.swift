import OVSAccounts
import OVSWire

/// What the scheduler needs to know of a session: whose it is.
protocol SessionValue {
  /// The account that is logged in, as `AccountName` writes it; nil when none is.
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
/// It is a state machine without input, output or a clock: an event and the time go in, actions come out. What there is
/// to a command beside its place among the others is its `Work`, which is kept for whoever carries it out.
struct Scheduler<Session: SessionValue, Work> {
  /// What happened.
  enum Event {
    /// A command came in.
    case arrived(Job)
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
  enum Action {
    /// Carry a command out, with the session that it has now.
    case start(Job)
    /// Send a command that was ready; it will be given up at the deadline.
    case send(Int, deadline: Duration)
    /// Tell that a command is held back by the pace, for about so long.
    case hold(Job, Duration)
    /// Answer a command with a failure; it is forgotten and no longer waited for.
    case giveUp(Job, Reason)
  }

  /// Why a command is given up.
  enum Reason: Sendable {
    /// It was taken back.
    case cancelled
    /// It was under way for longer than its timeout.
    case timedOut
    /// The process ends, or takes nothing more.
    case shuttingDown
  }

  /// A command on its way.
  final class Job {
    /// One of `SlotNumbers`.
    let number: Int
    /// What it is to whoever carries it out.
    let work: Work
    /// The session it works with, once it has passed the gate.
    fileprivate(set) var session: Session?
    /// Whether it was given up, so that what else was to be done about it is not.
    fileprivate(set) var isGivenUp = false
    fileprivate let effect: Command.Effect
    fileprivate let account: AccountName
    fileprivate let timeout: Duration
    /// The queue it stands in.
    fileprivate var queue: AccountQueue?
    /// Set while it is under way.
    fileprivate var deadline: Duration?
    /// What it waits for, or has waited for, to be sent.
    fileprivate var turn: AccountService.Turn?
    fileprivate var isSent = false

    /// A command that has come in.
    init(_ number: Int, _ work: Work, _ effect: Command.Effect, _ account: AccountName, timeout: Duration) {
      self.number = number
      self.work = work
      self.effect = effect
      self.account = account
      self.timeout = timeout
    }

    fileprivate var isGated: Bool { session == nil }

    fileprivate func givenUp(_ reason: Reason) -> Action {
      isGivenUp = true
      return .giveUp(self, reason)
    }
  }

  /// The commands of one account: the one under way and those behind it.
  fileprivate final class AccountQueue {
    let account: String
    var running: Int
    var waiting = FIFO<Int>()

    init(account: String, running: Int) {
      self.account = account
      self.running = running
    }
  }

  /// The session as the finished commands left it.
  private(set) var session: Session

  private let limit: Int
  private let connections: Int
  private var jobs = Slots<Job>()
  /// Commands that wait for a session command, or, like a shutdown, for all before them.
  private var gate = FIFO<Int>()
  /// The session command that has passed the gate and isn't done; it keeps the gate shut.
  private var sessionJob: Int?
  private var queues: [String: AccountQueue] = [:]
  /// A command that runs on an account while there is no other command, and its account: nobody can have to wait for it
  /// before the next comes, so that it has no queue until then.
  private var loneJob: (Job, account: String)?
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
  init(session: Session, limit: Int, connections: Int = .max, addClientInterval: Duration = .zero) {
    self.session = session
    self.limit = limit
    self.connections = connections
    pace = Pace(interval: addClientInterval)
  }

  /// The command of a number; nil once it is finished or given up.
  subscript(number: Int) -> Job? { jobs[number] }

  /// All commands in flight, in the order of their arrival.
  var all: [Job] { jobs.all.map(\.value).sorted { $0.number < $1.number } }

  /// Whether as many commands are in flight as may be: no more should be read.
  var isFull: Bool { jobs.count >= limit }

  /// Whether all is carried through and nothing new is taken.
  var isDone: Bool { !isAccepting && jobs.isEmpty }

  /// When a ``Event/tick`` is due at the latest; nil when nothing depends on time.
  var wakeTime: Duration? {
    jobs.isEmpty ? nil : earlier(earliestDeadline, earlier(stopDeadline, pace.wakeTime))
  }

  /// Takes an event and appends what is to be done about it, in order.
  mutating func handle(_ event: Event, at now: Duration, _ actions: inout [Action]) {
    switch event {
    case .arrived(let job):
      arrived(job, now, &actions)
    case .ready(let job, let turn):
      ready(job, turn, now, &actions)
    case .finished(let job, let session):
      finish(job, session: session, now, &actions)
    case .cancelled(let number):
      // A shutdown has begun to take effect with its arrival.
      if let job = jobs[number], job.effect != .process { giveUp(job, .cancelled, now, &actions) }
    case .tick:
      tick(now, &actions)
    case .inputEnded:
      isAccepting = false
    case .stopped(let deadline):
      stopDeadline = min(stopDeadline ?? deadline, deadline)
      tick(now, &actions)
    }
  }

  private mutating func arrived(_ job: Job, _ now: Duration, _ actions: inout [Action]) {
    guard isAccepting else { return actions.append(job.givenUp(.shuttingDown)) }
    switch job.effect {
    case .immediate:
      job.session = session
      return actions.append(.start(job))
    case .process:
      isAccepting = false
    case .session, .sessionRead, .accountRead, .accountChange:
      break
    }
    if let (job, account) = loneJob.take() { _ = enter(job, account) }
    jobs.insert(job, as: job.number)
    if gate.isEmpty, isOpen(for: job) { return pass(job, now, &actions) }
    gate.append(job.number)
  }

  /// Lets commands through until one has to wait for what is before it.
  private mutating func openGate(_ now: Duration, _ actions: inout [Action]) {
    while let number = gate.first, let job = jobs[number], isOpen(for: job) {
      gate.removeFirst()
      pass(job, now, &actions)
    }
  }

  /// Whether a command that is next at the gate may pass it.
  private func isOpen(for job: Job) -> Bool { sessionJob == nil && (job.effect != .process || jobs.count == 1) }

  /// Starts a command, or has it stand behind those on its account.
  private mutating func pass(_ job: Job, _ now: Duration, _ actions: inout [Action]) {
    if job.effect == .session { sessionJob = job.number }
    job.session = session
    let account: String? =
      switch job.account {
      case .none: nil
      case .named(let account): account
      case .session: session.account
      }
    if let account {
      if jobs.count == 1 {
        loneJob = (job, account)
      } else if !enter(job, account) {
        return
      }
    }
    start(job, now, &actions)
  }

  /// Puts a command into its account's queue, and says whether it is the first.
  private mutating func enter(_ job: Job, _ account: String) -> Bool {
    let queue = Self.queue(of: account, for: job.number, in: &queues[account])
    job.queue = queue
    if queue.running == job.number { return true }
    queue.waiting.append(job.number)
    return false
  }

  /// The queue of an account, which `number` begins if there is none.
  private static func queue(of account: String, for number: Int, in queue: inout AccountQueue?) -> AccountQueue {
    if let queue { return queue }
    let new = AccountQueue(account: account, running: number)
    queue = new
    return new
  }

  private mutating func start(_ job: Job, _ now: Duration, _ actions: inout [Action]) {
    setDeadline(job, now)
    actions.append(.start(job))
  }

  /// Has a command's timeout run from now.
  @discardableResult
  private mutating func setDeadline(_ job: Job, _ now: Duration) -> Duration {
    let deadline = now + job.timeout
    job.deadline = deadline
    earliestDeadline = min(earliestDeadline ?? deadline, deadline)
    return deadline
  }

  // MARK: Turns

  /// Puts a started command in line for what it needs to be sent.
  private mutating func ready(
    _ number: Int, _ turn: AccountService.Turn, _ now: Duration, _ actions: inout [Action]
  ) {
    guard let job = jobs[number] else { return }
    job.turn = turn
    job.deadline = nil
    if turn.addsClient, pace.isKept {
      if let wait = pace.join(number, at: now) { actions.append(.hold(job, wait)) }
    } else {
      lineUp(job, now, &actions)
    }
    sendNext(now, &actions)
  }

  private mutating func lineUp(_ job: Job, _ now: Duration, _ actions: inout [Action]) {
    if job.turn?.usesConnection ?? false {
      line.append(job.number)
    } else {
      send(job, now, &actions)
    }
  }

  /// Sends the commands whose turn has come.
  private mutating func sendNext(_ now: Duration, _ actions: inout [Action]) {
    if let number = pace.next(at: now), let job = jobs[number] { lineUp(job, now, &actions) }
    while connectionsInUse < connections, let number = line.removeFirst(), let job = jobs[number] {
      connectionsInUse += 1
      send(job, now, &actions)
    }
  }

  private mutating func send(_ job: Job, _ now: Duration, _ actions: inout [Action]) {
    pace.sent(job.number, at: now)
    job.isSent = true
    actions.append(.send(job.number, deadline: setDeadline(job, now)))
  }

  /// Gives back what a command has, or takes it out of the line.
  private mutating func leaveLine(_ job: Job, _ now: Duration, _ actions: inout [Action]) {
    guard let turn = job.turn else { return }
    if turn.addsClient { pace.ended(job.number, at: now) }
    if turn.usesConnection {
      if job.isSent { connectionsInUse -= 1 } else { line.remove(job.number) }
    }
    sendNext(now, &actions)
  }

  // MARK: Ends

  /// Forgets a command and lets those that waited for it go on.
  private mutating func finish(
    _ number: Int, session: Session?, _ now: Duration, _ actions: inout [Action]
  ) {
    guard let job = jobs.remove(number) else { return }
    if sessionJob == number {
      sessionJob = nil
      if let session { self.session = session }
    }
    if job.isGated { gate.remove(number) }
    loneJob = nil
    if let queue = job.queue { leave(queue, number, now, &actions) }
    leaveLine(job, now, &actions)
    openGate(now, &actions)
  }

  private mutating func leave(
    _ queue: AccountQueue, _ number: Int, _ now: Duration, _ actions: inout [Action]
  ) {
    guard queue.running == number else {
      queue.waiting.remove(number)
      return
    }
    guard let next = queue.waiting.removeFirst(), let job = jobs[next] else {
      queues[queue.account] = nil
      return
    }
    queue.running = next
    start(job, now, &actions)
  }

  private mutating func giveUp(_ job: Job, _ reason: Reason, _ now: Duration, _ actions: inout [Action]) {
    actions.append(job.givenUp(reason))
    finish(job.number, session: nil, now, &actions)
  }

  private mutating func tick(_ now: Duration, _ actions: inout [Action]) {
    if let stopDeadline, stopDeadline <= now {
      isAccepting = false
      // All at once: giving up one after the other would start what waits for it. A shutdown has what it wants.
      let all = all
      for job in all where job.effect != .process { actions.append(job.givenUp(.shuttingDown)) }
      for job in all where job.effect == .process {
        job.session = session
        actions.append(.start(job))
      }
      jobs = Slots()
      gate = FIFO()
      queues = [:]
      loneJob = nil
      line = FIFO()
      pace.end()
      connectionsInUse = 0
      sessionJob = nil
      return
    }
    sendNext(now, &actions)
    guard let earliest = earliestDeadline, earliest <= now else { return }
    // What starts from here on sets the bound anew.
    earliestDeadline = jobs.all.lazy.compactMap(\.value.deadline).filter { $0 > now }.min()
    let due = all.filter { $0.deadline.map { $0 <= now } ?? false }
    for job in due { giveUp(job, .timedOut, now, &actions) }
  }
}
