import OVSWire
import Testing

@testable import OVSAccounts

/// What a command needs is looked for before its parameters.
struct NeedsTests {
  private static let needKey = ["ADD_CLIENT", "CLOSE_CLIENT", "RESET_PASSWORD", "LOGIN"]
  private static let needLogin = [
    "GET_ACCOUNT_TYPE", "GET_ACCOUNT_CREDENTIAL", "GET_ACCOUNT_EXP_DATE", "CHANGE_PLAN", "CANCEL_PLAN", "NEW_PRODUCT",
  ]
  private static let needNothing = ["SET_API_KEY", "LOGOUT", "GET_SESSION", "SET_API_DOMAIN", "SET_SECRET_KEY"]

  @Test(arguments: needKey + needLogin, ["{}", #"{"nonsense":1}"#])
  func `Without the API key a command fails for that alone`(name: String, data: String) throws {
    let bench = ServiceBench()
    bench.session = Session(backend: .sandbox)
    #expect(try bench.run(name, data).failure?.code == .apiKeyNotSet)
    #expect(bench.transport.sent.isEmpty)
  }

  @Test(arguments: needLogin, ["{}", #"{"nonsense":1}"#])
  func `Without a session a command of the session fails for that alone`(name: String, data: String) throws {
    let bench = ServiceBench()
    #expect(try bench.run(name, data).failure?.code == .notLoggedIn)
    #expect(bench.transport.sent.isEmpty)
  }

  @Test(arguments: needKey + needLogin + needNothing)
  func `With all it needs a command is refused for its parameters, and nothing is sent`(name: String) throws {
    let bench = ServiceBench.loggedIn()
    let failure = try bench.run(name, #"{"nonsense":1}"#).failure
    #expect(failure?.code == .invalidParams && failure?.field == "nonsense")
    #expect(bench.transport.sent.isEmpty)
  }

  @Test(arguments: needNothing)
  func `What needs nothing is not asked for a key`(name: String) throws {
    let bench = ServiceBench()
    bench.session = Session(backend: .sandbox)
    let code = try bench.run(name).failure?.code
    #expect(code == nil || code == .missingParams, "\(name) failed for \(String(describing: code))")
  }

  @Test func `A session whose tokens are gone is none`() throws {
    let bench = ServiceBench.loggedIn()
    bench.session.login?.tokens = nil
    #expect(bench.session.account == nil)
    #expect(try bench.run("GET_ACCOUNT_TYPE").failure?.code == .notLoggedIn)
  }

  @Test(arguments: [("GET_ACCOUNT_TYPE", "{}", nil), ("CANCEL_PLAN", "{}", "not_sent")] as [(String, String, String?)])
  func `Without a network a real service is a network error, and a change was certainly not sent`(
    name: String, data: String, outcome: String?
  ) throws {
    let bench = ServiceBench(SandboxBench().sandbox)
    bench.session = ServiceBench.loggedIn().session
    bench.session.backend = .amapi(try #require(APIDomain("acme")))
    let failure = try #require(try bench.run(name, data).failure)
    #expect(failure.code == .network && failure.outcome == outcome)
    #expect(failure.message.contains("there is no network here"))
  }

  @Test func `A command for a real service goes to its domain, and one for the sandbox to none`() throws {
    let domain = try #require(APIDomain("acme"))
    for backend in [Session.Backend.sandbox, .amapi(domain)] {
      let bench = ServiceBench.loggedIn()
      bench.session.backend = backend
      try bench.start("GET_ACCOUNT_TYPE")
      #expect(bench.transport.requests.map(\.domain) == [backend.domain])
    }
  }
}
