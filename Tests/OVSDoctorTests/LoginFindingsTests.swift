import OVSAccounts
import OVSWire
import Testing

@testable import OVSDoctor

/// What the service's refusals mean to whoever set the key and the login.
@Suite struct LoginFindingsTests {
  private func finding(_ failure: Failure, hiding secrets: [String] = []) throws -> Finding {
    LoginFindings.finding("the login fails", failure, try #require(APIDomain("acme")), hiding: secrets)
  }

  @Test(
    "Each code of the service names what to check",
    arguments: [
      ("INVALID_APIKEY", .unauthorized, "OVS_API_KEY"), ("invalid-password", .unauthorized, "OVS_PASSWORD"),
      ("CLIENT_NOT_FOUND", .clientNotFound, "OVS_EMAIL"), ("NOT_PERMITTED", .forbidden, "operator"),
      ("RATE_LIMITED", .rateLimited, "wait"), ("WHO_KNOWS", .rejected, "operator"),
      ("INVALID_APIKEY", .backend, "check the domain"),
    ] as [(String, ErrorCode, String)])
  func codes(_ code: String, _ error: ErrorCode, _ advice: String) throws {
    let failure = Failure(
      error, "it was refused; a client would do this", details: [Failure.Detail.backendCode(.string(code))])
    let finding = try finding(failure)
    #expect(finding.verdict == .problem && finding.advice?.contains(advice) ?? false, "\(finding)")
  }

  @Test(
    "Who asked too often is told how long to wait, whether or not the service has a code for it",
    arguments: [nil, "RATE_LIMITED"])
  func waits(_ code: String?) throws {
    let details = code.map { [Failure.Detail.backendCode(.string($0))] } ?? []
    for (seconds, words) in [(7, "wait 7 seconds, and"), (1, "wait 1 second, and"), (nil, "wait a little, and")] {
      let wait = seconds.map { [Failure.Detail.retryAfter(.integer($0))] } ?? []
      let advice = try finding(Failure(.rateLimited, "too often", details: wait + details)).advice
      #expect(advice?.hasPrefix(words) ?? false, "\(advice ?? "no advice")")
    }
  }

  @Test("A service that is down is one to wait for, not a wrong domain", arguments: [500, 503, 599])
  func down(_ status: Int) throws {
    let failure = Failure(.backend, "it failed", details: [Failure.Detail.httpStatus(.integer(status))])
    let advice = try #require(try finding(failure).advice)
    #expect(advice.contains("try again later") && !advice.contains("domain"), "\(advice)")
  }

  @Test("Every error has its advice, without a code as well", arguments: ErrorCode.allCases)
  func errors(_ error: ErrorCode) throws {
    #expect(try finding(Failure(error, "it failed")).advice?.isEmpty == false)
  }

  @Test("What a client would do is left out where the code is known, and a password always")
  func words() throws {
    let known = Failure(
      .unauthorized, "the password was refused; OVS_CMD_X",
      details: [Failure.Detail.backendCode(.string("INVALID_PASSWORD"))])
    #expect(try finding(known).text == "the login fails: the password was refused")
    let echoed = Failure(
      .rateLimited, "the service was asked too often: by secret",
      details: [Failure.Detail.backendCode(.string("RATE_LIMITED"))])
    #expect(try finding(echoed, hiding: ["secret"]).text == "the login fails: the service was asked too often: by ***")
    let other = Failure(.rejected, "the service refused: no se%63ret here; really")
    #expect(
      try finding(other, hiding: ["secret"]).text == "the login fails: the service refused: no *** here; really")
  }
}
