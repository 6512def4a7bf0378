import OVSWire

/// A request to the vendor's Account Management API, apart from how it is carried.
///
/// The API takes `POST /api/amapi/{Method}` with form fields. Of its methods AddClient is documented with its fields;
/// NewProduct, UpgradeProduct and TokenRefresh are documented by name; the other methods, and every field not marked
/// as documented, are inferred. All such names stand in this file alone, so that they can be corrected here.
public struct AMAPIRequest: Equatable {
  /// The last part of the path.
  public enum Method: String, Sendable {
    /// Documented, with its fields.
    case addClient = "AddClient"
    /// Documented by name.
    case newProduct = "NewProduct"
    /// Documented by name.
    case upgradeProduct = "UpgradeProduct"
    /// Documented by name.
    case tokenRefresh = "TokenRefresh"
    /// Inferred.
    case cancelClient = "CancelClient"
    /// Inferred.
    case closeClient = "CloseClient"
    /// Inferred.
    case resetPassword = "ResetPassword"
    /// Inferred.
    case getClient = "GetClient"
  }

  /// A form field.
  public enum Field: String, Sendable {
    /// The reseller's key; documented for AddClient, inferred for the rest.
    case apiKey = "apikey"
    /// The end-user; documented.
    case email
    /// Documented.
    case password
    /// ISO 3166-1 alpha-2; documented.
    case country
    /// The plan's API ID; documented.
    case type
    /// Documented.
    case firstName = "first_name"
    /// Documented.
    case lastName = "last_name"
    /// Documented.
    case companyName = "company_name"
    /// When a cancellation takes effect; inferred.
    case when
    /// The server-side secret key; its existence is documented, the name inferred.
    case secretKey = "secretkey"
  }

  /// What is asked for.
  public let method: Method
  /// The form, in order.
  public private(set) var fields: [(field: Field, value: String)]
  /// The token of the `Authorization: Bearer` header (RFC 6750); documented.
  public let bearer: String?

  init(_ method: Method, bearer: Secret? = nil, _ fields: [(Field, String?)]) {
    self.method = method
    self.bearer = bearer?.value
    self.fields = fields.compactMap { field, value in value.map { (field, $0) } }
  }

  /// The value of a field; nil if the form lacks it.
  public subscript(field: Field) -> String? { fields.first { $0.field == field }?.value }

  /// Whether two requests would look the same on the wire.
  public static func == (a: AMAPIRequest, b: AMAPIRequest) -> Bool {
    a.method == b.method && a.bearer == b.bearer && a.fields.elementsEqual(b.fields, by: ==)
  }
}

/// What the API answered, apart from how it was carried.
///
/// Success is an object whose `status` is `success`; failure has `status` `error`, a code and a message (documented).
/// The members' names `code` and `message` are inferred, as are the answers' other members.
public struct AMAPIReply {
  /// The HTTP status.
  public var status: Int
  /// After how many seconds to try again, where the answer says so.
  public var retryAfter: Int?
  /// The answer's JSON.
  public var body: JSONValue
  /// What the sandbox would have mailed; the real service mails it.
  public var mail: Mail?

  /// A mail to an end-user.
  public struct Mail: Equatable, Sendable {
    /// The receiver.
    public let to: String
    /// Its subject.
    public let subject: String
    /// The new password in it.
    public let password: String
  }
}

/// The failure codes of the API that the bridge tells apart. Their existence is documented, their spelling inferred.
enum AMAPIErrorCode: String, CaseIterable {
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

extension AMAPIReply {
  /// Whether the API did what it was asked.
  var isSuccess: Bool { body["status"]?.string == "success" }

  /// What a reply that is no success means to the caller.
  ///
  /// - Parameters:
  ///   - isChange: whether the request was one, so that an answer without sense leaves its outcome open.
  ///   - secrets: what must not be told, should the service have echoed it.
  func failure(ofChange isChange: Bool, hiding secrets: [String]) -> Failure {
    guard body["status"]?.string == "error" else {
      return Failure(
        .backend, outcome: isChange ? .unknown : nil, "the service's answer is neither a success nor an error")
    }
    let code: String? =
      switch body["code"] {
      case .string(let text), .number(let text): text
      default: nil
      }
    guard let known = code.flatMap(AMAPIErrorCode.init) else {
      let message = body["message"]?.string.map { masked($0, hiding: secrets) }
      return Failure(
        .rejected, "the service refused: \(message ?? "it gave no reason")",
        details: [
          .init("backend_code", .string(orNull: code.map { masked($0, hiding: secrets) })),
          .init("backend_message", .string(orNull: message)),
        ])
    }
    let row = known.row
    return Failure(row.error, row.message, details: retryAfter.map { [.init("retry_after_s", .integer($0))] } ?? [])
  }

  /// Whether the API refused the token that came with the request.
  var isTokenRefusal: Bool { body["code"]?.string == AMAPIErrorCode.invalidToken.rawValue }
}
