import OVSWire
import Testing

@testable import OVSAccounts

/// Answers whose code the bridge doesn't know, or that have none, are told apart by their HTTP status.
struct HTTPStatusTests {
  private func failure(_ name: String, data: String = "{}", _ reply: AMAPIReply) throws -> Failure {
    let bench = ServiceBench.loggedIn()
    try bench.start(name, data)
    // A refused token would be renewed; here it was already.
    if reply.status == 401 {
      try bench.transport.reply(.refusedToken)
      #expect(bench.next() == nil)
      try bench.transport.reply(.tokens("2"))
      #expect(bench.next() == nil)
    }
    try bench.transport.reply(reply)
    return try #require(bench.next()?.failure)
  }

  private static let newClient = ("ADD_CLIENT", #"{"email":"a@b","countrycode":"us","type":1,"password":"p"}"#)

  @Test(
    arguments: [
      (400, .rejected), (401, .unauthorized), (403, .forbidden), (404, .clientNotFound), (409, .rejected),
      (422, .rejected), (429, .rateLimited), (500, .backend), (501, .backend),
    ] as [(Int, ErrorCode)])
  func `A refusal with an unknown code is what its status says, with the service's own words`(
    status: Int, code: ErrorCode
  ) throws {
    let failure = try failure("CANCEL_PLAN", .refusal(.string("E1"), "out of order", status: status))
    #expect(failure.code == code)
    #expect(failure[detail: "http_status"] == .integer(status))
    #expect(failure[detail: "backend_code"] == .string("E1"))
    #expect(failure[detail: "backend_message"] == .string("out of order"))
    #expect(failure.outcome == (code == .backend ? "unknown" : nil), "a refusal has no effect, a fault may have")
  }

  @Test func `A conflict is about the client only where one is added`() throws {
    let reply = AMAPIReply.refusal(.string("E1"), status: 409)
    #expect(try failure(Self.newClient.0, data: Self.newClient.1, reply).code == .clientExists)
    #expect(try failure("NEW_PRODUCT", data: #"{"type":1}"#, reply).code == .rejected)
    #expect(try failure(Self.newClient.0, data: Self.newClient.1, .refusal(nil, status: 404)).code == .rejected)
  }

  @Test(arguments: ["CLIENT_EXISTS", "client_exists", "ClientExists", "client-exists", "Client exists"])
  func `A known code is known however it is spelt`(code: String) throws {
    #expect(try failure("CANCEL_PLAN", .refusal(.string(code), status: 200)).code == .clientExists)
  }

  @Test(
    arguments: [
      (200, .backend, "no JSON object"), (204, .backend, "no JSON object"), (400, .backend, "no JSON object"),
      (301, .backend, "redirects"), (307, .backend, "redirects"), (401, .unauthorized, "refused"),
      (403, .forbidden, "forbids"), (302, .backend, "redirects"), (308, .backend, "redirects"),
      (410, .backend, "--amapi-endpoint"), (413, .backend, "no JSON"), (421, .backend, "no JSON"),
      (404, .backend, "--amapi-endpoint CancelClient=PATH"),
      (405, .backend, "--amapi-endpoint CancelClient=PATH"), (418, .backend, "no JSON object"),
      (429, .rateLimited, "too often"), (500, .backend, "failed (HTTP 500)"), (599, .backend, "failed (HTTP 599)"),
    ] as [(Int, ErrorCode, String)])
  func `An answer that is no JSON says what it is and what to do`(
    status: Int, code: ErrorCode, words: String
  ) throws {
    let failure = try failure("CANCEL_PLAN", AMAPIReply(status: status, body: .null))
    #expect(failure.code == code && failure.message.contains(words), "\(failure)")
    #expect(failure[detail: "http_status"] == .integer(status) && failure[detail: "backend_code"] == nil)
    #expect(failure.outcome == (code == .backend ? "unknown" : nil))
  }

  @Test func `A path that an object answers for is told as what it is`() throws {
    let failure = try failure("CANCEL_PLAN", .body(#"{"message":"Not Found"}"#, status: 404))
    #expect(failure.code == .backend && failure.message.contains("neither a success nor an error (HTTP 404)"))
    #expect(failure.message.contains("--amapi-endpoint CancelClient=PATH"))
  }

  @Test func `What a service writes at length is cut`() throws {
    let text = String(repeating: "é", count: 5000)
    let failure = try failure("CANCEL_PLAN", .refusal(.string(text), text, status: 400))
    for detail in ["backend_code", "backend_message"] {
      #expect(failure[detail: detail] == .string(String(repeating: "é", count: 500) + "…"))
    }
    #expect(failure.message.utf8.count < 1100)
  }

  @Test(arguments: [(502, "INVALID_TOKEN"), (500, "INVALID_TOKEN")])
  func `A token refused by a service that has failed is no refusal, for a change`(status: Int, code: String) throws {
    let bench = ServiceBench.loggedIn()
    try bench.start("CANCEL_PLAN")
    try bench.transport.reply(.refusal(.string(code), status: status))
    let failure = try #require(bench.next()?.failure)
    #expect(failure.code == .backend && failure.outcome == "unknown")
    #expect(bench.transport.requests.count == 1, "what may have been carried out is not sent again")
  }

  @Test func `A 401 that is none of the API's renews the token for a read, and ends a change`() throws {
    for body in ["null", #"{"status":"success"}"#, #"{"message":"who are you"}"#] {
      let reply = try AMAPIReply.body(body, status: 401)
      let reading = ServiceBench.loggedIn()
      try reading.start("GET_ACCOUNT_TYPE")
      try reading.transport.reply(reply)
      #expect(reading.next() == nil && reading.transport.requests.last?.method == .tokenRefresh)
      let changing = ServiceBench.loggedIn()
      try changing.start("CANCEL_PLAN")
      try changing.transport.reply(reply)
      #expect(changing.next()?.failure?.code == .unauthorized && changing.transport.requests.count == 1, "\(body)")
    }
    let bench = ServiceBench.loggedIn()
    try bench.start("CANCEL_PLAN")
    try bench.transport.reply(.refusal(.string("E7"), status: 401))
    #expect(bench.next() == nil && bench.transport.requests.last?.method == .tokenRefresh, "the API itself refused")
  }

  @Test func `A redirect's target is told on one line, without a secret`() throws {
    let reply = AMAPIReply(status: 302, location: "https://elsewhere.example/\nkey", body: .null)
    let failure = try failure("CANCEL_PLAN", reply)
    #expect(failure.message.contains(#""https://elsewhere.example/\n***""#), "\(failure.message)")
  }

  @Test func `A success by its body alone is none`() throws {
    let reply = try AMAPIReply.body(#"{"status":"success","type":"12"}"#, status: 500)
    #expect(try failure("GET_ACCOUNT_TYPE", reply).code == .backend)
  }

  @Test func `A new client refused for the pace may be tried again after the documented interval`() throws {
    let failure = try failure(Self.newClient.0, data: Self.newClient.1, AMAPIReply(status: 429, body: .null))
    #expect(failure.code == .rateLimited && failure[detail: "retry_after_s"] == .integer(10))
    let told = AMAPIReply(status: 429, retryAfter: 3, body: .null)
    #expect(try self.failure("CANCEL_PLAN", told)[detail: "retry_after_s"] == .integer(3))
    #expect(try self.failure("CANCEL_PLAN", AMAPIReply(status: 429, body: .null))[detail: "retry_after_s"] == nil)
  }
}
