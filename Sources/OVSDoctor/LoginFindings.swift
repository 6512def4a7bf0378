import OVSAccounts
import OVSBridge
import OVSNetwork
import OVSWire

/// Whether the service takes the key and the password: a login, and one question. Neither changes anything.
enum LoginFindings {
  /// What came of it.
  static func all(
    _ configuration: Configuration, _ login: LoginCredentials, domain: APIDomain, over network: LibcurlTransport
  ) -> [Finding] {
    let question = "the account"
    do throws(Sandbox.Fault) {
      var questions = try AccountQuestions(configuration, domain: domain, over: network)
      do throws(Failure) {
        try questions.ask(.login, [login.email, login.password])
      } catch {
        return [
          finding("the login fails", error, domain, hiding: []),
          Finding(.skipped, "\(question): it is read with a login"),
        ]
      }
      let works = Finding(.ok, "the login works: the service takes the API key and the password")
      do throws(Failure) {
        try questions.ask(.getAccountType, [])
      } catch {
        // The password has been forgotten by then, and a service that remembers it could echo it.
        return [works, finding("\(question) can't be read", error, domain, hiding: [login.password])]
      }
      return [works, Finding(.ok, "\(question) can be read")]
    } catch {
      return [Finding(.problem, error.reason)]
    }
  }

  /// What a failure means to whoever set the key and the login.
  static func finding(_ what: String, _ failure: Failure, _ domain: APIDomain, hiding secrets: [String]) -> Finding {
    let code = backendCode(of: failure)
    let message = masked(failure.message, hiding: secrets)
    // Behind the semicolon stands what a client would do.
    let reason = code == nil ? message : String(message.prefix { $0 != ";" })
    return Finding(.problem, "\(what): \(reason)", advice: advice(code, failure, domain))
  }

  /// The service's own code, if it is why the failure has its error.
  private static func backendCode(of failure: Failure) -> AMAPIErrorCode? {
    guard failure.code != .backend, case .string(let code)? = value(of: .backendCode, in: failure) else { return nil }
    return AMAPIErrorCode(spelling: code)
  }

  private static func value(of detail: Failure.Detail, in failure: Failure) -> JSONValue? {
    failure.details.first { $0.name == detail.rawValue }?.value
  }

  private static func number(of detail: Failure.Detail, in failure: Failure) -> Int? {
    if case .number(let digits)? = value(of: detail, in: failure) { Int(digits) } else { nil }
  }

  private static func advice(_ code: AMAPIErrorCode?, _ failure: Failure, _ domain: APIDomain) -> String? {
    switch code {
    case .invalidAPIKey:
      return "check OVS_API_KEY, or the file of --api-key-file, and that the key is one for \(domain)"
    case .invalidPassword:
      return "check OVS_PASSWORD, or the second line of the file of --login-file; OVS_CMD_RESET_PASSWORD has a new "
        + "one mailed"
    case .clientNotFound:
      return "check OVS_EMAIL, or the first line of the file of --login-file; OVS_CMD_ADD_CLIENT adds a client"
    case .invalidSecretKey: return "check OVS_SECRET_KEY"
    case .notPermitted: return "ask the service's operator for what this address and this client may do"
    case .invalidToken, .otherAccount, .clientExists, .unknownPlan:
      return "that is a fault of the service's: tell its operator"
    case .rateLimited, nil: break
    }
    switch failure.code {
    case .unauthorized: return "check the API key and the password, and that both are ones for \(domain)"
    case .forbidden: return "ask the service's operator for what this address and this client may do"
    case .invalidParams, .missingParams: return "check OVS_EMAIL and OVS_PASSWORD, or the file of --login-file"
    case .rateLimited:
      let time = number(of: .retryAfter, in: failure).map { "\($0) second\($0 == 1 ? "" : "s")" } ?? "a little"
      return "wait \(time), and try again"
    case .network, .timeout: return "try again; --log-level debug shows the way of each request"
    case .backend where number(of: .httpStatus, in: failure) ?? 0 >= 500:
      return "the service, or a gateway before it, may be down: try again later; if it stays so, tell its operator"
    case .backend: return "check the domain; if that is right, tell the service's operator"
    default: return "tell the service's operator"
    }
  }
}
