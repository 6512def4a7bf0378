import Foundation
import OVSWire
import TestSupport
import Testing

@testable import OVSBridge

/// Random interleavings against a model that says the order rules outright and looks at all commands every time.
@Suite struct SchedulerModelTests {
  /// A command as the model sees it.
  struct Entry {
    let number: Int
    let effect: String
    /// The account it names; "own" for the session's.
    let account: String?
    let timeout: Int
    var startedAt: Int?
    /// The session it must be started with, and its account, once they are known.
    var session: String?
    var resolved: String?
  }

  struct Model {
    var entries: [Entry] = []
    var session = "nobody"
    var isAccepting = true

    /// What may start now and has not: a command with no unfinished session command before it, and no unfinished
    /// command before it on its account; a shutdown, with nothing unfinished before it.
    mutating func starts(at now: Int) -> Set<String> {
      var started: Set<String> = []
      var openAccounts: Set<String> = []
      for index in entries.indices {
        let isFirst = index == 0
        if entries[index].effect == "end", !isFirst { break }
        if entries[index].session == nil {
          entries[index].session = session
          let own = session == "nobody" ? nil : session
          entries[index].resolved = entries[index].account == "own" ? own : entries[index].account
        }
        let isFree = entries[index].resolved.map { openAccounts.insert($0).inserted } ?? true
        if isFree, entries[index].startedAt == nil {
          entries[index].startedAt = now
          started.insert("start \(entries[index].number) as \(entries[index].session ?? "")")
        }
        if entries[index].effect == "session" { break }
      }
      return started
    }

    mutating func remove(_ number: Int) -> Entry? {
      entries.firstIndex { $0.number == number }.map { entries.remove(at: $0) }
    }
  }

  @Test("Random interleavings go as the model says", arguments: 0..<300)
  func interleaving(_ round: Int) {
    let seed = SeededRandom.newSeed()
    var random = SeededRandom(seed: seed)
    var script = SchedulerScript()
    var model = Model()
    var now = 0
    var log: [String] = []
    for number in 1...120 {
      let event: String
      var expected: Set<String> = []
      let running = model.entries.filter { $0.startedAt != nil }
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<9:
        let effects = ["session", "read", "change", "change", "show", "now"] + (number > 100 ? ["end"] : [])
        let effect = effects.randomElement(using: &random) ?? "now"
        let account =
          ["show", "now", "end"].contains(effect)
          ? nil : ["ann", "bob", "cid", "own", nil].randomElement(using: &random) ?? nil
        let timeout = Int.random(in: 5...60, using: &random)
        event = ["arrive \(number) \(effect)", account, "within \(timeout)"].compactMap(\.self).joined(separator: " ")
        if !model.isAccepting {
          expected = ["shuttingDown \(number)"]
        } else if effect == "now" {
          expected = ["start \(number) as \(model.session)"]
        } else {
          model.entries.append(Entry(number: number, effect: effect, account: account, timeout: timeout))
          if effect == "end" { model.isAccepting = false }
        }
      case 9..<15:
        guard let done = running.randomElement(using: &random) else { continue }
        let made = done.effect == "session" ? ["ann", "bob", "nobody", nil].randomElement(using: &random) ?? nil : nil
        event = "finish \(done.number)" + (made.map { " as \($0)" } ?? "")
        _ = model.remove(done.number)
        if let made { model.session = made }
      case 15..<18:
        guard let taken = model.entries.randomElement(using: &random) else { continue }
        event = "cancel \(taken.number)"
        if taken.effect != "end", model.remove(taken.number) != nil { expected = ["cancelled \(taken.number)"] }
      default:
        now += Int.random(in: 1...10, using: &random)
        event = "time \(now)"
        for entry in running where (entry.startedAt ?? now) + entry.timeout <= now {
          _ = model.remove(entry.number)
          expected.insert("timedOut \(entry.number)")
        }
      }
      expected.formUnion(model.starts(at: now))
      log.append(event)
      let actions = Set(script.take(event).components(separatedBy: ", ").filter { !$0.isEmpty })
      guard actions == expected else {
        Issue.record(
          "seed \(seed): after\n\(log.joined(separator: "\n"))\nexpected \(expected.sorted()), got \(actions.sorted())")
        return
      }
    }
    #expect(script.scheduler.isDone == (!model.isAccepting && model.entries.isEmpty))
  }
}
