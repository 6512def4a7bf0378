import OVSAccounts
import OVSWire

@testable import OVSBridge

/// A session for tests: its name, which is also its account.
struct Named: SessionValue, Equatable {
  let name: String
  var account: String? { name == "nobody" ? nil : name }
}

/// The scheduler driven by words, so that its rules can stand in tables.
///
/// Events: `arrive 3 change ann` (effects: session, read, change, show, now, end; accounts: a name, `own`, or none),
/// `arrive 3 change ann within 5`, `ready 3` (with `adding` if it adds a client, `online` if it uses a connection),
/// `finish 3`, `finish 3 as bob`, `cancel 3`, `time 7` (seconds), `eof`, `stop by 9`. Actions: `start 3 as ann`,
/// `send 3 by 17`, `hold 3 for 10`, `cancelled 3`, `timedOut 3`, `shuttingDown 3`.
struct SchedulerScript {
  var scheduler: Scheduler<Named, Void>
  private(set) var now = Duration.zero

  init(limit: Int = 1000, connections: Int = 1000, addClientInterval: Int = 0) {
    scheduler = Scheduler(
      session: Named(name: "nobody"), limit: limit, connections: connections,
      addClientInterval: .seconds(addClientInterval))
  }

  /// Takes an event and returns the actions, with `, ` between.
  mutating func take(_ event: String) -> String {
    let words = event.split(separator: " ").map(String.init)
    let number = words.count > 1 ? Int(words[1]) ?? 0 : 0
    let last = words.last.flatMap { Int($0) } ?? 0
    switch words[0] {
    case "arrive":
      let within = words.firstIndex(of: "within")
      let account = words.count > 3 && within != 3 ? words[3] : nil
      return handle(
        .arrived(
          .init(
            number, (), Self.effects[words[2]] ?? .immediate,
            account.map { $0 == "own" ? .session : .named($0) } ?? .none,
            timeout: .seconds(within == nil ? 1000 : last))))
    case "ready":
      let turn = AccountService.Turn(addsClient: words.contains("adding"), usesConnection: words.contains("online"))
      return handle(.ready(number, turn))
    case "finish":
      return handle(.finished(number, session: words.count > 3 ? Named(name: words[3]) : nil))
    case "cancel": return handle(.cancelled(number))
    case "time":
      now = .seconds(number)
      return handle(.tick)
    case "eof": return handle(.inputEnded)
    case "stop": return handle(.stopped(deadline: .seconds(last)))
    default: return "no such event: \(event)"
    }
  }

  private static let effects: [String: Command.Effect] = [
    "session": .session, "read": .accountRead, "change": .accountChange, "show": .sessionRead, "now": .immediate,
    "end": .process,
  ]

  private mutating func handle(_ event: Scheduler<Named, Void>.Event) -> String {
    var actions: [Scheduler<Named, Void>.Action] = []
    scheduler.handle(event, at: now, &actions)
    return actions.map { action in
      switch action {
      case .start(let job): "start \(job.number) as \(job.session?.name ?? "?")"
      case .send(let number, let deadline): "send \(number) by \(deadline.components.seconds)"
      case .hold(let job, let wait): "hold \(job.number) for \(wait.components.seconds)"
      case .giveUp(let job, let reason): "\(reason) \(job.number)"
      }
    }.joined(separator: ", ")
  }
}
