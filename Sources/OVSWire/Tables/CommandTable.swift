/// All commands, by number and by name.
///
/// ``standard`` is the one table of the SDK's commands and the bridge's own. The dispatch, the parameter checks, the
/// order rules, the help and the documentation read it: a new command is a row here and the function that its
/// ``Command/Operation`` names.
public final class CommandTable: Sendable {
  /// The commands in the order of their numbers.
  public let rows: [Command]
  private let byName: [String: Command]

  /// A table of `rows`, whose numbers rise and whose names differ.
  public init(_ rows: [Command]) {
    precondition(zip(rows, rows.dropFirst()).allSatisfy { $0.number < $1.number }, "the rows' numbers don't rise")
    self.rows = rows
    byName = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0) })
  }

  /// The command of this number.
  public subscript(number: Int) -> Command? {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].number < number { low = middle + 1 } else { high = middle }
    }
    return low < rows.count && rows[low].number == number ? rows[low] : nil
  }

  /// The command of this name.
  public subscript(name: String) -> Command? {
    byName[name].flatMap { $0.name.hasSameBytes(as: name) ? $0 : nil }
  }

  /// OpenRPC's service discovery, which belongs to JSON-RPC alone: a method of no number that is no row of any table, but
  /// there with each (https://spec.open-rpc.org, "Service Discovery Method").
  public static let discover = Command(
    0, "rpc.discover", [], needs: .nothing, effect: .immediate, operation: .process(.discover),
    "Returns an OpenRPC document of all that can be called.")

  /// The command that a JSON-RPC method names.
  func method(_ name: String) -> Command? { self[name] ?? (name == Self.discover.name ? Self.discover : nil) }

  /// The commands of the SDK's section "User Management", which fixes the numbers up to 59 and their parameters, and
  /// the bridge's own from 1000 on, for what the SDK does in calls whose numbers it doesn't publish.
  public static let standard = CommandTable([
    Command(
      10, "OVS_CMD_SET_API_KEY",
      [
        .required(
          "api_key", alias: "api_domain", .secret, example: "your_api_key",
          "the Account Management API's key, from the vendor's credentials page")
      ],
      needs: .nothing, effect: .session, operation: .session(.setAPIKey),
      "Sets the API key; a different one ends the session."),
    Command(
      18, "OVS_CMD_GET_ACCOUNT_TYPE",
      [.optional("email", .email, "the end-user's e-mail; the session's when absent")],
      needs: .login, effect: .accountRead, operation: .account(.getAccountType),
      result: .object([.init("type", .text, example: "12", "the API ID of the current plan, a string")]),
      "Returns the end-user's current plan."),
    Command(
      19, "OVS_CMD_GET_ACCOUNT_CREDENTIAL", [],
      needs: .login, effect: .accountRead, operation: .account(.getAccountCredential),
      result: .object([
        .init("username", .text, example: "vpn-GyJFNvuYqR", "the OpenVPN user name"),
        .init("password", .secret, example: "XzHe4383SVMeZdH", "the OpenVPN password"),
      ]),
      "Returns the session's OpenVPN credentials."),
    Command(
      20, "OVS_CMD_GET_ACCOUNT_EXP_DATE", [],
      needs: .login, effect: .accountRead, operation: .account(.getAccountExpirationDate),
      result: .object([.init("exp_date", .date, example: "2027-01-31", "the due date, YYYY-MM-DD")]),
      "Returns the date on which the session's account is due."),
    Command(
      21, "OVS_CMD_ADD_CLIENT",
      [
        .required("email", .email, "the new end-user's e-mail"),
        .optional(
          "password", .secret, example: "user_password", "the end-user's password; one is generated when absent"),
        .required("countrycode", .countryCode, "the end-user's country, two letters such as US"),
        .required("type", .planType, "the plan's API ID, such as 12"),
        .optional("first_name", .text, example: "Ann", "the end-user's first name"),
        .optional("last_name", .text, example: "Smith", "the end-user's last name"),
        .optional("company_name", .text, example: "Smith Ltd", "the end-user's company"),
      ],
      needs: .key, effect: .accountChange, operation: .account(.addClient),
      result: .objectOrNull(
        [
          .init("username", .text, example: "ann@example.com", "the e-mail"),
          .init("password", .secret, example: "AKV68A8ksTjk6Hj", "the generated password"),
        ],
        when: "no password was given"),
      "Adds a new end-user with a first product."),
    Command(
      22, "OVS_CMD_CLOSE_CLIENT",
      [.required("email", .email, "the end-user's e-mail")],
      needs: .key, effect: .accountChange, operation: .account(.closeClient), consequence: .lossOnce,
      "Ends an account at once, with all its products."),
    Command(
      23, "OVS_CMD_RESET_PASSWORD",
      [.required("email", .email, "the end-user's e-mail")],
      needs: .key, effect: .accountChange, operation: .account(.resetPassword),
      consequence: .lossEachTime,
      "Has a new password made and mailed to the end-user."),
    Command(
      50, "OVS_CMD_CHANGE_PLAN",
      [
        .optional("email", .email, "the end-user's e-mail; the session's when absent"),
        .required("type", .planType, example: "24", "the API ID of the plan to change to, such as 12"),
      ],
      needs: .login, effect: .accountChange, operation: .account(.changePlan),
      "Changes the end-user's current plan."),
    Command(
      58, "OVS_CMD_CANCEL_PLAN", [],
      needs: .login, effect: .accountChange, operation: .account(.cancelPlan), consequence: .lossOnce,
      "Ends the session's account at its due date, with all its products."),
    Command(
      59, "OVS_CMD_NEW_PRODUCT",
      [.required("type", .planType, "the API ID of the product's plan, such as 12")],
      needs: .login, effect: .accountChange, operation: .account(.newProduct),
      "Adds a product to the session's account."),
    Command(
      1000, "OVS_CMD_LOGIN",
      [
        .required("email", .email, "the end-user's e-mail"),
        .required("password", .secret, example: "user_password", "the end-user's password"),
      ],
      needs: .key, effect: .session, operation: .account(.login),
      "Starts a session, in place of the one before."),
    Command(
      1001, "OVS_CMD_LOGOUT", [],
      needs: .nothing, effect: .session, operation: .session(.logout),
      "Ends the session."),
    Command(
      1002, "OVS_CMD_GET_SESSION", [],
      needs: .nothing, effect: .sessionRead, operation: .session(.getSession),
      result: .object([
        .init("backend", .choice(["sandbox", "amapi"]), example: "sandbox", "\"sandbox\" or \"amapi\""),
        .init("api_domain", .orNull(.text), example: .null, "the service's address; null for the sandbox"),
        .init("api_key_set", .bool, example: true, "whether there is an API key"),
        .init("logged_in", .bool, example: true, "whether there is a session"),
        .init("email", .orNull(.text), example: "ann@example.com", "the session's e-mail, or null"),
        .init(
          "expires_at", .orNull(.time), example: "2026-01-31T12:00:00Z",
          "when the session's token is renewed at the latest (RFC 3339, UTC), or null"),
      ]),
      "Shows the session as the commands before left it, without its secrets."),
    Command(
      1003, "OVS_CMD_SET_API_DOMAIN",
      [.required("api_domain", .apiDomain, "the address of the reseller's service")],
      needs: .nothing, effect: .session, operation: .session(.setAPIDomain),
      "Turns from the sandbox to the real service; a different one ends the session."),
    Command(
      1004, "OVS_CMD_SET_SECRET_KEY",
      [
        .required(
          "secret_key", .secret, example: "your_secret_key",
          "the server-side secret key; never for programs that end-users hold")
      ],
      needs: .nothing, effect: .session, operation: .session(.setSecretKey),
      "Sets the secret key, which stands in for a whitelisted address."),
    Command(
      1005, "OVS_CMD_CANCEL",
      [.required("id", .requestID, "the id of the commands to take back")],
      needs: .nothing, effect: .immediate, operation: .process(.cancel),
      result: .object([.init("cancelled", .count, example: 0, "how many commands were taken back")]),
      "Takes back the commands of an id, waiting or under way."),
    Command(
      1006, "OVS_CMD_GET_INFO", [],
      needs: .nothing, effect: .immediate, operation: .process(.getInfo),
      result: .object([
        .init("name", .text, example: "ovs-bridge", "\"ovs-bridge\""),
        .init("version", .text, example: "0.4.0", "the program's version"),
        .init("protocol", .count, example: 1, "the version of this protocol, a number"),
        .init("pid", .count, example: 4711, "the process"),
        .init("backend", .choice(["sandbox", "amapi"]), example: "sandbox", "\"sandbox\" or \"amapi\""),
        .init("commands", .commandNumbers, example: [:], "an object: each command's number by its name"),
      ]),
      "Tells what is running here and which commands it knows."),
    Command(
      1007, "OVS_CMD_SHUTDOWN", [],
      needs: .nothing, effect: .process, operation: .process(.shutdown),
      "Ends the process once all before it is answered."),
  ])
}
