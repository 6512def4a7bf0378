import OVSWire
import Testing

@testable import OVSAccounts

/// Where new tokens can't be had, the session has ended: that is told once, and each command that needs it fails.
struct FailedRenewalTests {
  private let bench = ServiceBench.loggedIn(secretKey: "secret")

  private static let expired = Event(.sessionExpired, [.init("email", .string("Bob@example.com"))])

  @Test(arguments: [
    #"{"status":"error","code":"INVALID_TOKEN"}"#, #"{"status":"error","code":"CLIENT_NOT_FOUND"}"#,
    #"{"status":"error","code":"WHATEVER"}"#, #"{"status":"success"}"#,
    #"{"status":"success","short_token":"only"}"#, #"{"status":"success","short_token":"a\r\nb","long_token":"c"}"#,
  ])
  func `Whatever the renewal was refused for, one event comes before the answers`(reply: String) throws {
    bench.now = .seconds(12 * 60 * 60)
    let jobs = [
      try bench.start("GET_ACCOUNT_TYPE"), try bench.start("CANCEL_PLAN"), try bench.start("GET_ACCOUNT_EXP_DATE"),
    ]
    try bench.transport.reply(.body(reply))
    let completions = bench.completions()
    #expect(completions.map(\.job) == jobs)
    #expect(completions.map { $0.failure?.code } == [.notLoggedIn, .notLoggedIn, .notLoggedIn])
    #expect(completions.map(\.events) == [[Self.expired], [], []])
    #expect(bench.transport.requests.count == 1, "nothing goes out without a token that needs one")
  }

  @Test(
    arguments: [
      (.failure(TransportFailure(.notTrusted, wasSent: false, "it broke")), .network),
      (.failure(TransportFailure(.timeout, wasSent: true, "it broke")), .timeout),
      (.failure(TransportFailure(.noAnswer, wasSent: true, "it broke")), .backend),
      (.success(AMAPIReply(status: 500, body: .null)), .backend),
      (.success(AMAPIReply(status: 200, body: .null)), .backend),
      (.success(.refusal(.string("RATE_LIMITED"), status: 429)), .rateLimited),
      (.success(.refusal(.string("RATE_LIMITED"), status: 200)), .rateLimited),
      (.success(.refusal(.string("INVALID_APIKEY"), status: 401)), .unauthorized),
      (.success(.refusal(.string("NOT_PERMITTED"), status: 403)), .forbidden),
      (.success(AMAPIReply(status: 401, body: .null)), .unauthorized),
      (.success(AMAPIReply(status: 403, body: .null)), .forbidden),
    ] as [(Result<AMAPIReply, TransportFailure>, ErrorCode)])
  func `Where the service could not be asked the session goes on, and only these commands fail`(
    result: Result<AMAPIReply, TransportFailure>, code: ErrorCode
  ) throws {
    bench.now = .seconds(12 * 60 * 60)
    let jobs = [try bench.start("GET_ACCOUNT_TYPE"), try bench.start("CANCEL_PLAN")]
    try bench.transport.end(result)
    let completions = bench.completions()
    #expect(completions.map(\.job) == jobs)
    #expect(completions.map { $0.failure?.code } == [code, code] && completions.flatMap(\.events).isEmpty)
    #expect(completions.map { $0.failure?.outcome } == [nil, "not_sent"], "the commands themselves were never sent")

    try bench.start("GET_ACCOUNT_TYPE")
    try bench.transport.reply(.tokens("2"))
    #expect(bench.next() == nil)
    try bench.transport.reply(.success(["type": "12"]))
    #expect(bench.completions().map(\.data) == [.object([.init("type", .string("12"))])])
  }

  @Test func `A renewal has a limit of its own, and commands have none but their deadline`() throws {
    bench.now = .seconds(12 * 60 * 60)
    try bench.start("GET_ACCOUNT_TYPE")
    try bench.transport.reply(.tokens("2"))
    #expect(bench.next() == nil)
    #expect(bench.transport.limits == [.seconds(30), nil])
  }

