import OVSWire

/// What the commands do that concern the session alone.
public enum SessionCommands {
  /// Carries a command out with the session that it works with, and gives the session from here on if it is another.
  public static func run(
    _ operation: Command.SessionOperation, _ request: Request, in session: Session
  ) -> (result: Result<JSONValue, Failure>, session: Session?) {
    do throws(Failure) {
      try check(request.command.needs, session)
      let (data, changed) = carryOut(operation, try Arguments(request.parameters), session)
      return (.success(data), changed)
    } catch {
      return (.failure(error), nil)
    }
  }

  /// Throws what a command lacks that must be set before.
  static func check(_ needs: Command.Needs, _ session: Session) throws(Failure) {
    switch needs {
    case .nothing: return
    case .key, .login:
      guard session.apiKey != nil else {
        throw Failure(.apiKeyNotSet, "set the API key first, with OVS_CMD_SET_API_KEY or OVS_API_KEY")
      }
      guard needs == .key || session.liveLogin != nil else {
        throw Failure(.notLoggedIn, "log in first, with OVS_CMD_LOGIN")
      }
    }
  }

  /// Carries a command out: the answer's data, and the session from here on if it is another.
  private static func carryOut(
    _ operation: Command.SessionOperation, _ arguments: Arguments, _ session: Session
  ) -> (data: JSONValue, session: Session?) {
    var changed = session
    switch operation {
    case .getSession:
      return (summary(of: session), nil)
    case .setAPIKey:
      changed.apiKey = Secret(arguments.string("api_key"))
      if changed.apiKey != session.apiKey { changed.login = nil }
    case .setSecretKey:
      changed.secretKey = Secret(arguments.string("secret_key"))
    case .setAPIDomain:
      if let domain = APIDomain(arguments.string("api_domain")) { changed.backend = .amapi(domain) }
      if changed.backend != session.backend { changed.login = nil }
    case .logout:
      changed.login = nil
    }
    return (.null, changed)
  }

  private static func summary(of session: Session) -> JSONValue {
    let login = session.liveLogin
    return .object([
      .init("backend", .string(session.backend.name)),
      .init("api_domain", .string(orNull: session.backend.domain?.description)),
      .init("api_key_set", .bool(session.apiKey != nil)),
      .init("logged_in", .bool(login != nil)),
      .init("email", .string(orNull: login?.email)),
      .init("expires_at", .string(orNull: login?.tokens.map { UTCTime(seconds: $0.shortExpiry).description })),
    ])
  }
}
