import OVSWire

/// The failure codes of the API that the bridge tells apart. That there are codes is documented; their spelling is
/// inferred, so that case and separators make no difference.
package enum AMAPIErrorCode: String, CaseIterable {
  case invalidAPIKey = "INVALID_APIKEY"
  case invalidSecretKey = "INVALID_SECRETKEY"
  case invalidPassword = "INVALID_PASSWORD"
  case invalidToken = "INVALID_TOKEN"
  case otherAccount = "OTHER_ACCOUNT"
  case notPermitted = "NOT_PERMITTED"
  case clientExists = "CLIENT_EXISTS"
  case clientNotFound = "CLIENT_NOT_FOUND"
  case unknownPlan = "UNKNOWN_PLAN"
  case rateLimited = "RATE_LIMITED"

  /// The code that is spelt somehow like `spelling`.
  package init?(spelling: String) {
    let letters = Self.letters(spelling)
    guard let code = Self.allCases.first(where: { Self.letters($0.rawValue) == letters }) else { return nil }
    self = code
  }

  private static func letters(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }

  /// The HTTP status that goes with the code, the error it is for the caller, and what they can do about it.
  var row: (status: Int, error: ErrorCode, message: String) {
    switch self {
    case .invalidAPIKey:
      (401, .unauthorized, "the API key was refused; set another with OVS_CMD_SET_API_KEY")
    case .invalidSecretKey:
      (401, .unauthorized, "the secret key was refused; set another with OVS_CMD_SET_SECRET_KEY")
    case .invalidPassword:
      (401, .unauthorized, "the password was refused; OVS_CMD_RESET_PASSWORD has a new one mailed")
    case .invalidToken:
      (401, .unauthorized, "the session's token was refused; log in again with OVS_CMD_LOGIN")
    case .otherAccount:
      (403, .forbidden, "the session belongs to another account; log in to this one with OVS_CMD_LOGIN")
    case .notPermitted:
      (
        403, .forbidden,
        "from an address that is not whitelisted this needs the secret key (OVS_CMD_SET_SECRET_KEY) or a session of the account"
      )
    case .clientExists:
      (
        409, .clientExists,
        "a client with this e-mail exists already; log in and add a product with OVS_CMD_NEW_PRODUCT"
      )
    case .clientNotFound:
      (404, .clientNotFound, "no client has this e-mail; OVS_CMD_ADD_CLIENT adds one")
    case .unknownPlan:
      (
        422, .unknownPlan,
        "no plan has this API ID; the vendor's plans page lists them, most by their months: 1, 3, 6, 12, 24, 36"
      )
    case .rateLimited:
      (
        429, .rateLimited,
        "new clients are held to one per 10 seconds; wait, set the secret key, or use a whitelisted address"
      )
    }
  }
}
