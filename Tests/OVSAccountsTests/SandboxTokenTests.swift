import OVSWire
import Testing

@testable import OVSAccounts

/// What tokens are good for, and for how long.
struct SandboxTokenTests {
  private let bench = SandboxBench()
  private static let halfDay = Duration.seconds(12 * 60 * 60)

  @Test func `A short token ends after 12 hours`() throws {
    let tokens = try bench.add("a@b")
    let last = Self.halfDay - .seconds(1)
    #expect(try bench.ask(.getClient, bearer: tokens.short, [.email: "a@b"], at: last).code == nil)
    let reply = try bench.ask(.getClient, bearer: tokens.short, [.email: "a@b"], at: Self.halfDay)
    #expect(reply.code == "INVALID_TOKEN" && reply.status == 401)
  }

  @Test func `A token is good for its own account alone`() throws {
    let tokens = try bench.add("bob@example.com")
    try bench.add("eve@example.com")
    for method in [.getClient, .newProduct, .upgradeProduct, .cancelClient, .closeClient, .resetPassword]
      as [AMAPIRequest.Method]
    {
      for email in ["eve@example.com", "nobody@example.com"] {
        let reply = try bench.ask(method, bearer: tokens.short, [.email: email, .type: "1"])
        #expect(reply.code == "OTHER_ACCOUNT" && reply.status == 403, "\(method) of \(email)")
      }
    }
    #expect(try bench.ask(.tokenRefresh, bearer: tokens.long, [.email: "eve@example.com"]).code == "OTHER_ACCOUNT")
    #expect(try bench.ask(.getClient, bearer: tokens.short, [:]).code == "OTHER_ACCOUNT")
    #expect(try bench.ask(.getClient, bearer: tokens.short, [.email: "BOB@example.com"]).code == nil)
  }

  @Test(arguments: [
    "", "x", "sandbox", "...", "....", "sandbox.short.0", "sandbox.short.0.0", "sandbox.short.0.0.1800000000",
    "sandbox.long.0.0.1800000000", "sandbox.short.7.0.1800000000", "sandbox.short.-1.0.1800000000",
    "sandbox.short.99999999999999999999.0.1800000000", "sandbox.other.0.0.1800000000", "sandbox.short.0.0.1800000000.",
    "sandbox.short.9223372036854775807.0.9223372036854775807", "sandbox.short...",
  ])
  func `What is no token of an account is refused, also from a whitelisted address`(token: String) throws {
    try bench.add("a@b")
    for method in [.getClient, .tokenRefresh] as [AMAPIRequest.Method] {
      #expect(try bench.ask(method, bearer: token, [.email: "a@b"]).code == "INVALID_TOKEN", "\(method)")
    }
  }

  @Test func `A long token is good for one purpose, and a short one for all others`() throws {
    let tokens = try bench.add("a@b")
    for method in [.getClient, .newProduct, .upgradeProduct, .cancelClient, .closeClient, .resetPassword]
      as [AMAPIRequest.Method]
    {
      #expect(
        try bench.ask(method, bearer: tokens.long, [.email: "a@b", .type: "1"]).code == "INVALID_TOKEN", "\(method)")
    }
    #expect(try bench.ask(.tokenRefresh, bearer: tokens.short, [.email: "a@b"]).code == "INVALID_TOKEN")
    #expect(try bench.ask(.tokenRefresh, bearer: tokens.long, [.email: "a@b"]).code == nil)
  }

  @Test(arguments: [.tokenRefresh, .newProduct, .upgradeProduct] as [AMAPIRequest.Method])
  func `Fresh tokens are good, and leave those in use as they were`(method: AMAPIRequest.Method) throws {
    let old = try bench.add("a@b")
    let bearer = method == .tokenRefresh ? old.long : old.short
    let new = try bench.ask(method, bearer: bearer, [.email: "a@b", .type: "1"], at: .seconds(60)).tokens
    for tokens in [old, new] {
      #expect(try bench.ask(.getClient, bearer: tokens.short, [.email: "a@b"], at: .seconds(60)).code == nil)
      #expect(try bench.ask(.tokenRefresh, bearer: tokens.long, [.email: "a@b"], at: .seconds(60)).code == nil)
    }
    #expect(try bench.ask(.getClient, bearer: old.short, [.email: "a@b"], at: Self.halfDay).code == "INVALID_TOKEN")
    #expect(try bench.ask(.getClient, bearer: new.short, [.email: "a@b"], at: Self.halfDay).code == nil)
  }

  @Test func `A long token ends on the due date`() throws {
    let tokens = try bench.add("a@b")
    let due = try SandboxBench.at("2026-02-28")
    #expect(try bench.ask(.tokenRefresh, bearer: tokens.long, [.email: "a@b"], at: due).code == "INVALID_TOKEN")

    try bench.add("c@d")
    let others = try bench.login("c@d")
    let last = try SandboxBench.at("2026-02-27T23:59:59Z")
    #expect(try bench.ask(.tokenRefresh, bearer: others.long, [.email: "c@d"], at: last).code == nil)
  }

  @Test(arguments: [(-1, nil), (0, "INVALID_TOKEN")] as [(Int, String?)])
  func `Without an active plan a long token ends after 30 days`(offset: Int, code: String?) throws {
    try bench.add("a@b")
    let login = try SandboxBench.at("2026-03-05T10:00:00Z")
    let tokens = try bench.login("a@b", at: login)
    let time = login + .seconds(30 * 24 * 60 * 60 + offset)
    #expect(try bench.ask(.tokenRefresh, bearer: tokens.long, [.email: "a@b"], at: time).code == code)
  }

  @Test func `A reset ends the tokens of all logins`() throws {
    try bench.add("a@b")
    let logins = [try bench.login("a@b"), try bench.login("a@b", at: .seconds(5))]
    for login in logins { #expect(try bench.ask(.getClient, bearer: login.short, [.email: "a@b"]).code == nil) }
    try bench.ask(.resetPassword, [.email: "a@b"])
    for login in logins {
      #expect(try bench.ask(.getClient, bearer: login.short, [.email: "a@b"]).code == "INVALID_TOKEN")
      #expect(try bench.ask(.tokenRefresh, bearer: login.long, [.email: "a@b"]).code == "INVALID_TOKEN")
    }
  }

  @Test func `A login that fails leaves the tokens as they are`() throws {
    let tokens = try bench.add("a@b")
    #expect(try bench.ask(.tokenRefresh, [.email: "a@b", .password: "wrong"]).code == "INVALID_PASSWORD")
    #expect(try bench.ask(.getClient, bearer: tokens.short, [.email: "a@b"]).code == nil)
  }
}
