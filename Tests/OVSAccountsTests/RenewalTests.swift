import OVSWire
import Testing

@testable import OVSAccounts

/// The short token is renewed with the long one, once, when it is about to end or is refused.
struct RenewalTests {
  private let bench = ServiceBench.loggedIn()

  private static var renewal: AMAPIRequest {
    AMAPIRequest(.tokenRefresh, bearer: Secret("long-1"), [.apiKey: "key", .email: "Bob@example.com"])
  }

  private func getClient(_ token: String) -> AMAPIRequest {
    AMAPIRequest(.getClient, bearer: Secret(token), [.apiKey: "key", .email: "Bob@example.com"])
  }

  private static var type: AMAPIReply { .success(["type": "12"]) }

  @Test func `A token with more than a minute left is used as it is`() throws {
    bench.now = .seconds(12 * 60 * 60 - 61)
    try bench.start("GET_ACCOUNT_TYPE")
    #expect(bench.transport.requests == [getClient("short-1")])
  }

  @Test(arguments: [12 * 60 * 60 - 60, 12 * 60 * 60, 24 * 60 * 60])
  func `A token about to end is renewed before it is used`(second: Int) throws {
    bench.now = .seconds(second)
    try bench.start("GET_ACCOUNT_TYPE")
    #expect(bench.transport.requests == [Self.renewal])
    try bench.transport.reply(.tokens("2"))
    #expect(bench.next() == nil, "the command itself has not been answered")
    #expect(bench.transport.requests == [Self.renewal, getClient("short-2")])
    try bench.transport.reply(Self.type)
    #expect(bench.completions().map(\.data) == [.object([.init("type", .string("12"))])])

    try bench.start("GET_ACCOUNT_TYPE")
    #expect(bench.transport.requests.last == getClient("short-2"), "the new token lasts for later commands")
  }

  @Test func `New tokens last 12 hours from the answer that brought them`() throws {
    bench.now = .seconds(12 * 60 * 60)
    try bench.start("GET_ACCOUNT_TYPE")
    try bench.transport.reply(.tokens("2"))
    _ = bench.completions()
    try bench.transport.reply(Self.type)
    _ = bench.completions()

    bench.now = .seconds(24 * 60 * 60 - 61)
    try bench.run("GET_ACCOUNT_TYPE", answer: Self.type)
    bench.now = .seconds(24 * 60 * 60 - 60)
    try bench.start("GET_ACCOUNT_TYPE")
    #expect(bench.transport.requests.last?.method == .tokenRefresh)
  }

  @Test(arguments: [
    ("GET_ACCOUNT_TYPE", "{}"), ("CANCEL_PLAN", "{}"), ("NEW_PRODUCT", #"{"type":1}"#), ("CHANGE_PLAN", #"{"type":1}"#),
    ("CLOSE_CLIENT", #"{"email":"bob@example.com"}"#), ("RESET_PASSWORD", #"{"email":"bob@example.com"}"#),
  ])
  func `A refused token is renewed and the command sent again, changes too since nothing was done`(
    name: String, data: String
  ) throws {
    try bench.start(name, data)
    let first = try #require(bench.transport.requests.first)
    #expect(first.bearer == "short-1")
    for reply in [AMAPIReply.refusedToken, .tokens("2"), Self.type] {
      #expect(bench.next() == nil)
      try bench.transport.reply(reply)
    }
    #expect(bench.completions().map { $0.failure == nil } == [true])
    let again = AMAPIRequest(first.method, bearer: Secret("short-2"), form: first.fields)
    #expect(bench.transport.requests == [first, Self.renewal, again])
  }

  @Test func `A token that is refused after a renewal is not renewed again`() throws {
    try bench.start("GET_ACCOUNT_TYPE")
    for reply in [AMAPIReply.refusedToken, .tokens("2"), .refusedToken] {
      #expect(bench.next() == nil)
      try bench.transport.reply(reply)
    }
    #expect(bench.completions().map { $0.failure?.code } == [.unauthorized])
    #expect(bench.transport.requests.count == 3)
  }

  @Test func `Commands that wait for new tokens share one renewal`() throws {
    bench.now = .seconds(12 * 60 * 60)
    let jobs = try (0..<3).map { _ in try bench.start("GET_ACCOUNT_TYPE") }
    #expect(bench.transport.requests == [Self.renewal])
    try bench.transport.reply(.tokens("2"))
    #expect(bench.next() == nil)
    #expect(bench.transport.requests == [Self.renewal] + Array(repeating: getClient("short-2"), count: 3))
    for _ in jobs { try bench.transport.reply(Self.type) }
    #expect(Set(bench.completions().map(\.job)) == Set(jobs))
  }

  @Test func `Commands whose token is refused share one renewal, early and late ones`() throws {
    let jobs = try (0..<3).map { _ in try bench.start("GET_ACCOUNT_TYPE") }
    try bench.transport.reply(.refusedToken)
    try bench.transport.reply(.refusedToken)
    #expect(bench.next() == nil)
    let third = bench.transport.sent[2].ticket
    #expect(bench.transport.requests.count { $0 == Self.renewal } == 1)

    // The third one's refusal comes when the renewal is done already.
    bench.transport.postpone(third)
    try bench.transport.reply(.tokens("2"))
    #expect(bench.next() == nil)
    bench.transport.postpone(third)
    try bench.transport.reply(Self.type)
    try bench.transport.reply(Self.type)
    try bench.transport.reply(.refusedToken)
    #expect(Set(bench.completions().map(\.job)) == Set(jobs.prefix(2)))
    #expect(bench.transport.requests.last == getClient("short-2"))
    try bench.transport.reply(Self.type)
    #expect(bench.completions().map(\.job) == [jobs[2]])
    #expect(bench.transport.requests.count { $0.method == .tokenRefresh } == 1)
  }

  @Test func `What needs no token waits for none`() throws {
    bench.now = .seconds(12 * 60 * 60)
    try bench.start("ADD_CLIENT", #"{"email":"a@b","countrycode":"us","type":1}"#)
    try bench.start("LOGIN", #"{"email":"a@b","password":"x"}"#)
    try bench.start("CLOSE_CLIENT", #"{"email":"a@b"}"#)
    #expect(bench.transport.requests.map(\.bearer) == [nil, nil, nil])
  }

  @Test(arguments: ["NEW_PRODUCT", "CHANGE_PLAN"])
  func `Tokens in the answer to a purchase take the place of the session's`(name: String) throws {
    try bench.run(name, #"{"type":1}"#, answer: .tokens("9"))
    try bench.start("GET_ACCOUNT_TYPE")
    #expect(bench.transport.requests.last == getClient("short-9"))
    try bench.transport.reply(.refusedToken)
    _ = bench.completions()
    #expect(bench.transport.requests.last?.bearer == "long-9")
  }

  @Test func `Tokens of a client just added are not the session's`() throws {
    try bench.run("ADD_CLIENT", #"{"email":"a@b","countrycode":"us","type":1,"password":"p"}"#, answer: .tokens("9"))
    try bench.start("GET_ACCOUNT_TYPE")
    #expect(bench.transport.requests.last == getClient("short-1"))
  }
}
