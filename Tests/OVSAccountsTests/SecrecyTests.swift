import OVSWire
import Testing

@testable import OVSAccounts

/// Keys, tokens and passwords don't show in texts made of what holds them.
struct SecrecyTests {
  private static let secrets = ["s3cret-api", "s3cret-server", "s3cret-short", "s3cret-long"]

  private static func session() -> Session {
    var session = Session(backend: .sandbox, apiKey: "s3cret-api", secretKey: "s3cret-server")
    session.login = Login(
      email: "a@b",
      tokens: Tokens(short: Secret("s3cret-short"), long: Secret("s3cret-long"), shortExpiry: 1_800_000_000))
    return session
  }

  private func dumped(_ value: Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
  }

  @Test func `A session shows no secret, however it is made text`() {
    let session = Self.session()
    let texts = [
      "\(session)", String(describing: session), String(reflecting: session), dumped(session), dumped([session]),
      dumped(session.login as Any), "\(String(describing: session.login?.tokens))",
      String(reflecting: session.login?.tokens),
    ]
    for text in texts { #expect(!text.contains("s3cret"), "\(text)") }
    #expect("\(Secret("s3cret"))" == "(secret)")
  }

  @Test func `A session tells other programs no secret`() throws {
    let bench = ServiceBench()
    bench.session = Self.session()
    let shown = try #require(try bench.run("GET_SESSION").data)
    #expect(!"\(shown)".contains("s3cret"), "\(shown)")
  }

  @Test func `Secrets are compared by what they are`() {
    #expect(Secret("a") == Secret("a") && Secret("a") != Secret("b"))
  }

  @Test(arguments: secrets)
  func `What the service echoes of a secret is masked`(secret: String) throws {
    let bench = ServiceBench()
    bench.session = Self.session()
    let reply = AMAPIReply.refusal(.string("ODD"), "the value <\(secret)> is odd")
    let failure = try #require(try bench.run("CANCEL_PLAN", answer: reply).failure)
    #expect(!"\(failure)".contains(secret), "the answer would tell the secret: \(failure)")
    #expect(failure.message.contains("is odd"), "the rest of the message should stay: \(failure.message)")
  }

  @Test func `What the service echoes of a password is masked`() throws {
    let bench = ServiceBench()
    bench.session = Self.session()
    let reply = AMAPIReply.refusal(.string("WEAK"), "the password s3cret-password is weak")
    for (name, data) in [
      ("ADD_CLIENT", #"{"email":"a@b","password":"s3cret-password","countrycode":"us","type":1}"#),
      ("LOGIN", #"{"email":"a@b","password":"s3cret-password"}"#),
    ] {
      let failure = try #require(try bench.run(name, data, answer: reply).failure)
      #expect(!"\(failure)".contains("s3cret-password"), "\(name) would tell the password: \(failure)")
    }
  }
}
