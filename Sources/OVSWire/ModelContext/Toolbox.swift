extension ModelContext {
  /// The tools of a table of commands, and what there is to say of those that are none.
  public final class Toolbox: Sendable {
    let tools: [Tool]
    /// The command that has a new password mailed, and what that takes.
    let reset: String?
    /// Whether there is a login for the commands that need a session.
    let hasLogin: Bool
    /// What a client is told of all of them.
    let instructions: String
    /// Whether they work on the sandbox.
    let isSandbox: Bool
    /// Whether they may return passwords.
    var allowsSecrets: Bool { policy.allowsSecrets }
    private let table: CommandTable
    private let policy: Policy
    private let serverVersion: String

    /// The tools of a table.
    ///
    /// - Parameters:
    ///   - table: the commands that there are.
    ///   - policy: what they may do.
    ///   - serverVersion: the version of the program that carries them out.
    ///   - service: the address of the service; nil for the sandbox.
    ///   - hasKey: whether there is an API key.
    ///   - hasLogin: whether there is a login for the commands that need a session.
    public init(
      _ table: CommandTable, _ policy: Policy, serverVersion: String, service: String?, hasKey: Bool, hasLogin: Bool
    ) {
      self.table = table
      self.policy = policy
      self.serverVersion = serverVersion
      self.hasLogin = hasLogin
      isSandbox = service == nil
      tools = table.rows.compactMap { Tool($0, policy) }
      reset = table.rows.first { $0.operation == .account(.resetPassword) }.map { Self.offer($0, policy) }
      instructions = Self.instructions(
        table, policy, service: service, hasKey: hasKey, hasLogin: hasLogin)
    }

    /// The tool of a name.
    func tool(_ name: String) throws(ProtocolError) -> Tool {
      if let tool = tools.first(where: { $0.command.name.hasSameBytes(as: name) }) { return tool }
      guard let command = table[name] else {
        let names = tools.map(\.command.name)
        throw ProtocolError(.invalidParams, "Unknown tool: \(quoted(name))\(suggestion(for: name, among: names))")
      }
      if command.isForTools, !policy.allowsDestructive, command.consequence != .none {
        throw ProtocolError(
          .invalidParams,
          "Unknown tool: \(name) loses what can't be had back; it is offered if ovs-bridge mcp is started with --allow-destructive"
        )
      }
      let reason = standIn(for: command).map { "; in its place is \($0), for ovs-bridge mcp" } ?? ""
      throw ProtocolError(.invalidParams, "Unknown tool: \(name) is a command, but not for tools\(reason)")
    }

    // MARK: What it says of itself

    /// Who answers ("Implementation" of the schema).
    func serverInfo(in version: Version) -> JSONValue {
      var info: [JSONValue.Member] = [.init("name", "ovs-bridge")]
      if version.hasTitles { info.append(.init("title", "OVS VPN user management")) }
      return .object(info + [.init("version", .string(serverVersion))])
    }

    private static func instructions(
      _ table: CommandTable, _ policy: Policy, service: String?, hasKey: Bool, hasLogin: Bool
    ) -> String {
      var sentences = ["The User Management of a VPN vendor: a tool for each command on end-users' accounts."]
      if let service {
        sentences.append("The tools act on the real service at \(service).")
      } else {
        sentences.append(
          "The tools act on the sandbox, an account service inside the process: no real account is touched, and nothing is mailed."
        )
      }
      if !hasKey { sentences.append("There is no API key, which most tools need: set OVS_API_KEY or --api-key-file.") }
      sentences.append(
        hasLogin
          ? "A tool that needs a session acts for the one end-user it was started with; it logs in by itself."
          : "Tools that need a session can't be used: set \(loginPlace), for an end-user to act for.")
      if !policy.allowsDestructive {
        let names = table.rows.filter { $0.isForTools && $0.consequence != .none }.map(\.name)
        if !names.isEmpty {
          sentences.append("\(names.joined(separator: ", ")) are offered with --allow-destructive only.")
        }
      }
      sentences.append("No tool takes a password or key.")
      if !policy.allowsSecrets { sentences.append("Passwords are returned with --allow-secrets only.") }
      return sentences.joined(separator: " ")
    }

    // MARK: Words for those who can't send commands

    private static let keyPlace = "OVS_API_KEY or --api-key-file"
    static let loginPlace = "OVS_EMAIL and OVS_PASSWORD, or --login-file"

    /// What has the effect of a command that is no tool, from outside.
    private func standIn(for command: Command) -> String? {
      switch command.operation {
      case .session(.setAPIKey): Self.keyPlace
      case .session(.setSecretKey): "OVS_SECRET_KEY"
      case .session(.setAPIDomain): "OVS_API_DOMAIN or --api-domain"
      case .account(.login): Self.loginPlace
      case .session(.logout), .session(.getSession), .account, .process: nil
      }
    }

    /// What an event means to a model, which can't log in.
    func summary(of event: Event.Kind) -> String {
      guard event == .sessionExpired, hasLogin else { return event.summary }
      return "The session has ended; the next call of a tool that needs one logs in again."
    }

    /// A failure in words for a model, that names no command that is no tool.
    func translated(_ failure: Failure) -> Failure {
      var failure = failure
      switch failure.code {
      case .apiKeyNotSet:
        failure.message = "there is no API key: ovs-bridge mcp takes it from \(Self.keyPlace)"
      case .notLoggedIn:
        failure.message =
          hasLogin
          ? "the session has ended, and the next call logs in again"
          : "nobody is logged in: ovs-bridge mcp takes the end-user to act for from \(Self.loginPlace)"
      case .clientExists:
        // Whoever takes the advice to add a product adds it to the account of the one login there is.
        failure.message = withoutTools(failure.message)
      default:
        for command in table.rows where failure.message.contains(command.name) {
          if let standIn = standIn(for: command) {
            failure.message.replace(command.name, with: standIn)
          } else if command.isForTools {
            failure.message.replace(command.name, with: Self.offer(command, policy))
          }
        }
      }
      return failure
    }

    /// The failure of the login that no model asked for. Nothing that tools do to accounts mends it: a client added, or a
    /// password reset, has another password than the login's.
    func translated(ofLogin failure: Failure) -> Failure {
      var failure = failure
      failure.message = withoutTools(failure.message)
      for command in table.rows where command.operation == .account(.login) {
        failure.message.replace(command.name, with: "the login")
      }
      failure = translated(failure)
      // The tool may have an argument of that name, which is not what is wrong.
      failure.details.removeAll { $0.name == Failure.Detail.field.rawValue }
      failure.message = "the login by \(Self.loginPlace), failed: \(failure.message)"
      return failure
    }

    /// A message without the advice to use a tool.
    private func withoutTools(_ message: String) -> String {
      let parts = message.split(separator: "; ")
      let advice = parts.dropFirst().filter { part in
        !table.rows.contains { $0.isForTools && part.contains($0.name) }
      }
      return (parts.prefix(1) + advice).joined(separator: "; ")
    }

    /// The name of a command, and the option that it takes to be offered.
    private static func offer(_ command: Command, _ policy: Policy) -> String {
      command.consequence == .none || policy.allowsDestructive
        ? command.name : "\(command.name) (with --allow-destructive)"
    }

    /// Whether the same call may be made again as it is.
    func isRetryable(_ failure: Failure) -> Bool {
      failure.isRetryable || failure.code == .notLoggedIn && hasLogin
    }
  }
}
