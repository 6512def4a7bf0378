import OVSWire
import Testing

@testable import OVSAccounts

/// The life of an account, through the service and the sandbox together.
struct AccountLifeTests {
  private static func bench(_ change: (inout Sandbox.Options) -> Void = { _ in }) -> ServiceBench {
    ServiceBench(SandboxBench(change).sandbox)
  }

  private static let bob = #"{"email":"bob@example.com","password":"password","countrycode":"us","type":1}"#
  private static let login = #"{"email":"bob@example.com","password":"password"}"#

  private func loggedIn(_ change: (inout Sandbox.Options) -> Void = { _ in }) throws -> ServiceBench {
    let bench = Self.bench(change)
    #expect(try bench.run("ADD_CLIENT", Self.bob).data == .null)
    #expect(try bench.run("LOGIN", Self.login).data == .null)
    return bench
  }

  private func type(_ bench: ServiceBench) throws -> String {
    let completion = try bench.run("GET_ACCOUNT_TYPE")
    return completion.data?["type"]?.string ?? "\(completion.failure?.code ?? .ok)"
  }

  @Test func `A client is added, logged in, moved to other plans, cancelled and closed`() throws {
    let bench = try loggedIn()
    #expect(try type(bench) == "1")
    #expect(try bench.run("CHANGE_PLAN", #"{"type":12}"#).data == .null)
    #expect(try type(bench) == "12")
    #expect(try bench.run("NEW_PRODUCT", #"{"type":"24"}"#).data == .null)
    #expect(try bench.run("GET_ACCOUNT_EXP_DATE").data == .object([.init("exp_date", .string("2028-01-31"))]))
    #expect(try bench.run("CANCEL_PLAN").data == .null)
    #expect(try type(bench) == "24")
    #expect(try bench.run("CLOSE_CLIENT", #"{"email":"bob@example.com"}"#).data == .null)
    let after = try bench.run("GET_ACCOUNT_TYPE")
    #expect(after.failure?.code == .notLoggedIn && after.events.map(\.kind) == [.sessionExpired])
    #expect(try bench.run("LOGIN", Self.login).failure?.code == .clientNotFound)
  }

  @Test func `A made-up password is told and logs in`() throws {
    let bench = Self.bench()
    let added = try bench.run("ADD_CLIENT", #"{"email":"a@b","countrycode":"us","type":1}"#).data
    let password = try #require(added?["password"]?.string)
    #expect(added?["username"] == .string("a@b"))
    #expect(try bench.run("LOGIN", #"{"email":"a@b","password":"\#(password)"}"#).data == .null)
  }

  @Test func `A session lasts for weeks by renewing itself, until the plan is due`() throws {
    let bench = try loggedIn()
    for day in 0...27 {
      bench.now = .seconds(day * 24 * 60 * 60)
      #expect(try type(bench) == "1", "day \(day)")
    }
    bench.now = try SandboxBench.at("2026-02-28")
    let due = try bench.run("GET_ACCOUNT_TYPE")
    #expect(due.failure?.code == .notLoggedIn && due.events.map(\.kind) == [.sessionExpired])
    #expect(try bench.run("LOGIN", Self.login).data == .null, "the account is still there")
    let failure = try bench.run("GET_ACCOUNT_TYPE").failure
    #expect(failure?.code == .rejected && failure?[detail: "backend_code"] == .string("NO_ACTIVE_PLAN"))
    #expect(try bench.run("NEW_PRODUCT", #"{"type":3}"#).data == .null)
    #expect(try type(bench) == "3")
  }

  @Test func `A reset mails the new password and ends the session`() throws {
    let bench = try loggedIn()
    let reset = try bench.run("RESET_PASSWORD", #"{"email":"bob@example.com"}"#)
    #expect(reset.data == .null && reset.events.map(\.kind) == [.sandboxMail])
    let password = try #require(reset.events.first?.data.first { $0.name == "password" }?.value.string)
    #expect(try type(bench) == "notLoggedIn")
    #expect(try bench.run("LOGIN", #"{"email":"bob@example.com","password":"\#(password)"}"#).data == .null)
    #expect(try type(bench) == "1")
  }

  @Test(arguments: [
    ("ADD_CLIENT", bob, ErrorCode.clientExists),
    ("LOGIN", #"{"email":"bob@example.com","password":"x"}"#, .unauthorized),
    ("GET_ACCOUNT_TYPE", #"{"email":"eve@example.com"}"#, .forbidden),
    ("CLOSE_CLIENT", #"{"email":"eve@example.com"}"#, .clientNotFound),
    ("NEW_PRODUCT", #"{"type":2}"#, .unknownPlan),
    ("CHANGE_PLAN", #"{"email":"eve@example.com","type":1}"#, .forbidden),
  ])
  func `The sandbox refuses what the service would`(name: String, data: String, code: ErrorCode) throws {
    let bench = try loggedIn()
    #expect(try bench.run(name, data).failure?.code == code)
    #expect(try type(bench) == "1", "the session goes on")
  }

  @Test func `From outside, the pace of new clients is told in seconds`() throws {
    let bench = Self.bench { $0.isWhitelisted = false }
    try bench.run("ADD_CLIENT", Self.bob)
    bench.now = .milliseconds(2500)
    let failure = try bench.run("ADD_CLIENT", Self.bob.replacing("bob", with: "eve")).failure
    #expect(failure?.code == .rateLimited && failure?[detail: "retry_after_s"] == .integer(8))
    try bench.run("SET_SECRET_KEY", #"{"secret_key":"s"}"#)
    #expect(try bench.run("ADD_CLIENT", Self.bob.replacing("bob", with: "eve")).data == .null)
  }

  @Test func `With latency a job ends when its answer is due`() throws {
    let bench = Self.bench { $0.latency = .milliseconds(100) }
    let job = try bench.start("ADD_CLIENT", Self.bob)
    #expect(bench.next() == nil)
    #expect(bench.wakeTime == .milliseconds(100))
    bench.now = .milliseconds(100)
    #expect(bench.completions().map(\.job) == [job])
    #expect(bench.wakeTime == nil)
  }

  @Test func `With latency a change that was given up may have taken effect`() throws {
    let bench = Self.bench { $0.latency = .milliseconds(100) }
    let job = try bench.start("ADD_CLIENT", Self.bob)
    #expect(bench.service.abandon(job) == .unknown)
    bench.now = .seconds(1)
    #expect(bench.completions().isEmpty)
    try bench.start("ADD_CLIENT", Self.bob)
    bench.now = .seconds(2)
    #expect(bench.completions().map { $0.failure?.code } == [.clientExists])
  }
}
