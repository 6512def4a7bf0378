import OVSWire
import Testing

@testable import OVSAccounts

/// What is sent again by the bridge, when, and what never is.
struct RetryTests {
  private let bench = ServiceBench.loggedIn()

  private static let read = ("GET_ACCOUNT_TYPE", "{}")
  private static let change = ("CANCEL_PLAN", "{}")
  private static let login = ("LOGIN", #"{"email":"a@b","password":"p"}"#)

  /// Whether the command's request is sent again after `result`.
  private func isSentAgain(
    _ command: (name: String, data: String), after result: Result<AMAPIReply, TransportFailure>
  ) throws -> Bool {
    let bench = ServiceBench.loggedIn()
    try bench.start(command.name, command.data)
    try bench.transport.end(result)
    let ended = bench.completions()
    bench.now = bench.wakeTime ?? .zero
    #expect(bench.completions().isEmpty, "\(command.name) ended twice")
    let isAgain = bench.transport.requests.count == 2
    #expect(isAgain == ended.isEmpty, "\(command.name) either ends or is sent again")
    if isAgain { #expect(bench.transport.requests[0] == bench.transport.requests[1]) }
    return isAgain
  }

  @Test(
    arguments: [
      (.noConnection, false, true, true), (.noConnection, true, true, false), (.lost, false, true, true),
      (.lost, true, false, false),
      (.notTrusted, false, false, false), (.timeout, true, false, false), (.timeout, false, false, false),
      (.noAnswer, true, false, false),
    ] as [(TransportFailure.Kind, Bool, Bool, Bool)])
  func `After a failure a request is sent again only if no connection came about or it was certainly not sent`(
    kind: TransportFailure.Kind, wasSent: Bool, isReadAgain: Bool, isChangeAgain: Bool
  ) throws {
    let failure = TransportFailure(kind, wasSent: wasSent, "it broke")
    #expect(try isSentAgain(Self.read, after: .failure(failure)) == isReadAgain)
    #expect(try isSentAgain(Self.login, after: .failure(failure)) == isReadAgain, "a login changes nothing")
    #expect(try isSentAgain(Self.change, after: .failure(failure)) == isChangeAgain)
  }

  @Test(arguments: [200, 400, 403, 404, 429, 500, 501, 502, 503, 504, 505])
  func `After an answer only what changes nothing is sent again, and only after 502, 503 and 504`(status: Int) throws {
    let reply = AMAPIReply(status: status, body: .null)
    #expect(try isSentAgain(Self.read, after: .success(reply)) == (502...504).contains(status))
    #expect(try isSentAgain(Self.login, after: .success(reply)) == (502...504).contains(status))
    #expect(try !isSentAgain(Self.change, after: .success(reply)))
  }

  @Test func `The waits double, vary, and come to an end`() throws {
    try bench.start("GET_ACCOUNT_TYPE")
    for longest in [200, 400, 800] {
      try bench.transport.fail(.noConnection, wasSent: false)
      #expect(bench.next() == nil)
      let wait = try #require(bench.wakeTime) - bench.now
      #expect(wait >= .milliseconds(longest / 2) && wait <= .milliseconds(longest), "\(wait)")
      #expect(bench.completions().isEmpty)
      bench.now = try #require(bench.wakeTime)
      #expect(bench.next() == nil)
    }
    try bench.transport.fail(.noConnection, wasSent: false)
    let completion = try #require(bench.next())
    #expect(completion.failure?.code == .network && completion.failure?.message == "it broke")
    #expect(bench.transport.requests.count == 4 && bench.wakeTime == nil)
  }

  @Test func `What is sent again can succeed`() throws {
    try bench.start("CANCEL_PLAN")
    try bench.transport.fail(.noConnection, wasSent: false)
    #expect(bench.next() == nil)
    bench.now = try #require(bench.wakeTime)
    #expect(bench.next() == nil)
    try bench.transport.reply(.success())
    #expect(bench.completions().map(\.data) == [.null])
  }

  @Test func `A service that says when to come back is asked then`() throws {
    try bench.start("GET_ACCOUNT_TYPE")
    try bench.transport.reply(AMAPIReply(status: 503, retryAfter: 7, body: .null))
    #expect(bench.next() == nil)
    #expect(bench.wakeTime == .seconds(7))
  }

  @Test func `What can't be sent again in time fails at once, for what it failed`() throws {
    bench.timeout = .seconds(5)
    let late = try bench.run("GET_ACCOUNT_TYPE", answer: AMAPIReply(status: 503, retryAfter: 7, body: .null))
    #expect(late.failure?.code == .backend && late.failure?[detail: "retry_after_s"] == .integer(7))
    bench.timeout = .milliseconds(50)
    try bench.start("CANCEL_PLAN")
    try bench.transport.fail(.noConnection, wasSent: false)
    let failure = try #require(bench.next()?.failure)
    #expect(failure.code == .network && failure.outcome == "not_sent" && failure.isRetryable)
  }

  @Test func `A command given up while it waits to be sent again was not sent, and never is`() throws {
    let job = try bench.start("CANCEL_PLAN")
    try bench.transport.fail(.noConnection, wasSent: false)
    #expect(bench.next() == nil)
    #expect(bench.service.abandon(job) == .notSent)
    bench.now = try #require(bench.wakeTime)
    #expect(bench.next() == nil)
    #expect(bench.transport.requests.count == 1 && bench.wakeTime == nil)
  }

  @Test func `A renewal is sent again as a read is, and those that wait for it go on`() throws {
    bench.now = .seconds(12 * 60 * 60)
    bench.timeout = .seconds(600)
    let job = try bench.start("CANCEL_PLAN")
    for result in [
      Result.failure(TransportFailure(.noConnection, wasSent: false, "it broke")),
      .success(AMAPIReply(status: 503, body: .null)), .success(.tokens("2")),
    ] {
      try bench.transport.end(result)
      #expect(bench.next() == nil)
      bench.now = bench.wakeTime ?? bench.now
      #expect(bench.next() == nil)
    }
    #expect(bench.transport.requests.map(\.method) == [.tokenRefresh, .tokenRefresh, .tokenRefresh, .cancelClient])
    try bench.transport.reply(.success())
    #expect(bench.completions().map(\.job) == [job])
  }

  @Test func `A failed change tells what became of it, and a read has no outcome`() throws {
    for (kind, wasSent, code, outcome) in [
      (.lost, true, .network, "unknown"), (.notTrusted, false, .network, "not_sent"),
      (.timeout, true, .timeout, "unknown"), (.noAnswer, true, .backend, "unknown"),
    ] as [(TransportFailure.Kind, Bool, ErrorCode, String)] {
      for (name, expected) in [("CANCEL_PLAN", outcome), ("GET_ACCOUNT_TYPE", nil)] {
        try bench.start(name)
        try bench.transport.fail(kind, wasSent: wasSent)
        let failure = try #require(bench.next()?.failure)
        #expect(failure.code == code && failure.outcome == expected, "\(name), \(kind)")
        #expect(failure.isRetryable == (expected != "unknown"))
        #expect(failure.message.contains("not known") == (expected == "unknown"), "\(failure.message)")
      }
    }
  }
}
