import OVSWire
import Testing

@testable import OVSAccounts

/// Adding, finding, closing clients, and their passwords.
struct SandboxClientTests {
  private let bench = SandboxBench()

  @Test func `A new client gets what was asked for, and tokens`() throws {
    let reply = try bench.ask(.addClient, [.email: "Bob@Example.com", .country: "US", .type: "12", .password: "weak"])
    #expect(reply.code == nil && reply.status == 200)
    #expect(reply.wholeBody["username"] == .string("Bob@Example.com") && reply.wholeBody["password"] == .string("weak"))
    _ = try reply.tokens
    let client = try bench.ask(.getClient, [.email: "Bob@Example.com"])
    #expect(client.wholeBody["type"] == .string("12") && client.wholeBody["exp_date"] == .string("2027-01-31"))
  }

  @Test func `A password that was not given is made up, strong and never the same`() throws {
    var seen: Set<String> = []
    for number in 1...50 {
      let reply = try bench.ask(.addClient, [.email: "c\(number)@example.com", .country: "US", .type: "1"])
      let password = try #require(reply.wholeBody["password"]?.string)
      #expect(password.count >= 10, "\(password) is short")
      #expect(
        password.contains { $0.isNumber } && password.contains { $0.isLowercase }
          && password.contains { $0.isUppercase },
        "\(password) is weak")
      seen.insert(password)
    }
    #expect(seen.count == 50)
  }

  @Test(arguments: ["bob@example.com", "BOB@EXAMPLE.COM", "Bob@example.Com"])
  func `A client that exists in another case exists`(email: String) throws {
    try bench.add("Bob@Example.com")
    let reply = try bench.ask(.addClient, [.email: email, .country: "US", .type: "1"])
    #expect(reply.code == "CLIENT_EXISTS" && reply.status == 409)
    #expect(try bench.ask(.getClient, [.email: email]).code == nil)
  }

  @Test(arguments: [.email, .country] as [AMAPIRequest.Field])
  func `A client without e-mail or country is refused`(missing: AMAPIRequest.Field) throws {
    var fields: [AMAPIRequest.Field: String] = [.email: "a@b", .country: "US", .type: "1"]
    fields[missing] = nil
    #expect(try bench.ask(.addClient, fields).code == "MISSING_FIELD")
  }

  @Test(
    arguments: [
      .getClient, .newProduct, .upgradeProduct, .cancelClient, .closeClient, .resetPassword, .tokenRefresh,
    ] as [AMAPIRequest.Method])
  func `Who was never added is not found`(method: AMAPIRequest.Method) throws {
    let reply = try bench.ask(method, [.email: "nobody@example.com", .type: "1", .password: "x"])
    #expect(reply.code == "CLIENT_NOT_FOUND" && reply.status == 404)
  }

  @Test func `OpenVPN credentials stay the same whatever happens to the account, and are its own`() throws {
    try bench.add("a@b")
    try bench.add("c@d")
    let before = try bench.ask(.getClient, [.email: "a@b"]).wholeBody
    try bench.ask(.resetPassword, [.email: "a@b"])
    try bench.ask(.upgradeProduct, [.email: "a@b", .type: "12"])
    try bench.ask(.newProduct, [.email: "a@b", .type: "24"])
    let after = try bench.ask(.getClient, [.email: "a@b"]).wholeBody
    for member in ["vpn_username", "vpn_password"] {
      #expect(after[member] == before[member] && before[member]?.string?.isEmpty == false, "\(member)")
      #expect(try bench.ask(.getClient, [.email: "c@d"]).wholeBody[member] != before[member], "\(member)")
    }
  }

  @Test func `A closed account is gone at once, with its tokens, and its e-mail is free`() throws {
    let tokens = try bench.add("a@b")
    #expect(try bench.ask(.closeClient, bearer: tokens.short, [.email: "A@B"]).code == nil)
    #expect(try bench.ask(.getClient, [.email: "a@b"]).code == "CLIENT_NOT_FOUND")
    #expect(try bench.ask(.closeClient, [.email: "a@b"]).code == "CLIENT_NOT_FOUND")
    let again = try bench.add("a@b")
    #expect(try bench.ask(.getClient, bearer: tokens.short, [.email: "a@b"]).code == "INVALID_TOKEN")
    #expect(try bench.ask(.tokenRefresh, bearer: tokens.long, [.email: "a@b"]).code == "INVALID_TOKEN")
    #expect(try bench.ask(.getClient, bearer: again.short, [.email: "a@b"]).code == nil)
  }

  @Test func `Closing one account leaves the others as they are`() throws {
    let tokens = try bench.add("a@b")
    try bench.add("c@d")
    try bench.ask(.closeClient, [.email: "c@d"])
    try bench.add("e@f")
    #expect(try bench.ask(.getClient, bearer: tokens.short, [.email: "a@b"]).code == nil)
  }

  @Test func `A reset mails a new password and ends the old one and all tokens`() throws {
    let tokens = try bench.add("Bob@Example.com")
    let reply = try bench.ask(.resetPassword, [.email: "bob@example.com"])
    let mail = try #require(reply.mail, "nothing was mailed")
    #expect(reply.code == nil && mail.to == "Bob@Example.com" && !mail.subject.isEmpty)
    #expect(!"\(reply.wholeBody)".contains(mail.password), "the new password goes by mail alone")

    #expect(try bench.ask(.getClient, bearer: tokens.short, [.email: "bob@example.com"]).code == "INVALID_TOKEN")
    #expect(try bench.ask(.tokenRefresh, bearer: tokens.long, [.email: "bob@example.com"]).code == "INVALID_TOKEN")
    let old = try bench.ask(.tokenRefresh, [.email: "bob@example.com", .password: "password"])
    #expect(old.code == "INVALID_PASSWORD" && old.status == 401)
    let new = try bench.login("bob@example.com", password: mail.password)
    #expect(try bench.ask(.getClient, bearer: new.short, [.email: "bob@example.com"]).code == nil)
  }

  @Test(arguments: ["", "Password", "password ", "passwor", "p\u{E4}ssword"])
  func `A login takes the password as it is, and no other`(password: String) throws {
    try bench.add("a@b")
    #expect(try bench.ask(.tokenRefresh, [.email: "a@b", .password: password]).code == "INVALID_PASSWORD")
    _ = try bench.login("A@B")
  }

  @Test func `Passwords are compared byte for byte`() throws {
    try bench.ask(.addClient, [.email: "a@b", .country: "US", .type: "1", .password: "caf\u{E9}"])
    #expect(try bench.ask(.tokenRefresh, [.email: "a@b", .password: "cafe\u{301}"]).code == "INVALID_PASSWORD")
    _ = try bench.login("a@b", password: "caf\u{E9}")
  }
}
