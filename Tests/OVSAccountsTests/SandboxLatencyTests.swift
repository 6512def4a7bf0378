import OVSWire
import Testing

@testable import OVSAccounts

/// Requests that take their time.
struct SandboxLatencyTests {
  private let sandbox = SandboxBench { $0.latency = .milliseconds(100) }.sandbox

  private func add(_ email: String) -> AMAPIRequest {
    AMAPIRequest(.addClient, [.apiKey: "key", .email: email, .country: "US", .type: "1"])
  }

  @Test func `An answer comes when its time has come, and the time is told`() throws {
    #expect(sandbox.wakeTime == nil)
    #expect(sandbox.send(add("a@b"), as: 7, at: .seconds(1)) == nil)
    #expect(sandbox.wakeTime == .milliseconds(1100))
    #expect(sandbox.receive(at: .milliseconds(1099)) == nil)
    let answer = try #require(sandbox.receive(at: .milliseconds(1100)))
    #expect(answer.ticket == 7 && answer.result.reply?.isSuccess == true)
    #expect(sandbox.receive(at: .seconds(9)) == nil)
    #expect(sandbox.wakeTime == nil)
  }

  @Test func `Answers come in the order of their requests, each once`() {
    for ticket in 1...3 {
      #expect(sandbox.send(add("c\(ticket)@example.com"), as: ticket, at: .milliseconds(ticket * 10)) == nil)
    }
    #expect(sandbox.wakeTime == .milliseconds(110))
    #expect(sandbox.receive(at: .milliseconds(120))?.ticket == 1)
    #expect(sandbox.wakeTime == .milliseconds(120))
    #expect(sandbox.receive(at: .milliseconds(120))?.ticket == 2)
    #expect(sandbox.receive(at: .milliseconds(120)) == nil)
    #expect(sandbox.receive(at: .seconds(1))?.ticket == 3)
  }

  @Test func `A request is judged by the time it arrives, however late its answer is fetched`() throws {
    let bench = SandboxBench {
      $0.latency = .milliseconds(100)
      $0.isWhitelisted = false
    }
    #expect(bench.sandbox.send(add("a@b"), as: 1, at: .zero) == nil)
    #expect(bench.sandbox.send(add("c@d"), as: 2, at: .seconds(4)) == nil)
    let answers = [bench.sandbox.receive(at: .seconds(60)), bench.sandbox.receive(at: .seconds(60))]
    #expect(answers.map { $0?.result.reply?.code } == [nil, "RATE_LIMITED"])
    #expect(answers[1]?.result.reply?.retryAfter == 6)
  }

  @Test func `A request that was given up has an unknown outcome, no answer, and its effect all the same`() {
    #expect(sandbox.send(add("a@b"), as: 1, at: .zero) == nil)
    #expect(sandbox.send(add("c@d"), as: 2, at: .zero) == nil)
    #expect(sandbox.abandon(1) == .unknown)
    #expect(sandbox.receive(at: .seconds(1))?.ticket == 2, "the answer to the one given up should not come")
    #expect(sandbox.receive(at: .seconds(1)) == nil)

    #expect(sandbox.send(add("A@B"), as: 3, at: .seconds(1)) == nil)
    #expect(sandbox.receive(at: .seconds(2))?.result.reply?.code == "CLIENT_EXISTS", "the one given up was carried out")
  }

  @Test func `A time is the start and what has passed since, in whole seconds`() {
    #expect(sandbox.time(at: .zero) == SandboxBench.start)
    #expect(sandbox.time(at: .milliseconds(90_999)).description == "2026-01-31T09:31:30Z")
  }
}
