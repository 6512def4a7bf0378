import OVSWire
import Testing

@testable import OVSAccounts

/// What starts, shows, changes and ends the session.
struct SessionCommandTests {
  private let bench = ServiceBench.loggedIn()

  private func isLoggedIn() throws -> Bool { try bench.run("GET_SESSION").data?["logged_in"] == .bool(true) }

  @Test(arguments: [
    ("SET_API_KEY", #"{"api_key":"key"}"#, true), ("SET_API_KEY", #"{"api_key":"Key"}"#, false),
    ("SET_API_KEY", #"{"api_key":"key "}"#, false), ("SET_API_KEY", #"{"api_domain":"other"}"#, false),
    ("SET_SECRET_KEY", #"{"secret_key":"s"}"#, true), ("SET_API_DOMAIN", #"{"api_domain":"acme"}"#, false),
    ("LOGOUT", "{}", false),
    ("SET_API_KEY", #"{"api_key":"\u212Aey"}"#, false), ("SET_API_KEY", "{}", true),
    ("SET_API_KEY", #"{"api_key":""}"#, true),
    ("SET_API_DOMAIN", #"{"api_domain":"no host"}"#, true),
    ("LOGOUT", #"{"now":true}"#, true),
  ])
  func `Another key or domain ends the session; the same one, and a refused command, don't`(
    name: String, data: String, isKept: Bool
  ) throws {
    try bench.run(name, data)
    #expect(try isLoggedIn() == isKept, "after \(name) \(data)")
  }

  @Test(arguments: [
    ("acme", true), ("https://ACME.vpngn.com/", true), ("acme.vpngn.com:8443", false), ("other", false),
  ])
  func `A domain written in another way is the same`(text: String, isKept: Bool) throws {
    bench.session.backend = .amapi(try #require(APIDomain("acme.vpngn.com")))
    #expect(try bench.run("SET_API_DOMAIN", #"{"api_domain":"\#(text)"}"#).data == .null)
    #expect(try isLoggedIn() == isKept, "\(text)")
  }

  @Test func `A session shows itself without its secrets`() throws {
    let shown = try bench.run("GET_SESSION").data
    let expected = try JSONValue(
      json: #"""
        {"backend":"sandbox","api_domain":null,"api_key_set":true,"logged_in":true,"email":"Bob@example.com",
        "expires_at":"2026-01-31T21:30:00Z"}
        """#)
    #expect(shown == expected)

    try bench.run("SET_API_DOMAIN", #"{"api_domain":"acme"}"#)
    bench.session.apiKey = nil
    let other = try bench.run("GET_SESSION").data
    let bare = try JSONValue(
      json: #"""
        {"backend":"amapi","api_domain":"acme.vpngn.com","api_key_set":false,"logged_in":false,"email":null,
        "expires_at":null}
        """#)
    #expect(other == bare)
  }

  @Test func `A login makes the session, with the tokens of its answer`() throws {
    let completion = try bench.run("LOGIN", #"{"email":"Eve@b","password":"x"}"#, answer: .tokens("eve"))
    #expect(completion.data == .null)
    #expect(bench.session.account == "eve@b")
    try bench.start("GET_ACCOUNT_TYPE")
    #expect(
      bench.transport.requests.last
        == AMAPIRequest(.getClient, bearer: Secret("short-eve"), [.apiKey: "key", .email: "Eve@b"]))
  }

  @Test(arguments: [
    (#"{"status":"error","code":"INVALID_PASSWORD"}"#, ErrorCode.unauthorized),
    (#"{"status":"error","code":"CLIENT_NOT_FOUND"}"#, .clientNotFound),
    (#"{"status":"error","code":"INVALID_TOKEN"}"#, .unauthorized), (#"{"status":"error","code":"CUSTOM"}"#, .rejected),
    (#"{"status":"success"}"#, .backend), (#"{"status":"success","short_token":"x"}"#, .backend),
  ])
  func `A failed login leaves the session as it was`(reply: String, code: ErrorCode) throws {
    let completion = try bench.run("LOGIN", #"{"email":"eve@b","password":"x"}"#, answer: .body(reply))
    #expect(completion.failure?.code == code && completion.session == nil)
    #expect(completion.failure?.outcome == nil, "a login is no change of an account")
    #expect(bench.session.account == "bob@example.com")
    #expect(bench.transport.requests.count == 1, "a login has no token to renew")
    try bench.start("GET_ACCOUNT_TYPE")
    #expect(bench.transport.requests.last?.bearer == "short-1")
  }

  @Test func `A command under way keeps the session that it started with`() throws {
    let job = try bench.start("GET_ACCOUNT_TYPE")
    try bench.run("LOGOUT")
    #expect(bench.session.account == nil)
    try bench.transport.reply(.success(["type": "12"]))
    let completion = try #require(bench.next())
    #expect(completion.job == job && completion.failure == nil && completion.session == nil)
    #expect(bench.session.account == nil)
  }

  @Test func `Logging out without a session is no error`() throws {
    try bench.run("LOGOUT")
    #expect(try bench.run("LOGOUT").data == .null)
  }

  @Test func `A key that differs in its bytes alone is another key`() throws {
    bench.session.apiKey = Secret("caf\u{E9}")
    try bench.run("SET_API_KEY", #"{"api_key":"cafe\u0301"}"#)
    #expect(try !isLoggedIn())
  }
}
