import OVSWire
import Testing

@testable import OVSAccounts

/// A sandbox whose clock starts on 31 January 2026 and stands where each test says.
final class SandboxBench {
  static let start = UTCTime(seconds: 1_769_851_800)

  let sandbox: Sandbox

  init(_ change: (inout Sandbox.Options) -> Void = { _ in }) {
    var options = Sandbox.Options()
    options.start = Self.start
    change(&options)
    do throws(Sandbox.Fault) {
      sandbox = try Sandbox(options)
    } catch {
      preconditionFailure(error.reason)
    }
  }

  /// The time that is `text` by the sandbox's clock.
  static func at(_ text: String) throws -> Duration {
    .seconds(try #require(UTCTime(text), "\(text) is no time").seconds - start.seconds)
  }

  /// The answer to a request under the key `key`, unless the fields have another.
  @discardableResult
  func ask(
    _ method: AMAPIRequest.Method, bearer: String? = nil, _ fields: [AMAPIRequest.Field: String],
    at now: Duration = .zero
  ) throws -> AMAPIReply {
    let all = [AMAPIRequest.Field.apiKey: "key"].merging(fields) { $1 }
    let request = AMAPIRequest(method, bearer: bearer.map(Secret.init), form: all.map { ($0, $1) })
    return try #require(sandbox.send(request, as: 1, at: now), "the sandbox did not answer at once")
  }

  /// Adds a client, with the password `password`, and gives their tokens.
  @discardableResult
  func add(_ email: String, type: String = "1", at now: Duration = .zero) throws -> BenchTokens {
    let reply = try ask(
      .addClient, [.email: email, .country: "US", .type: type, .password: "password"], at: now)
    try #require(reply.code == nil, "\(email) could not be added: \(reply.wholeBody)")
    return try reply.tokens
  }

  /// The tokens that a login with `password` gives.
  func login(_ email: String, password: String = "password", at now: Duration = .zero) throws -> BenchTokens {
    try ask(.tokenRefresh, [.email: email, .password: password], at: now).tokens
  }
}

extension AMAPIRequest {
  /// A request with these fields, in the order of the method's row.
  init(_ method: Method, bearer: Secret? = nil, _ fields: [Field: String]) {
    let form = method.endpoint.fields.compactMap { name in fields[name.value].map { (name.value, $0) } }
    self.init(method, bearer: bearer, form: form)
  }
}

struct BenchTokens: Equatable {
  let short: String
  let long: String
}

extension AMAPIReply {
  /// The whole answer as JSON, members that are made when they are asked for included.
  var wholeBody: JSONValue {
    guard self is SandboxAnswer else { return body }
    let texts = Member.allCases.compactMap { member in
      self[member].map { JSONValue.Member(member.rawValue, .string($0)) }
    }
    return .object([.init("status", .string("success"))] + texts)
  }

  /// The code of a refusal; nil for a success.
  var code: String? { wholeBody["status"] == .string("success") ? nil : wholeBody["code"]?.string ?? "(no code)" }

  var tokens: BenchTokens {
    get throws {
      BenchTokens(
        short: try #require(wholeBody["short_token"]?.string, "no short token in \(wholeBody)"),
        long: try #require(wholeBody["long_token"]?.string, "no long token in \(wholeBody)"))
    }
  }
}
