import OVSWire
import Testing

@testable import OVSAccounts

/// Who may do what: keys, whitelisted addresses, and the pace of new clients.
struct SandboxRightsTests {
  private let outside = SandboxBench { $0.isWhitelisted = false }
  private static let client: [AMAPIRequest.Field: String] = [.country: "US", .type: "1", .password: "password"]

  /// Adds a client from outside, whose answer has no tokens.
  private func add(
    _ email: String, secretKey: String? = nil, at now: Duration = .zero, to bench: SandboxBench
  ) throws -> AMAPIReply {
    var fields = Self.client.merging([.email: email]) { $1 }
    fields[.secretKey] = secretKey
    return try bench.ask(.addClient, fields, at: now)
  }

  @Test(
    arguments: [
      .getClient, .newProduct, .upgradeProduct, .cancelClient, .resetPassword, .closeClient,
    ] as [AMAPIRequest.Method])
  func `From outside an account takes its own token or the secret key`(method: AMAPIRequest.Method) throws {
    #expect(try add("a@b", to: outside).code == nil)
    let fields: [AMAPIRequest.Field: String] = [.email: "a@b", .type: "1"]
    let refused = try outside.ask(method, fields)
    #expect(refused.code == "NOT_PERMITTED" && refused.status == 403)

    let tokens = try outside.login("a@b")
    #expect(try outside.ask(method, bearer: tokens.short, fields).code == nil)
  }

  @Test(
    arguments: [
      .getClient, .newProduct, .upgradeProduct, .cancelClient, .resetPassword, .closeClient,
    ] as [AMAPIRequest.Method])
  func `The secret key, or a whitelisted address, stands in for a token`(method: AMAPIRequest.Method) throws {
    let fields: [AMAPIRequest.Field: String] = [.email: "a@b", .type: "1"]
    #expect(try add("a@b", to: outside).code == nil)
    #expect(try outside.ask(method, fields.merging([.secretKey: "s"]) { $1 }).code == nil)

    let inside = SandboxBench()
    try inside.add("a@b")
    #expect(try inside.ask(method, fields).code == nil)
  }

  @Test func `From outside who exists is not told to those without a right`() throws {
    #expect(try outside.ask(.getClient, [.email: "nobody@example.com"]).code == "NOT_PERMITTED")
    #expect(try outside.ask(.tokenRefresh, [.email: "nobody@example.com"]).code == "NOT_PERMITTED")
  }

  @Test func `From outside a new client's tokens are not told, and a login gives them`() throws {
    let reply = try add("a@b", to: outside)
    #expect(reply.code == nil && reply.wholeBody["short_token"] == nil && reply.wholeBody["long_token"] == nil)
    #expect(try outside.ask(.getClient, bearer: outside.login("a@b").short, [.email: "a@b"]).code == nil)
  }

  @Test(arguments: [.newProduct, .upgradeProduct] as [AMAPIRequest.Method], [true, false])
  func `A purchase answers with fresh tokens to a whitelisted address`(
    method: AMAPIRequest.Method, isWhitelisted: Bool
  ) throws {
    let bench = isWhitelisted ? SandboxBench() : outside
    #expect(try add("a@b", to: bench).code == nil)
    let reply = try bench.ask(method, bearer: bench.login("a@b").short, [.email: "a@b", .type: "1"])
    #expect(reply.code == nil)
    for member in ["short_token", "long_token"] {
      #expect((reply.wholeBody[member] != nil) == isWhitelisted, "\(member)")
    }
  }

  @Test(arguments: [(0, 10), (3000, 7), (3500, 7), (3001, 7), (9000, 1), (9001, 1), (9999, 1)])
  func `From outside one client in 10 seconds is added; the rest is told when, rounded up`(
    milliseconds: Int, retryAfter: Int
  ) throws {
    let first = Duration.milliseconds(1234)
    #expect(try add("a@b", at: first, to: outside).code == nil)
    let reply = try add("c@d", at: first + .milliseconds(milliseconds), to: outside)
    #expect(reply.code == "RATE_LIMITED" && reply.status == 429)
    #expect(reply.retryAfter == retryAfter, "\(milliseconds) ms after the first")
    #expect(try add("c@d", at: first + .seconds(10), to: outside).code == nil, "what was refused does not count")
  }

  @Test func `Only additions that succeed count`() throws {
    #expect(try add("a@b", to: outside).code == nil)
    #expect(try add("a@b", at: .seconds(10), to: outside).code == "CLIENT_EXISTS")
    let unknown = try outside.ask(
      .addClient, Self.client.merging([.email: "c@d", .type: "2"]) { $1 }, at: .seconds(11))
    #expect(unknown.code == "UNKNOWN_PLAN")
    #expect(try add("c@d", at: .seconds(12), to: outside).code == nil)
    #expect(try add("e@f", at: .seconds(21), to: outside).retryAfter == 1)
  }

  @Test func `With the secret key, or from a whitelisted address, there is no pace`() throws {
    let inside = SandboxBench()
    for number in 0..<5 {
      #expect(try add("c\(number)@example.com", secretKey: "s", to: outside).code == nil)
      #expect(try add("c\(number)@example.com", to: inside).code == nil)
    }
  }

  @Test(
    arguments: [
      (nil, "any", nil), (nil, "", "INVALID_SECRETKEY"), ("s", "s", nil), ("s", "S", "INVALID_SECRETKEY"),
      ("\u{E9}", "e\u{301}", "INVALID_SECRETKEY"),
    ]
      as [(String?, String, String?)])
  func `A secret key that is not the one taken is refused`(taken: String?, given: String, code: String?) throws {
    for isWhitelisted in [true, false] {
      let bench = SandboxBench {
        $0.secretKey = taken
        $0.isWhitelisted = isWhitelisted
      }
      #expect(try add("a@b", secretKey: given, to: bench).code == code, "\(given) where \(taken ?? "any") is taken")
    }
  }

  @Test(
    arguments: [
      (nil, "any", nil), (nil, "", "INVALID_APIKEY"), ("k", "k", nil), ("k", "K", "INVALID_APIKEY"),
      ("\u{212A}", "K", "INVALID_APIKEY"),
    ]
      as [(String?, String, String?)])
  func `An API key that is not the one taken is refused, whatever is asked`(
    taken: String?, given: String, code: String?
  ) throws {
    let bench = SandboxBench { $0.apiKey = taken }
    let reply = try bench.ask(.addClient, Self.client.merging([.email: "a@b", .apiKey: given]) { $1 })
    #expect(reply.code == code)
    if code != nil {
      #expect(reply.status == 401)
      #expect(try bench.ask(.getClient, bearer: "x", [.email: "a@b", .apiKey: given]).code == code)
    }
  }

  @Test func `A request without an API key is refused`() throws {
    let request = AMAPIRequest(.getClient, [.email: "a@b"])
    #expect(SandboxBench().sandbox.send(request, as: 1, at: .zero)?.code == "INVALID_APIKEY")
  }
}
