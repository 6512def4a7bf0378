/// A command of the SDK, or one of the bridge's own: a row of the ``CommandTable``.
public final class Command: Sendable {
  /// The command's number; its answer's `notification` is the same.
  public let number: Int
  /// The command's name, `OVS_CMD_…`.
  public let name: String
  /// The name of its answer, `OVS_NOTIFY_…`.
  public let notificationName: String
  /// What it takes, in the order of positional parameters.
  public let parameters: [Parameter]
  /// What must be set before.
  public let needs: Needs
  /// What it works on, which decides what it waits for and who waits for it.
  public let effect: Effect
  /// What carries it out.
  public let operation: Operation
  /// What its `data` holds on success.
  public let result: Result
  /// What it does, in one sentence.
  public let summary: String
  /// The place among its parameters of the one that names the account; nil where none does.
  public let accountParameter: Int?
  /// How the native answer to it begins, up to the data, if it was carried out.
  let successHead: [UInt8]

  /// A row.
  public init(
    _ number: Int, _ name: String, _ parameters: [Parameter], needs: Needs, effect: Effect, operation: Operation,
    result: Result = .null, _ summary: String
  ) {
    self.number = number
    self.name = name
    let notificationName = "OVS_NOTIFY_" + name.dropFirst("OVS_CMD_".count)
    self.notificationName = notificationName
    self.parameters = parameters
    self.needs = needs
    self.effect = effect
    self.operation = operation
    self.result = result
    self.summary = summary
    accountParameter = parameters.firstIndex { $0.rule == .email }
    var writer = JSONWriter()
    writer.nativeHead(number, notificationName, .ok)
    successHead = writer.bytes.array
  }

  /// What must be set before a command is carried out.
  public enum Needs: Sendable {
    /// It always works.
    case nothing
    /// The API key.
    case key
    /// The API key and a session.
    case login
  }

  /// What a command works on.
  public enum Effect: Sendable {
    /// The session: it takes effect in the order of arrival, and all that comes later waits for it.
    case session
    /// An account, which it leaves as it is.
    case accountRead
    /// An account, which it changes; so it is never sent twice, and its failure tells the outcome.
    case accountChange
    /// Nothing; it shows the session as the commands before it left it.
    case sessionRead
    /// Nothing that has an order: it waits for nothing and nothing waits for it.
    case immediate
    /// The process: it waits for all before it.
    case process
  }

  /// What carries a command out: one case for each function of the bridge.
  public enum Operation: Sendable, Equatable {
    /// Something done to the session or told of it, without asking the account service.
    case session(SessionOperation)
    /// A question or an order to the account service.
    case account(AccountOperation)
    /// Something that concerns the process as a whole.
    case process(ProcessOperation)
  }

  /// What is done to the session alone.
  public enum SessionOperation: CaseIterable, Sendable {
    /// Takes the reseller's key.
    case setAPIKey
    /// Takes the server-side secret key.
    case setSecretKey
    /// Turns to the real service.
    case setAPIDomain
    /// Forgets the login.
    case logout
    /// Shows the session.
    case getSession
  }

  /// What the account service is asked.
  public enum AccountOperation: CaseIterable, Sendable {
    /// For tokens, by the password.
    case login
    /// For the current plan.
    case getAccountType
    /// For the OpenVPN credentials.
    case getAccountCredential
    /// For the due date.
    case getAccountExpirationDate
    /// For a new account.
    case addClient
    /// For an account's end, now.
    case closeClient
    /// For a new password, by mail.
    case resetPassword
    /// For another current plan.
    case changePlan
    /// For the account's end, at its due date.
    case cancelPlan
    /// For one more product.
    case newProduct
  }

  /// What concerns the process.
  public enum ProcessOperation: CaseIterable, Sendable {
    /// Takes commands back.
    case cancel
    /// Tells what runs here.
    case getInfo
    /// Ends it.
    case shutdown
  }

  /// Something a command takes.
  public final class Parameter: Sendable {
    /// The member's name in `data`.
    public let name: String
    /// Another name that the SDK's documentation gives it.
    public let alias: String?
    /// What its value must be.
    public let rule: Rule
    /// Whether the command can do without it.
    public let isRequired: Bool
    /// What it is.
    public let summary: String

    private init(_ name: String, alias: String?, _ rule: Rule, isRequired: Bool, _ summary: String) {
      self.name = name
      self.alias = alias
      self.rule = rule
      self.isRequired = isRequired
      self.summary = summary
    }

    /// A parameter that the command can't do without.
    public static func required(
      _ name: String, alias: String? = nil, _ rule: Rule, _ summary: String
    ) -> Parameter {
      Parameter(name, alias: alias, rule, isRequired: true, summary)
    }

    /// A parameter that may be absent, null or an empty string.
    public static func optional(_ name: String, _ rule: Rule, _ summary: String) -> Parameter {
      Parameter(name, alias: nil, rule, isRequired: false, summary)
    }
  }

  /// What the value of a parameter must be.
  public enum Rule: Sendable {
    /// Any string.
    case text
    /// One `@` with something on both sides, no white space or control character, at most 254 bytes.
    case email
    /// Two ASCII letters, taken in upper case (ISO 3166-1 alpha-2).
    case countryCode
    /// A plan's API ID: a string, or an integer taken as its digits.
    case planType
    /// A brand, a host or an https:// base.
    case apiDomain
    /// The `id` of another command: a string or a number.
    case requestID

    /// The rule in words that follow "must be".
    public var summary: String {
      switch self {
      case .text: "a string"
      case .email:
        "an e-mail address: one @ with something on both sides, no white space, at most 254 bytes"
      case .countryCode: "a country code of two ASCII letters (ISO 3166-1), such as US"
      case .planType: "a plan's API ID, as a string or an integer, such as \"12\""
      case .apiDomain:
        "a brand, a host such as brand.vpngn.com, or a base such as https://brand.vpngn.com without a path; http:// is for loopback only"
      case .requestID: "the id of a command, a string or a number"
      }
    }
  }

  /// What the `data` of a successful answer holds.
  public enum Result: Sendable {
    /// Null.
    case null
    /// An object.
    case object([Member])
    /// An object in the case named, else null.
    case objectOrNull([Member], when: String)

    /// A member of that object.
    public struct Member: Sendable {
      /// The member's name.
      public let name: String
      /// What it is.
      public let summary: String

      /// A member called `name`.
      public init(_ name: String, _ summary: String) {
        self.name = name
        self.summary = summary
      }
    }
  }
}