  @Test func `A refused token that can't be renewed ends the session as well`() throws {
    try bench.start("GET_ACCOUNT_TYPE")
    try bench.transport.reply(.refusedToken)
    #expect(bench.next() == nil)
    try bench.transport.reply(.refusedToken)
    let completion = try #require(bench.next())
    #expect(completion.failure?.code == .notLoggedIn && completion.events == [Self.expired])

    let later = try bench.run("GET_ACCOUNT_TYPE")
    #expect(later.failure?.code == .notLoggedIn && later.events.isEmpty, "the end of a session is told once")
    #expect(try bench.run("GET_SESSION").data?["logged_in"] == .bool(false))
  }

  @Test(arguments: [("CLOSE_CLIENT", AMAPIRequest.Method.closeClient), ("RESET_PASSWORD", .resetPassword)])
  func `What needs no session goes on without its token, under the secret key`(
    name: String, method: AMAPIRequest.Method
  ) throws {
    try bench.start(name, #"{"email":"bob@example.com"}"#)
    for reply in [AMAPIReply.refusedToken, .refusedToken, .success()] {
      #expect(bench.next() == nil)
      try bench.transport.reply(reply)
    }
    let completion = try #require(bench.next())
    #expect(completion.data == .null && completion.events == [Self.expired])
    #expect(
      bench.transport.requests.last
        == AMAPIRequest(method, [.apiKey: "key", .email: "bob@example.com", .secretKey: "secret"]))
  }

  @Test func `A command that was sent before the session ended fails when its token is refused`() throws {
    let jobs = [try bench.start("GET_ACCOUNT_TYPE"), try bench.start("GET_ACCOUNT_EXP_DATE")]
    bench.transport.postpone(bench.transport.sent[1].ticket)
    try bench.transport.reply(.refusedToken)
    #expect(bench.next() == nil)
    bench.transport.postpone(bench.transport.sent[1].ticket)
    try bench.transport.reply(.refusedToken)
    try bench.transport.reply(.refusedToken)
    let completions = bench.completions()
    #expect(completions.map(\.job) == jobs)
    #expect(completions.map { $0.failure?.code } == [.notLoggedIn, .notLoggedIn])
    #expect(completions.flatMap(\.events) == [Self.expired])
    #expect(bench.transport.requests.count == 3, "a session that has ended is not renewed again")
  }

  @Test func `A command that waited for its turn while the session ended is not sent without its token`() throws {
    let request = try Request.named("CANCEL_PLAN")
    #expect(bench.service.start(.cancelPlan, request, as: 99, in: bench.session) != nil)
    try bench.start("GET_ACCOUNT_TYPE")
    try bench.transport.reply(.refusedToken)
    #expect(bench.next() == nil)
    try bench.transport.reply(.refusedToken)
    #expect(bench.completions().map { $0.failure?.code } == [.notLoggedIn])
    bench.service.send(99, by: .seconds(30), at: bench.now)
    let completion = try #require(bench.next())
    #expect(completion.job == 99 && completion.failure?.code == .notLoggedIn && completion.events.isEmpty)
    #expect(bench.transport.requests.count == 2)
  }

  @Test func `Tokens that come after the session has ended don't bring it back`() throws {
    try bench.start("NEW_PRODUCT", #"{"type":1}"#)
    try bench.start("GET_ACCOUNT_TYPE")
    bench.transport.postpone(bench.transport.sent[0].ticket)
    try bench.transport.reply(.refusedToken)
    #expect(bench.next() == nil)
    bench.transport.postpone(bench.transport.sent[0].ticket)
    try bench.transport.reply(.refusedToken)
    try bench.transport.reply(.tokens("9"))
    #expect(bench.completions().map { $0.failure?.code } == [.notLoggedIn, nil])
    #expect(try bench.run("GET_SESSION").data?["logged_in"] == .bool(false))
  }
}
