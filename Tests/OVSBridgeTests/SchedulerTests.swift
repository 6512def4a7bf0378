import Testing

@testable import OVSBridge

/// The order rules, each as a table of events and the actions that must follow at once.
@Suite struct SchedulerTests {
  struct Rule: Sendable, CustomStringConvertible {
    let description: String
    let steps: [(event: String, actions: String)]

    init(_ description: String, _ steps: [(String, String)]) {
      self.description = description
      self.steps = steps
    }
  }

  static let rules = [
    Rule(
      "Different accounts run side by side, one account's commands in the order of arrival",
      [
        ("arrive 1 change ann", "start 1 as nobody"), ("arrive 2 change bob", "start 2 as nobody"),
        ("arrive 3 read ann", ""), ("arrive 4 change ann", ""), ("arrive 5 read bob", ""),
        ("finish 2", "start 5 as nobody"), ("finish 1", "start 3 as nobody"), ("finish 3", "start 4 as nobody"),
        ("arrive 6 read ann", ""), ("finish 4", "start 6 as nobody"), ("finish 6", ""),
        ("arrive 7 read ann", "start 7 as nobody"),
      ]),
    Rule(
      "Commands that name no account wait for none",
      [("arrive 1 change", "start 1 as nobody"), ("arrive 2 change", "start 2 as nobody")]),
    Rule(
      "A command sees every session command before it as finished",
      [
        ("arrive 1 session", "start 1 as nobody"), ("arrive 2 change ann", ""), ("arrive 3 show", ""),
        ("arrive 4 session", ""), ("arrive 5 show", ""),
        ("finish 1 as bob", "start 2 as bob, start 3 as bob, start 4 as bob"),
        ("finish 4 as cid", "start 5 as cid"),
      ]),
    Rule(
      "A command sees no session command after it, even if it starts later",
      [
        ("arrive 1 change ann", "start 1 as nobody"), ("arrive 2 change ann", ""),
        ("arrive 3 session", "start 3 as nobody"), ("finish 3 as bob", ""), ("arrive 4 change bob", "start 4 as bob"),
        ("finish 1", "start 2 as nobody"),
      ]),
    Rule(
      "A session command that fails leaves the session",
      [
        ("arrive 1 session", "start 1 as nobody"), ("finish 1 as ann", ""), ("arrive 2 session", "start 2 as ann"),
        ("arrive 3 show", ""), ("finish 2", "start 3 as ann"),
      ]),
    Rule(
      "A slow account holds up no session command, and none behind it",
      [
        ("arrive 1 change ann", "start 1 as nobody"), ("arrive 2 session", "start 2 as nobody"),
        ("finish 2 as bob", ""), ("arrive 3 change own", "start 3 as bob"),
      ]),
    Rule(
      "A login waits for what came before on its account, and all behind it waits for the login",
      [
        ("arrive 1 change ann", "start 1 as nobody"), ("arrive 2 session ann", ""), ("arrive 3 change own", ""),
        ("arrive 4 change bob", ""), ("finish 1", "start 2 as nobody"),
        ("finish 2 as ann", "start 3 as ann, start 4 as ann"),
      ]),
    Rule(
      "The session's account is the same account by its name",
      [
        ("arrive 1 session", "start 1 as nobody"), ("finish 1 as ann", ""), ("arrive 2 change own", "start 2 as ann"),
        ("arrive 3 change ann", ""), ("arrive 4 change bob", "start 4 as ann"), ("finish 2", "start 3 as ann"),
      ]),
    Rule(
      "An immediate command waits for nothing and nothing waits for it",
      [
        ("arrive 1 session", "start 1 as nobody"), ("arrive 2 change ann", ""), ("arrive 3 now", "start 3 as nobody"),
        ("finish 1 as ann", "start 2 as ann"), ("arrive 4 now", "start 4 as ann"), ("finish 3", ""), ("finish 4", ""),
      ]),
    Rule(
      "A timeout runs from the start, not while a command waits",
      [
        ("arrive 1 change ann within 10", "start 1 as nobody"), ("arrive 2 change ann within 5", ""),
        ("time 9", ""), ("time 10", "timedOut 1, start 2 as nobody"), ("time 14", ""), ("time 15", "timedOut 2"),
        ("finish 1", ""), ("finish 2", ""),
      ]),
    Rule(
      "A login that times out opens the way, and leaves the session",
      [
        ("arrive 1 session ann within 1", "start 1 as nobody"), ("arrive 2 show", ""),
        ("time 1", "timedOut 1, start 2 as nobody"), ("finish 1 as ann", ""), ("arrive 3 show", "start 3 as nobody"),
      ]),
    Rule(
      "A command taken back lets those behind it go on, wherever it stood",
      [
        ("arrive 1 change ann", "start 1 as nobody"), ("arrive 2 change ann", ""), ("arrive 3 change ann", ""),
        ("cancel 2", "cancelled 2"), ("cancel 1", "cancelled 1, start 3 as nobody"), ("finish 1", ""),
        ("cancel 3", "cancelled 3"), ("cancel 3", ""), ("cancel 9", ""),
      ]),
    Rule(
      "A session command taken back while it waits, or runs, opens the way",
      [
        ("arrive 1 session", "start 1 as nobody"), ("arrive 2 session", ""), ("arrive 3 change ann", ""),
        ("cancel 2", "cancelled 2"), ("cancel 1", "cancelled 1, start 3 as nobody"),
      ]),
    Rule(
      "At the end of input nothing new is taken and what has arrived is carried through",
      [
        ("arrive 1 change ann", "start 1 as nobody"), ("arrive 2 change ann", ""), ("eof", ""),
        ("arrive 3 change bob", "shuttingDown 3"), ("arrive 4 now", "shuttingDown 4"),
        ("finish 1", "start 2 as nobody"), ("finish 2", ""),
      ]),
    Rule(
      "A shutdown waits for all before it, can't be taken back, and lets nothing in behind it",
      [
        ("arrive 1 change ann", "start 1 as nobody"), ("arrive 2 session", "start 2 as nobody"), ("arrive 3 end", ""),
        ("arrive 4 change bob", "shuttingDown 4"), ("cancel 3", ""), ("finish 2", ""),
        ("finish 1", "start 3 as nobody"), ("finish 3", ""),
      ]),
    Rule(
      "A shutdown with nothing before it starts at once", [("arrive 1 end", "start 1 as nobody"), ("finish 1", "")]),
    Rule(
      "At the deadline of a stop all is given up, and nothing that waited is started on the way",
      [
        ("arrive 1 change ann", "start 1 as nobody"), ("arrive 2 change ann", ""), ("arrive 3 session ann", ""),
        ("arrive 4 change bob", ""), ("arrive 5 end", ""), ("stop by 10", ""), ("time 9", ""),
        ("time 10", "shuttingDown 1, shuttingDown 2, shuttingDown 3, shuttingDown 4, start 5 as nobody"),
        ("finish 1", ""),
      ]),
    Rule(
      "A stop lets what has time to finish do so",
      [
        ("arrive 1 change ann", "start 1 as nobody"), ("arrive 2 change ann", ""), ("stop by 10", ""),
        ("time 5", ""), ("finish 1", "start 2 as nobody"), ("finish 2", ""), ("time 10", ""),
      ]),
    Rule(
      "A stop takes what was read before it, until its deadline",
      [
        ("stop by 10", ""), ("arrive 1 change ann", "start 1 as nobody"), ("time 10", "shuttingDown 1"),
        ("arrive 2 change ann", "shuttingDown 2"),
      ]),
    Rule(
      "A stop whose time is up already gives up at once",
      [("arrive 1 change ann", "start 1 as nobody"), ("stop by 0", "shuttingDown 1")]),
  ]

