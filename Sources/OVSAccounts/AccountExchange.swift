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
    let key = session.apiKey?.value
    let login = session.liveLogin
    let bearer = login?.tokens?.short
    let email = arguments["email"]?.string ?? login?.email
    switch operation {
    case .login:
      return AMAPIRequest(
        .tokenRefresh, [(.apiKey, key), (.email, email), (.password, arguments.string("password"))])
    case .getAccountType, .getAccountCredential, .getAccountExpirationDate:
      return AMAPIRequest(.getClient, bearer: bearer, [(.apiKey, key), (.email, email)])
    case .addClient:
      return AMAPIRequest(
        .addClient,
        [
          (.apiKey, key), (.email, email), (.password, arguments["password"]?.string),
          (.country, arguments.string("countrycode")), (.type, arguments.string("type")),
          (.firstName, arguments["first_name"]?.string), (.lastName, arguments["last_name"]?.string),
          (.companyName, arguments["company_name"]?.string), (.secretKey, session.secretKey?.value),
        ])
    case .closeClient, .resetPassword:
      let isOwn = email.map(AccountName.key) == session.account
      return AMAPIRequest(
        operation == .closeClient ? .closeClient : .resetPassword, bearer: isOwn ? bearer : nil,
        [(.apiKey, key), (.email, email), (.secretKey, isOwn ? nil : session.secretKey?.value)])
    case .changePlan:
      return AMAPIRequest(
        .upgradeProduct, bearer: bearer, [(.apiKey, key), (.email, email), (.type, arguments.string("type"))])
    case .cancelPlan:
      return AMAPIRequest(
        .cancelClient, bearer: bearer, [(.apiKey, key), (.email, email), (.when, "at_due_date")])
    case .newProduct:
      return AMAPIRequest(
        .newProduct, bearer: bearer, [(.apiKey, key), (.email, email), (.type, arguments.string("type"))])
    }
  }

  /// The request that turns a login's long token into new ones.
  static func renewal(of login: Login, _ session: Session) -> AMAPIRequest {
    AMAPIRequest(
      .tokenRefresh, bearer: login.tokens?.long, [(.apiKey, session.apiKey?.value), (.email, login.email)])
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
      return .object([.init("type", try text("type", in: reply))])
    case .getAccountCredential:
      return .object([
        .init("username", try text("vpn_username", in: reply)), .init("password", try text("vpn_password", in: reply)),
      ])
    case .getAccountExpirationDate:
      return .object([.init("exp_date", try text("exp_date", in: reply))])
    case .addClient:
      guard arguments["password"] == nil else { return .null }
      return .object([
        .init("username", try text("username", in: reply)), .init("password", try text("password", in: reply)),
      ])
    }
  }

  /// The tokens in a reply, if it has them.
  static func tokens(in reply: AMAPIReply, at time: UTCTime) -> Tokens? {
    guard let short = reply.body["short_token"]?.string, let long = reply.body["long_token"]?.string else {
      return nil
    }
    return Tokens(
      short: Secret(short), long: Secret(long), shortExpiry: time.seconds + Tokens.shortLifetime)
  }

  private static func text(_ member: String, in reply: AMAPIReply) throws(Failure) -> JSONValue {
    switch reply.body[member] {
    case .string(let text), .number(let text): return .string(text)
    default: throw Failure(.backend, "the service's answer lacks \"\(member)\"")
    }
  }
}
