import OVSWire

/// What the API answered, apart from how it was carried.
///
/// Success is an object whose `status` is `success`; failure has `status` `error`, a code and a message (documented).
/// The members' names `code` and `message` are inferred; those of a success stand in the table of ``AMAPIEndpoint``.
///
/// Its sendability is unchecked because there is a subclass; what both hold never changes.
public class AMAPIReply: @unchecked Sendable {
  /// A member of a success.
  public enum Member: String, CaseIterable, Sendable {
    /// The e-mail of a new client.
    case username
    /// The password of a new client.
    case password
    /// The token for 12 hours.
    case shortToken = "short_token"
    /// The token for new tokens.
    case longToken = "long_token"
    /// The API ID of the current plan.
    case type
    /// The due date, YYYY-MM-DD.
    case expirationDate = "exp_date"
    /// The OpenVPN user name.
    case vpnUsername = "vpn_username"
    /// The OpenVPN password.
    case vpnPassword = "vpn_password"
  }

  /// The HTTP status.
  public let status: Int
  /// After how many seconds to try again, where the answer says so (RFC 9110, section 10.2.3).
  public let retryAfter: Int?
  /// Where a redirect points, which is not followed.
  public let location: String?
  /// The answer's JSON; null where it is none.
  let body: JSONValue
  /// What the sandbox would have mailed; the real service mails it.
  let mail: Mail?

  /// An answer.
  public init(status: Int, retryAfter: Int? = nil, location: String? = nil, body: JSONValue, mail: Mail? = nil) {
    self.status = status
    self.retryAfter = retryAfter
    self.location = location
    self.body = body
    self.mail = mail
  }

  /// A mail to an end-user.
  public final class Mail: Sendable {
    /// The receiver.
    public let to: String
    /// Its subject.
    public let subject: String
    /// The new password in it.
    public let password: String

    init(to: String, subject: String, password: String) {
      self.to = to
      self.subject = subject
      self.password = password
    }
  }

  /// Whether the API did what it was asked.
  var isSuccess: Bool { (200..<300).contains(status) && body["status"]?.string == "success" }

  /// Whether the API refused the token that came with a request, and so did nothing.
  ///
  /// A 401 may come from something on the way; that is enough to ask again only where asking changes nothing.
  func isTokenRefusal(of method: AMAPIRequest.Method) -> Bool {
    guard isError, status < 500 else { return status == 401 && !method.endpoint.isChange }
    return knownCode.map { $0 == .invalidToken } ?? (status == 401)
  }

  /// Whether the API refused to renew tokens for good: what it was shown is worth nothing any more.
  var isEndOfSession: Bool {
    guard isError || status == 401 && body.isObject, status < 500, status != 429 else { return false }
    return switch knownCode {
    case .rateLimited, .invalidAPIKey, .invalidSecretKey, .notPermitted: false
    case .invalidPassword, .invalidToken, .otherAccount, .clientExists, .clientNotFound, .unknownPlan, nil: true
    }
  }

  /// The value of a member as text; nil if the answer lacks it.
  subscript(member: Member) -> String? { body.text(of: member.rawValue) }

  private var isError: Bool { body["status"]?.string == "error" }

  private var code: String? { body.text(of: "code") }

  private var knownCode: AMAPIErrorCode? { isError ? code.flatMap(AMAPIErrorCode.init(spelling:)) : nil }

  /// What a reply that is no success means to the caller.
  ///
  /// - Parameters:
  ///   - method: what was asked for; the answer to a change that makes no sense leaves its outcome open.
  ///   - secrets: what must not be told, should the service have echoed it.
  func failure(of method: AMAPIRequest.Method, hiding secrets: [String]) -> Failure {
    let message = isError ? body["message"]?.string.map { masked($0, hiding: secrets) } : nil
    let (error, text) = meaning(method, message, hiding: secrets)
    // What there was no room for was not done (507, RFC 4918, section 11.5).
    let outcome: Failure.Outcome? =
      error == .backend && method.endpoint.isChange ? status == 507 ? .notSent : .unknown : nil
    var failure = Failure(error, outcome: outcome, text)
    if let wait = retryAfter ?? (error == .rateLimited && method == .addClient ? Self.addClientInterval : nil) {
      failure.details.append(Failure.Detail.retryAfter(.integer(wait)))
    }
    failure.details.append(Failure.Detail.httpStatus(.integer(status)))
    if isError {
      failure.details.append(
        Failure.Detail.backendCode(.string(orNull: code.map { masked($0, hiding: secrets) })))
      failure.details.append(Failure.Detail.backendMessage(.string(orNull: message)))
    }
    return failure
  }

  /// Between two new clients from an address that is not whitelisted, in seconds; documented.
  static let addClientInterval = 10

  /// The error and its message: by the code where it is known, and else by the HTTP status.
  private func meaning(
    _ method: AMAPIRequest.Method, _ message: String?, hiding secrets: [String]
  ) -> (ErrorCode, String) {
    let reason = message.map { ": \($0)" } ?? ""
    if status >= 500 { return (.backend, "the service failed (HTTP \(status))\(reason)") }
    if let knownCode, knownCode != .rateLimited { return (knownCode.row.error, knownCode.row.message) }
    switch knownCode == .rateLimited ? 429 : status {
    case 401: return (.unauthorized, "the service refused the key, password or token (HTTP 401)\(reason)")
    case 403: return (.forbidden, "the service forbids this (HTTP 403)\(reason)")
    case 429 where method == .addClient: return (.rateLimited, AMAPIErrorCode.rateLimited.row.message)
    case 429: return (.rateLimited, "the service was asked too often\(reason)")
    case 404 where isError && method != .addClient: return (.clientNotFound, AMAPIErrorCode.clientNotFound.row.message)
    case 409 where isError && method == .addClient: return (.clientExists, AMAPIErrorCode.clientExists.row.message)
    case 300..<400:
      let target = location.map { " to \(quoted(masked($0, hiding: secrets)))" } ?? ""
      return (
        .backend, "the service redirects (HTTP \(status))\(target), which is not followed; is the API domain right?"
      )
    case _ where isError:
      return (.rejected, "the service refused: \(message ?? "it gave no reason")")
    default:
      let fault = body.isObject ? "neither a success nor an error" : "no JSON object"
      let advice =
        [404, 405, 410].contains(status)
        ? "if its \(method.rawValue) is elsewhere, --amapi-endpoint \(method.rawValue)=PATH says where"
        : "is the API domain right?"
      return (.backend, "the service's answer is \(fault) (HTTP \(status)); \(advice)")
    }
  }
}

extension JSONValue {
  /// The member called `name` as text: a string, or a number as it is written.
  fileprivate func text(of name: String) -> String? {
    switch self[name] {
    case .string(let text), .number(let text): text
    default: nil
    }
  }

  fileprivate var isObject: Bool {
    if case .object = self { true } else { false }
  }
}