  @Test("The order rules", arguments: rules)
  func rule(_ rule: Rule) {
    var script = SchedulerScript()
    for (index, step) in rule.steps.enumerated() {
      let actions = script.take(step.event)
      #expect(actions == step.actions, "\(rule), step \(index + 1), \(step.event)")
    }
  }

  @Test("It is done when nothing is taken any more and nothing is left")
  func done() {
    var script = SchedulerScript()
    _ = script.take("arrive 1 change ann")
    #expect(!script.scheduler.isDone)
    _ = script.take("eof")
    #expect(!script.scheduler.isDone)
    _ = script.take("finish 1")
    #expect(script.scheduler.isDone)
  }

  @Test("It is full at its limit, which immediate commands don't count for")
  func full() {
    var script = SchedulerScript(limit: 2)
    for event in ["arrive 1 change ann", "arrive 2 now", "finish 2"] { _ = script.take(event) }
    #expect(!script.scheduler.isFull)
    _ = script.take("arrive 3 change ann")
    #expect(script.scheduler.isFull)
    _ = script.take("cancel 3")
    #expect(!script.scheduler.isFull)
  }

  @Test("It asks to be woken when something may be due, and not when nothing is")
  func wakeTime() {
    var script = SchedulerScript()
    #expect(script.scheduler.wakeTime == nil)
    _ = script.take("arrive 1 change ann within 30")
    #expect(script.scheduler.wakeTime == .seconds(30))
    _ = script.take("arrive 2 change bob within 10")
    #expect(script.scheduler.wakeTime == .seconds(10))
    _ = script.take("stop by 5")
    #expect(script.scheduler.wakeTime == .seconds(5))
    _ = script.take("finish 1")
    _ = script.take("finish 2")
    #expect(script.scheduler.wakeTime == nil)
  }
}
