import OVSWire

/// What the account operations say to the API and make of its answers: for each a request and the reading of a reply.
enum AccountExchange {
  /// The request of an operation.
  ///
  /// Commands of the session carry its token. Closing an account and resetting a password need no login: they carry
  /// the token where the account is the session's own, and the secret key, if there is one, where it isn't. The key
  /// is a server's and stays out of what is done in an end-user's name.
  static func request(
    _ operation: Command.AccountOperation, _ arguments: Arguments, _ session: Session
  ) -> AMAPIRequest {
    let login = session.liveLogin
    let email = arguments.text("email") ?? login?.email
    // In the order of the method's row.
    var form: [(field: AMAPIRequest.Field, value: String)] = []
    form.reserveCapacity(9)
    func add(_ field: AMAPIRequest.Field, _ value: String?) {
      if let value { form.append((field, value)) }
    }
    add(.apiKey, session.apiKey?.value)
    add(.email, email)
    var isWithToken = true
    switch operation {
    case .login:
      add(.password, arguments.string("password"))
      isWithToken = false
    case .getAccountType, .getAccountCredential, .getAccountExpirationDate:
      break
    case .addClient:
      add(.password, arguments.text("password"))
      add(.country, arguments.string("countrycode"))
      add(.type, arguments.string("type"))
      add(.firstName, arguments.text("first_name"))
      add(.lastName, arguments.text("last_name"))
      add(.companyName, arguments.text("company_name"))
      add(.secretKey, session.secretKey?.value)
      isWithToken = false
    case .closeClient, .resetPassword:
      isWithToken = email.map(AccountName.key) == session.account
      if !isWithToken { add(.secretKey, session.secretKey?.value) }
    case .changePlan, .newProduct:
      add(.type, arguments.string("type"))
    case .cancelPlan:
      add(.when, "at_due_date")
    }
    assert(
      method(of: operation).endpoint.fields.map(\.value).filter { field in form.contains { $0.field == field } }
        == form.map(\.field), "\(operation) has other fields than its row, or in another order")
    return AMAPIRequest(
      method(of: operation), bearer: isWithToken ? login?.tokens?.short : nil, form: form, to: session.backend.domain)
  }

  /// The method that carries an operation out.
  static func method(of operation: Command.AccountOperation) -> AMAPIRequest.Method {
    switch operation {
    case .login: .tokenRefresh
    case .getAccountType, .getAccountCredential, .getAccountExpirationDate: .getClient
    case .addClient: .addClient
    case .closeClient: .closeClient
    case .resetPassword: .resetPassword
    case .changePlan: .upgradeProduct
    case .cancelPlan: .cancelClient
    case .newProduct: .newProduct
    }
  }

  /// The request that turns a login's long token into new ones.
  static func renewal(of login: Login, _ session: Session) -> AMAPIRequest {
    AMAPIRequest(
      .tokenRefresh, bearer: login.tokens?.long,
      form: [(.apiKey, session.apiKey?.value ?? ""), (.email, login.email)], to: session.backend.domain)
  }

  /// The success data that a successful reply amounts to.
  ///
  /// - Throws: BACKEND, where the reply lacks what the operation is about.
  static func data(
    _ operation: Command.AccountOperation, _ arguments: Arguments, _ reply: AMAPIReply
  ) throws(Failure) -> JSONValue {
    switch operation {
    case .login, .closeClient, .resetPassword, .changePlan, .cancelPlan, .newProduct:
      return .null
    case .getAccountType:
      return .object([.init("type", try text(.type, in: reply))])
    case .getAccountCredential:
      return .object([
        .init("username", try text(.vpnUsername, in: reply)), .init("password", try text(.vpnPassword, in: reply)),
      ])
    case .getAccountExpirationDate:
      return .object([.init("exp_date", try text(.expirationDate, in: reply))])
    case .addClient:
      guard arguments.text("password") == nil else { return .null }
      return .object([
        .init("username", try text(.username, in: reply)), .init("password", try text(.password, in: reply)),
      ])
    }
  }

  /// The tokens in a reply, if it has them.
  static func tokens(in reply: AMAPIReply, at time: UTCTime) -> Tokens? {
    guard let short = reply[.shortToken], let long = reply[.longToken], short.isToken, long.isToken else { return nil }
    return Tokens(
      short: Secret(short), long: Secret(long), shortExpiry: time.seconds + Tokens.shortLifetime)
  }

  /// A member's text.
  ///
  /// - Throws: BACKEND, where the reply lacks it.
  private static func text(_ member: AMAPIReply.Member, in reply: AMAPIReply) throws(Failure) -> JSONValue {
    guard let text = reply[member] else {
      throw Failure(.backend, "the service's answer lacks \"\(member.rawValue)\"")
    }
    return .string(text)
  }
}

extension String {
  /// Whether this can stand in a header: visible ASCII, as of which Bearer tokens are made (RFC 6750, section 2.1).
  fileprivate var isToken: Bool { !isEmpty && utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
}
