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
  /// What becomes of things when it is carried out.
  public let consequence: Consequence
  /// The place among its parameters of the one that names the account; nil where none does.
  public let accountParameter: Int?
  /// How the native answer to it begins, up to the data, if it was carried out.
  let successHead: [UInt8]

  /// What the names of the SDK's commands begin with.
  public static let namePrefix = "OVS_CMD_"

  /// A row.
  public init(
    _ number: Int, _ name: String, _ parameters: [Parameter], needs: Needs, effect: Effect, operation: Operation,
    result: Result = .null, consequence: Consequence = .none, _ summary: String
  ) {
    self.number = number
    self.name = name
    let notificationName =
      name.hasPrefix(Self.namePrefix) ? "OVS_NOTIFY_" + name.dropFirst(Self.namePrefix.count) : name
    self.notificationName = notificationName
    self.parameters = parameters
    self.needs = needs
    self.effect = effect
    self.operation = operation
    self.result = result
    self.summary = summary
    self.consequence = consequence
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

  /// What becomes of things when a command is carried out, once or twice, for those who decide whether it may be.
  public enum Consequence: Sendable {
    /// Nothing is changed or lost by it that it doesn't name.
    case none
    /// Something is lost that can't be had back, but nothing more if it is done again.
    case lossOnce
    /// Something is lost that can't be had back, each time anew.
    case lossEachTime
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
    /// Tells what there is to call: OpenRPC's service discovery.
    case discover
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
    /// A value that it takes, for the documents and their examples.
    public let example: JSONValue

    private init(
      _ name: String, alias: String?, _ rule: Rule, isRequired: Bool, example: JSONValue?, _ summary: String
    ) {
      self.name = name
      self.alias = alias
      self.rule = rule
      self.isRequired = isRequired
      self.summary = summary
      self.example = example ?? rule.example
    }

    /// A parameter that the command can't do without.
    public static func required(
      _ name: String, alias: String? = nil, _ rule: Rule, example: JSONValue? = nil, _ summary: String
    ) -> Parameter {
      Parameter(name, alias: alias, rule, isRequired: true, example: example, summary)
    }

    /// A parameter that may be absent, null or an empty string.
    public static func optional(
      _ name: String, _ rule: Rule, example: JSONValue? = nil, _ summary: String
    ) -> Parameter {
      Parameter(name, alias: nil, rule, isRequired: false, example: example, summary)
    }
  }

  /// What the value of a parameter must be.
  public enum Rule: Sendable {
    /// Any string.
    case text
    /// Any string, which nobody else may see.
    case secret
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
      case .text, .secret: "a string"
      case .email:
        "an e-mail address: one @ with something on both sides, no white space, at most 254 bytes"
      case .countryCode: "a country code of two ASCII letters (ISO 3166-1), such as US"
      case .planType: "a plan's API ID, as a string or an integer, such as \"12\""
      case .apiDomain:
        "a brand, a host such as brand.vpngn.com, or a base such as https://brand.vpngn.com without a path; http:// is for loopback only"
      case .requestID: "the id of a command, a string or a number"
      }
    }

    /// A value that keeps it.
    fileprivate var example: JSONValue {
      switch self {
      case .text: .string("text")
      case .secret: .string("secret")
      case .email: .string("ann@example.com")
      case .countryCode: .string("DE")
      case .planType: .string("12")
      case .apiDomain: .string("brand.vpngn.com")
      case .requestID: .integer(7)
      }
    }
  }

  /// What the `data` of a successful answer holds.
  public enum Result: Sendable {
    /// Null.
    case null
    /// An object.
    case object([Member])
    /// An object if no optional parameter came that makes it needless, as `when` says, else null.
    case objectOrNull([Member], when: String)
  }

  /// A member of the `data` of an answer or event, or of an error's details.
  public struct Member: Sendable {
    /// The member's name.
    public let name: String
    /// What its value is.
    public let form: Form
    /// What it is.
    public let summary: String
    /// A value that it has, for the documents and their examples.
    public let example: JSONValue

    /// A member called `name`.
    public init(_ name: String, _ form: Form, example: JSONValue, _ summary: String) {
      self.name = name
      self.form = form
      self.summary = summary
      self.example = example
    }
  }

  /// What the value of a member is.
  public enum Form: Sendable {
    /// A string.
    case text
    /// A string, which not everybody may see.
    case secret
    /// One of these strings.
    case choice([String])
    /// A date, `YYYY-MM-DD`.
    case date
    /// A time by RFC 3339, in UTC.
    case time
    /// A whole number, not negative.
    case count
    /// A number, not negative.
    case number
    /// `true` or `false`.
    case bool
    /// The `id` of a command: a string or a number.
    case requestID
    /// An object: each command's number by its name.
    case commandNumbers
    /// One of these, or null.
    indirect case orNull(Form)
  }
}
