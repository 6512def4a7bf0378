import OVSAccounts
import OVSWire

/// The program's version, by https://semver.org.
public let bridgeVersion = "0.4.0"

/// The version of what the bridge says and hears; it grows when a program written for the one before could break.
public let bridgeProtocolVersion = 1

/// What an end-user logs in with.
public struct LoginCredentials: Sendable {
  /// The end-user's e-mail.
  public let email: String
  /// The end-user's password.
  public let password: String

  /// An e-mail and its password.
  public init(email: String, password: String) {
    self.email = email
    self.password = password
  }
}

/// How a bridge behaves.
public struct Configuration {
  /// The commands it knows.
  public var table = CommandTable.standard
  /// The API key it starts with.
  public var apiKey: String?
  /// The secret key it starts with.
  public var secretKey: String?
  /// Who is logged in where a command needs a session and there is no command to start one.
  public var login: LoginCredentials?
  /// Whether the commands are offered as tools, by the Model Context Protocol, in place of the two dialects.
  public var offersTools = false
  /// What the tools may do.
  public var toolPolicy = ModelContext.Policy()
  /// The service's address; without one the sandbox is used.
  public var apiDomain: APIDomain?
  /// The options that were given to no effect, since they are the sandbox's and there is a service's address.
  public var idleOptions: [String] = []
  /// The account service inside the process.
  public var sandbox = Sandbox.Options()
  /// Makes what carries requests to a real service, once one is to be sent.
  public var network: () throws(TransportFailure) -> any NetworkTransport = { () throws(TransportFailure) in
    throw TransportFailure(.noConnection, wasSent: false, "this program was built without a way to a real service")
  }
  /// How many requests to a real service may be under way at a time.
  public var maxConnections = 16
  /// How far apart new clients are added.
  public var addClientInterval = Duration.zero
  /// The longest line taken, in bytes.
  public var maxLineBytes = 1 << 20
  /// How many commands may be in flight before input is held back.
  public var maxInFlight = 1024
  /// How long a command may take from its start, unless it says otherwise.
  public var timeout = Duration.seconds(30)
  /// How long a signal to end waits for commands under way.
  public var drainTimeout = Duration.seconds(10)
  /// A process whose end ends the bridge.
  public var parentProcessID: Int32?
  /// What the log holds.
  public var logLevel = Log.Level.info
  /// How the log is written.
  public var logFormat = Log.Format.text

  /// The defaults.
  public init() {}

  /// The tools that it offers; nil where it speaks the two dialects.
  var toolbox: ModelContext.Toolbox? {
    guard offersTools else { return nil }
    return ModelContext.Toolbox(
      table, toolPolicy, serverVersion: bridgeVersion, service: apiDomain?.description, hasKey: apiKey != nil,
      hasLogin: login != nil)
  }

  /// The session it starts with.
  var session: Session {
    Session(backend: apiDomain.map { .amapi($0) } ?? .sandbox, apiKey: apiKey, secretKey: secretKey)
  }
}
