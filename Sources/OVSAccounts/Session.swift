import OVSWire

/// What the bridge remembers between commands, in memory alone.
///
/// A session is a value: a command works with the one that the session commands before it made, whatever later ones
/// do. Only the tokens of a login are shared, because renewing them concerns all that use them.
public struct Session {
  /// Where commands go.
  public enum Backend: Equatable, Sendable {
    /// The account service inside the process.
    case sandbox
    /// The vendor's Account Management API at this address.
    case amapi(APIDomain)

    /// The back end's name: `sandbox` or `amapi`.
    public var name: String {
      switch self {
      case .sandbox: "sandbox"
      case .amapi: "amapi"
      }
    }

    /// The address of the service; nil for the sandbox.
    public var domain: APIDomain? {
      switch self {
      case .sandbox: nil
      case .amapi(let domain): domain
      }
    }
  }

  /// What a session holds, shared by its copies until one is changed: every command has one.
  private final class Contents {
    var backend: Backend
    var apiKey: Secret?
    var secretKey: Secret?
    var login: Login?

    init(backend: Backend, apiKey: Secret?, secretKey: Secret?, login: Login?) {
      self.backend = backend
      self.apiKey = apiKey
      self.secretKey = secretKey
      self.login = login
    }
  }

  private var contents: Contents

  /// A session without a login.
  public init(backend: Backend, apiKey: String? = nil, secretKey: String? = nil) {
    contents = Contents(
      backend: backend, apiKey: apiKey.map(Secret.init), secretKey: secretKey.map(Secret.init), login: nil)
  }

  /// Changes what this session holds, and no copy of it.
  private mutating func change(_ change: (Contents) -> Void) {
    if !isKnownUniquelyReferenced(&contents) {
      contents = Contents(
        backend: contents.backend, apiKey: contents.apiKey, secretKey: contents.secretKey, login: contents.login)
    }
    change(contents)
  }

  /// Where commands go.
  public internal(set) var backend: Backend {
    get { contents.backend }
    set { change { $0.backend = newValue } }
  }

  /// The Account Management API's key.
  var apiKey: Secret? {
    get { contents.apiKey }
    set { change { $0.apiKey = newValue } }
  }

  /// The server-side secret key.
  var secretKey: Secret? {
    get { contents.secretKey }
    set { change { $0.secretKey = newValue } }
  }

  /// The end-user who is logged in.
  var login: Login? {
    get { contents.login }
    set { change { $0.login = newValue } }
  }

  /// The account that is logged in, as ``AccountName`` writes it.
  public var account: String? { liveLogin?.account }

  /// All that must never be told.
  var secrets: [String] {
    [apiKey, secretKey, login?.tokens?.short, login?.tokens?.long].compactMap { $0?.value }
  }

  /// The login, unless its tokens are gone.
  var liveLogin: Login? { login?.tokens == nil ? nil : login }
}

/// A key or token. It doesn't show in any text made of it or of what holds it.
struct Secret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  let value: String

  init(_ value: String) { self.value = value }

  static func == (a: Secret, b: Secret) -> Bool { a.value.hasSameBytes(as: b.value) }

  var description: String { "(secret)" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// An end-user's login, shared by all sessions since.
final class Login {
  let email: String
  /// The account, as ``AccountName`` writes it.
  let account: String
  /// Nil once they were refused and could not be renewed.
  var tokens: Tokens?
  /// The commands that wait for new tokens; nil when no renewal is under way.
  var waiting: [Int]?
  /// Whether anybody was told that the tokens are gone.
  private var isEndTold = false

  init(email: String, tokens: Tokens) {
    self.email = email
    self.account = AccountName.key(email)
    self.tokens = tokens
  }

  /// That the session has ended, for the first who asks once its tokens are gone.
  func endEvents() -> [Event] {
    guard tokens == nil, !isEndTold else { return [] }
    isEndTold = true
    return [Event(.sessionExpired, [.init("email", .string(email))])]
  }
}

/// An end-user's two tokens.
final class Tokens: Sendable {
  /// Valid 12 hours; carried by the commands of the session.
  let short: Secret
  /// Good for one purpose, to get a new short one.
  let long: Secret
  /// When the short one ends, in seconds since 1970 by the service's clock.
  let shortExpiry: Int64

  init(short: Secret, long: Secret, shortExpiry: Int64) {
    self.short = short
    self.long = long
    self.shortExpiry = shortExpiry
  }

  /// How long a short token is valid, in seconds; documented.
  static let shortLifetime: Int64 = 12 * 60 * 60
  /// How long before its end it is renewed, in seconds.
  static let renewalMargin: Int64 = 60
}
