import OVSWire
import Testing

@testable import OVSAccounts

/// What becomes of answers that refuse, and of those that make no sense.
struct RefusalTests {
  private let bench = ServiceBench.loggedIn(secretKey: "s3cret-secret")

  @Test(arguments: [
    ("INVALID_APIKEY", ErrorCode.unauthorized), ("INVALID_SECRETKEY", .unauthorized),
    ("INVALID_PASSWORD", .unauthorized),
    ("OTHER_ACCOUNT", .forbidden), ("NOT_PERMITTED", .forbidden), ("CLIENT_EXISTS", .clientExists),
    ("CLIENT_NOT_FOUND", .clientNotFound), ("UNKNOWN_PLAN", .unknownPlan), ("RATE_LIMITED", .rateLimited),
  ])
  func `A refusal that the bridge knows has an error of its own`(code: String, expected: ErrorCode) throws {
    let failure = try #require(try bench.run("CANCEL_PLAN", answer: .refusal(.string(code))).failure)
    #expect(failure.code == expected)
    #expect(failure.outcome == nil, "what was refused has not taken effect")
    #expect(failure.message != "because" && !failure.message.isEmpty, "the message is the bridge's own")
  }

  @Test func `A refused token is the one refusal that leads to a renewal`() {
    let tokens = AMAPIErrorCode.allCases.filter {
      AMAPIReply.refusal(.string($0.rawValue)).isTokenRefusal(of: .cancelClient)
    }
    #expect(tokens == [.invalidToken])
  }

  @Test func `A refusal for the pace says when to try again`() throws {
    let failure = try bench.run("CANCEL_PLAN", answer: .refusal(.string("RATE_LIMITED"), retryAfter: 7)).failure
    #expect(failure?[detail: "retry_after_s"] == .integer(7) && failure?.isRetryable == true)
    let vague = try bench.run("CANCEL_PLAN", answer: .refusal(.string("RATE_LIMITED"))).failure
    #expect(vague?[detail: "retry_after_s"] == nil && vague?.isRetryable == true)
  }

  @Test(
    arguments: [
      (.string("QUOTA"), .string("QUOTA")), (.number("1042"), .string("1042")),
      (nil, .null), (.bool(true), .null),
    ] as [(JSONValue?, JSONValue)])
  func `A refusal that the bridge does not know is passed on with its code and message`(
    code: JSONValue?, told: JSONValue
  ) throws {
    let failure = try #require(
      try bench.run("CANCEL_PLAN", answer: .refusal(code, "come back on Monday")).failure)
    #expect(failure.code == .rejected && !failure.isRetryable)
    #expect(failure.message.contains("come back on Monday"), "\(failure.message)")
    #expect(failure[detail: "backend_code"] == told)
    #expect(failure[detail: "backend_message"] == .string("come back on Monday"))
  }

  @Test(arguments: [
    ("GET_ACCOUNT_TYPE", ""), ("GET_ACCOUNT_TYPE", #","type":null"#), ("GET_ACCOUNT_TYPE", #","type":["12"]"#),
    ("GET_ACCOUNT_CREDENTIAL", #","vpn_username":"u""#), ("GET_ACCOUNT_CREDENTIAL", #","vpn_password":"p""#),
    ("GET_ACCOUNT_EXP_DATE", #","exp_date":true"#), ("GET_ACCOUNT_EXP_DATE", #","type":"12""#),
  ])
  func `A success that lacks what a question was about makes no sense`(name: String, members: String) throws {
    let body = #"{"status":"success"\#(members)}"#
    let failure = try #require(try bench.run(name, answer: .body(body)).failure, "\(name) took \(body)")
    #expect(failure.code == .backend && failure.outcome == nil && failure.isRetryable, "\(name): \(body)")
  }

  @Test(arguments: [[:], ["username": "a@b"], ["password": "p"]] as [[String: String]])
  func `A client added with a password that is not told may have been added`(members: [String: String]) throws {
    let failure = try #require(
      try bench.run(
        "ADD_CLIENT", #"{"email":"a@b","countrycode":"us","type":1}"#, answer: .success(members)
      ).failure)
    #expect(failure.code == .backend && failure.outcome == "unknown" && !failure.isRetryable)
  }

  @Test(arguments: ["null", "{}", "[]", #""success""#, #"{"status":"ok"}"#, #"{"status":true}"#, #"{"type":"12"}"#])
  func `An answer that is neither success nor error makes no sense, so what became of a change is unknown`(
    body: String
  ) throws {
    let read = try #require(try bench.run("GET_ACCOUNT_TYPE", answer: .body(body)).failure)
    #expect(read.code == .backend && read.outcome == nil, "a question answered with \(body): \(read)")
    let change = try #require(try bench.run("CANCEL_PLAN", answer: .body(body)).failure)
    #expect(change.code == .backend && change.outcome == "unknown", "a change answered with \(body): \(change)")
  }

  @Test func `What is mailed is an event before the answer`() throws {
    let reply = AMAPIReply(
      status: 200, body: AMAPIReply.success().body, mail: .init(to: "a@b", subject: "s", password: "p"))
    let completion = try bench.run("RESET_PASSWORD", #"{"email":"a@b"}"#, answer: reply)
    #expect(completion.data == .null)
    let members: [JSONValue.Member] = [
      .init("to", .string("a@b")), .init("subject", .string("s")), .init("password", .string("p")),
    ]
    #expect(completion.events == [Event(.sandboxMail, members)])
  }
}
