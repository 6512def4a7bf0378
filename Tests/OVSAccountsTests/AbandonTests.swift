import OVSWire
import Testing

@testable import OVSAccounts

/// Jobs that are given up, and what is known of their requests then.
struct AbandonTests {
  private let bench = ServiceBench.loggedIn()

  @Test func `A request that was sent may have taken effect, and its answer comes to nobody`() throws {
    let job = try bench.start("CANCEL_PLAN")
    #expect(bench.service.abandon(job) == .unknown)
    #expect(bench.transport.abandoned == bench.transport.sent.map(\.ticket), "the transport is told")
    try bench.transport.reply(.success())
    #expect(bench.completions().isEmpty)
  }

  @Test func `A command that waits for new tokens was not sent`() throws {
    bench.now = .seconds(12 * 60 * 60)
    let job = try bench.start("CANCEL_PLAN")
    #expect(bench.service.abandon(job) == .notSent)
    try bench.transport.reply(.tokens("2"))
    #expect(bench.completions().isEmpty)
    #expect(bench.transport.requests.map(\.method) == [.tokenRefresh], "what was given up must not be sent after all")
  }

  @Test func `A command that waits after its token was refused was not carried out`() throws {
    let job = try bench.start("CANCEL_PLAN")
    try bench.transport.reply(.refusedToken)
    #expect(bench.next() == nil)
    #expect(bench.service.abandon(job) == .notSent)
  }

  @Test func `A job that was sent again may have taken effect`() throws {
    let job = try bench.start("CANCEL_PLAN")
    for reply in [AMAPIReply.refusedToken, .tokens("2")] {
      try bench.transport.reply(reply)
      #expect(bench.next() == nil)
    }
    #expect(bench.service.abandon(job) == .unknown)
    #expect(bench.transport.abandoned == [bench.transport.sent[2].ticket])
  }

  @Test func `A job that was never started, or has been given up, was not sent`() throws {
    #expect(bench.service.abandon(99) == .notSent)
    let job = try bench.start("CANCEL_PLAN")
    _ = bench.service.abandon(job)
    #expect(bench.service.abandon(job) == .notSent)
  }

  @Test func `Others that wait for the same tokens go on`() throws {
    bench.now = .seconds(12 * 60 * 60)
    let first = try bench.start("GET_ACCOUNT_TYPE")
    let second = try bench.start("GET_ACCOUNT_EXP_DATE")
    #expect(bench.service.abandon(first) == .notSent)
    let third = try bench.start("GET_ACCOUNT_CREDENTIAL")
    #expect(bench.transport.requests.count == 1, "the renewal under way serves them all")
    try bench.transport.reply(.tokens("2"))
    #expect(bench.next() == nil)
    for _ in 0..<2 { try bench.transport.reply(.success(["exp_date": "x", "vpn_username": "u", "vpn_password": "p"])) }
    #expect(bench.completions().map(\.job) == [second, third])
  }

  @Test func `The end of the session is told even if the command that found it was given up`() throws {
    bench.now = .seconds(12 * 60 * 60)
    let first = try bench.start("GET_ACCOUNT_TYPE")
    let second = try bench.start("GET_ACCOUNT_EXP_DATE")
    _ = bench.service.abandon(first)
    try bench.transport.reply(.refusedToken)
    let completions = bench.completions()
    #expect(completions.map(\.job) == [second])
    #expect(completions.flatMap(\.events).map(\.kind) == [.sessionExpired])
  }

  @Test func `The end of the session is told to the next command if nobody waits for the renewal any more`() throws {
    bench.now = .seconds(12 * 60 * 60)
    _ = bench.service.abandon(try bench.start("GET_ACCOUNT_TYPE"))
    try bench.transport.reply(.refusedToken)
    #expect(bench.completions().isEmpty)
    let kinds = try (0..<2).map { _ in try bench.run("GET_ACCOUNT_TYPE").events.map(\.kind) }
    #expect(kinds == [[.sessionExpired], []])
  }

  @Test func `A renewal goes on when nobody waits for it any more, so its tokens are not lost`() throws {
    bench.now = .seconds(12 * 60 * 60)
    let job = try bench.start("GET_ACCOUNT_TYPE")
    _ = bench.service.abandon(job)
    try bench.transport.reply(.tokens("2"))
    #expect(bench.completions().isEmpty)
    try bench.start("GET_ACCOUNT_TYPE")
    #expect(bench.transport.requests.last?.bearer == "short-2")
  }

  @Test func `A time to look again is told while something is under way`() throws {
    #expect(bench.wakeTime == nil)
    try bench.start("GET_ACCOUNT_TYPE")
    #expect(bench.wakeTime != nil)
  }
}
