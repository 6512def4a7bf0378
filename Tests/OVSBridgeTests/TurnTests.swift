import Testing

@testable import OVSBridge

/// Whose turn it is to be sent: connections are few, and new clients keep a pace. Each rule is a table of events and the
/// actions that must follow at once.
@Suite struct TurnTests {
  struct Rule: Sendable, CustomStringConvertible {
    let description: String
    var connections = 1000
    var interval = 0
    let steps: [(event: String, actions: String)]
  }

  static let rules = [
    Rule(
      description: "A command is sent as soon as it is ready, and its timeout runs from then",
      steps: [
        ("arrive 1 change ann within 10", "start 1 as nobody"), ("ready 1 online", "send 1 by 10"),
        ("time 9", ""), ("time 10", "timedOut 1"),
      ]),
    Rule(
      description: "No more commands are under way than there are connections, in the order in which they got ready",
      connections: 2,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("arrive 2 change bob", "start 2 as nobody"),
        ("arrive 3 change cid", "start 3 as nobody"), ("arrive 4 change dan", "start 4 as nobody"),
        ("ready 1 online", "send 1 by 1000"), ("ready 3 online", "send 3 by 1000"), ("ready 4 online", ""),
        ("ready 2 online", ""), ("finish 3", "send 4 by 1000"), ("finish 4", "send 2 by 1000"), ("finish 1", ""),
        ("finish 2", ""), ("arrive 5 read ann", "start 5 as nobody"), ("ready 5 online", "send 5 by 1000"),
      ]),
    Rule(
      description: "A timeout doesn't run while a command waits for a connection",
      connections: 1,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1 online", "send 1 by 1000"),
        ("arrive 2 change bob within 5", "start 2 as nobody"), ("ready 2 online", ""), ("time 100", ""),
        ("finish 1", "send 2 by 105"), ("time 105", "timedOut 2"),
      ]),
    Rule(
      description: "What needs no connection waits for none",
      connections: 1,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1 online", "send 1 by 1000"),
        ("arrive 2 change bob", "start 2 as nobody"), ("ready 2 online", ""),
        ("arrive 3 change cid", "start 3 as nobody"), ("ready 3", "send 3 by 1000"),
      ]),
    Rule(
      description: "A command that is taken back, or times out, gives its connection or its place in the line back",
      connections: 1,
      steps: [
        ("arrive 1 change ann within 5", "start 1 as nobody"), ("ready 1 online", "send 1 by 5"),
        ("arrive 2 change bob", "start 2 as nobody"), ("ready 2 online", ""),
        ("arrive 3 change cid", "start 3 as nobody"), ("ready 3 online", ""),
        ("arrive 4 change dan", "start 4 as nobody"), ("ready 4 online", ""), ("cancel 2", "cancelled 2"),
        ("time 5", "timedOut 1, send 3 by 1005"), ("cancel 3", "cancelled 3, send 4 by 1005"),
      ]),
    Rule(
      description: "A login waits for a connection too, and all behind it for the login",
      connections: 1,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1 online", "send 1 by 1000"),
        ("arrive 2 session bob", "start 2 as nobody"), ("ready 2 online", ""), ("arrive 3 read own", ""),
        ("finish 1", "send 2 by 1000"), ("finish 2 as bob", "start 3 as bob"), ("ready 3 online", "send 3 by 1000"),
      ]),
    Rule(
      description: "A command that fails before it is ready takes no turn",
      connections: 1, interval: 10,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("finish 1", ""), ("arrive 2 change bob", "start 2 as nobody"),
        ("ready 2 adding online", "send 2 by 1000"),
      ]),
    Rule(
      description: "New clients are an interval apart from the answer to the one before, each announced, in order",
      interval: 10,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1 adding online", "send 1 by 1000"),
        ("arrive 2 change bob", "start 2 as nobody"), ("ready 2 adding online", "hold 2 for 10"),
        ("arrive 3 change cid", "start 3 as nobody"), ("ready 3 adding online", "hold 3 for 20"),
        ("time 1", ""), ("finish 1", ""), ("arrive 4 change dan", "start 4 as nobody"),
        ("ready 4 adding online", "hold 4 for 30"), ("time 10", ""), ("time 11", "send 2 by 1011"), ("time 12", ""),
        ("finish 2", ""), ("time 21", ""), ("time 22", "send 3 by 1022"), ("finish 3", ""),
        ("time 32", "send 4 by 1032"),
      ]),
    Rule(
      description: "Where an answer is long in coming, the next client goes after twice the interval",
      interval: 10,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1 adding", "send 1 by 1000"),
        ("arrive 2 change bob", "start 2 as nobody"), ("ready 2 adding", "hold 2 for 10"), ("time 19", ""),
        ("time 20", "send 2 by 1020"), ("finish 1", ""), ("arrive 3 change cid", "start 3 as nobody"),
        ("ready 3 adding", "hold 3 for 10"), ("time 21", ""), ("finish 2", ""), ("time 30", ""),
        ("time 31", "send 3 by 1031"),
      ]),
    Rule(
      description: "The pace holds new clients alone",
      interval: 10,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1 adding", "send 1 by 1000"),
        ("arrive 2 change bob", "start 2 as nobody"), ("ready 2 adding", "hold 2 for 10"),
        ("arrive 3 change cid", "start 3 as nobody"), ("ready 3", "send 3 by 1000"), ("finish 3", ""),
      ]),
    Rule(
      description: "After a pause longer than the interval nobody is held back",
      interval: 10,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1 adding", "send 1 by 1000"), ("finish 1", ""),
        ("time 10", ""), ("arrive 2 change bob", "start 2 as nobody"), ("ready 2 adding", "send 2 by 1010"),
      ]),
    Rule(
      description: "A timeout doesn't run while the pace holds a command, and what is taken back makes way",
      interval: 10,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1 adding", "send 1 by 1000"), ("finish 1", ""),
        ("arrive 2 change bob within 1", "start 2 as nobody"), ("ready 2 adding", "hold 2 for 10"),
        ("arrive 3 change cid within 1", "start 3 as nobody"), ("ready 3 adding", "hold 3 for 20"),
        ("time 9", ""), ("cancel 2", "cancelled 2"), ("time 10", "send 3 by 11"), ("time 11", "timedOut 3"),
      ]),
    Rule(
      description: "A new client whose time has come still waits for a connection, and the pace runs from when it goes",
      connections: 1, interval: 10,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1 adding online", "send 1 by 1000"), ("finish 1", ""),
        ("arrive 2 read cid", "start 2 as nobody"), ("ready 2 online", "send 2 by 1000"),
        ("arrive 3 change bob", "start 3 as nobody"), ("ready 3 adding online", "hold 3 for 10"),
        ("arrive 4 change dan", "start 4 as nobody"), ("ready 4 adding online", "hold 4 for 20"), ("time 10", ""),
        ("time 30", ""), ("finish 2", "send 3 by 1030"), ("finish 3", ""), ("time 39", ""),
        ("time 40", "send 4 by 1040"),
      ]),
    Rule(
      description: "At the end of input what the pace holds is still carried through",
      interval: 10,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1 adding", "send 1 by 1000"),
        ("arrive 2 change bob", "start 2 as nobody"), ("ready 2 adding", "hold 2 for 10"), ("eof", ""),
        ("finish 1", ""), ("time 10", "send 2 by 1010"), ("finish 2", ""),
      ]),
    Rule(
      description: "A stop sends what has its turn in time, and gives the rest up unsent",
      interval: 10,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1 adding", "send 1 by 1000"), ("finish 1", ""),
        ("arrive 2 change bob", "start 2 as nobody"), ("ready 2 adding", "hold 2 for 10"),
        ("arrive 3 change cid", "start 3 as nobody"), ("ready 3 adding", "hold 3 for 20"), ("stop by 15", ""),
        ("time 10", "send 2 by 1010"), ("finish 2", ""), ("time 15", "shuttingDown 3"), ("time 30", ""),
      ]),
    Rule(
      description: "A new client on an account waits for the account first, and is in nobody's way",
      interval: 10,
      steps: [
        ("arrive 1 change ann", "start 1 as nobody"), ("ready 1", "send 1 by 1000"), ("arrive 2 change ann", ""),
        ("arrive 3 change bob", "start 3 as nobody"), ("ready 3 adding", "send 3 by 1000"), ("finish 3", ""),
        ("finish 1", "start 2 as nobody"), ("ready 2 adding", "hold 2 for 10"), ("time 10", "send 2 by 1010"),
      ]),
  ]

  @Test("The rules of turns", arguments: rules)
  func rule(_ rule: Rule) {
    var script = SchedulerScript(connections: rule.connections, addClientInterval: rule.interval)
    for (index, step) in rule.steps.enumerated() {
      let actions = script.take(step.event)
      #expect(actions == step.actions, "\(rule), step \(index + 1), \(step.event)")
    }
  }

  @Test("It asks to be woken when the next new client may go")
  func wakeTime() {
    var script = SchedulerScript(addClientInterval: 10)
    for event in ["arrive 1 change ann", "ready 1 adding", "arrive 2 change bob", "ready 2 adding"] {
      _ = script.take(event)
    }
    #expect(script.scheduler.wakeTime == .seconds(20), "the first is not answered yet")
    _ = script.take("finish 1")
    #expect(script.scheduler.wakeTime == .seconds(10))
    _ = script.take("cancel 2")
    #expect(script.scheduler.wakeTime == nil)
  }
}
