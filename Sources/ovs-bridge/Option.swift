import OVSAccounts
import OVSBridge
import OVSNetwork
import OVSWire

/// An option of the command line: a row of the table that the parser and the help text read.
struct Option: Sendable {
  /// What is wrong with a value, in words that follow the option's name.
  struct ValueError: Error {
    let reason: String
  }

  /// What is to be done instead of running the bridge.
  enum Action: Sendable {
    case help
    case version
    case commands
    case openRPC
    case jsonSchema
    case completions(Shell)
    case man
  }

  enum Effect: Sendable {
    /// Takes no value and is done at once.
    case action(Action)
    /// Takes a value and is done at once.
    case actionWithValue(Placeholder, @Sendable (String) throws(ValueError) -> Action)
    /// Takes no value.
    case flag(@Sendable (inout Settings) -> Void)
    /// Takes a value.
    case value(Placeholder, @Sendable (inout Settings, String) throws(ValueError) -> Void)
  }

  let name: String
  let effect: Effect
  /// What it does, with its unit and default.
  let summary: String

  /// What it takes; nil if it takes no value.
  var placeholder: Placeholder? {
    switch effect {
    case .action, .flag: nil
    case .actionWithValue(let placeholder, _), .value(let placeholder, _): placeholder
    }
  }

  /// Its name, and what comes behind it.
  var usage: String { name + (placeholder.map { " " + $0.text } ?? "") }

  /// Options that belong together.
  struct Group: Sendable {
    let title: String
    /// What they are for; nil for all, the bridge itself included.
    var subcommands: [Subcommand]? = nil
    /// Whether they are for the sandbox alone.
    var isOfSandbox = false
    let options: [Option]

    /// Whether they are for a subcommand; for the bridge itself, if that is nil.
    func isFor(_ subcommand: Subcommand?) -> Bool {
      guard let subcommands else { return true }
      return subcommand.map(subcommands.contains) ?? false
    }
  }

  static let groups = [
    Group(
      title: "General",
      options: [
        Option(name: "--help", effect: .action(.help), summary: "print this text (also -h)"),
        Option(name: "--version", effect: .action(.version), summary: "print the version"),
        Option(name: "--commands", effect: .action(.commands), summary: "print the commands, events and errors"),
        Option(
          name: "--openrpc", effect: .action(.openRPC),
          summary: "print an OpenRPC document of them, as rpc.discover answers it"),
        Option(
          name: "--json-schema", effect: .action(.jsonSchema),
          summary: "print a JSON Schema of the native dialect's lines"),
        Option(
          name: "--completions",
          effect: .actionWithValue(.choice("SHELL", Shell.self)) { text throws(ValueError) in
            .completions(try choice(text))
          },
          summary: "print what has a shell complete all this: \(alternatives(Shell.self))"),
        Option(name: "--man", effect: .action(.man), summary: "print the manual page"),
      ]
    ),
    Group(
      title: "Limits",
      options: [
        .value("--max-line-bytes", "N", "longest line taken, in bytes (1048576)") {
          settings, text throws(ValueError) in
          settings.bridge.maxLineBytes = try integer(text, in: 64...JSONDocument.maximumBytes)
        },
        .value("--max-in-flight", "N", "commands in flight before input is held back (1024)") {
          settings, text throws(ValueError) in
          settings.bridge.maxInFlight = try integer(text, in: 1...1_000_000)
        },
        .value("--timeout", "SECONDS", "how long a command may take (30)") { settings, text throws(ValueError) in
          settings.bridge.timeout = try seconds(text, orZero: false)
        },
        .value("--drain-timeout", "SECONDS", "how long SIGTERM waits for commands under way (10)") {
          settings, text throws(ValueError) in
          settings.bridge.drainTimeout = try seconds(text, orZero: true)
        },
      ]
    ),
    Group(
      title: "Process",
      options: [
        .choice("--log-level", "LEVEL", { "\($0) (info), on stderr" }) { $0.bridge.logLevel = $1 },
        .choice("--log-format", "FORMAT", { "\($0) (text)" }) { $0.bridge.logFormat = $1 },
        .value("--parent-pid", "PID", "end when this process has ended") { settings, text throws(ValueError) in
          settings.bridge.parentProcessID = Int32(try integer(text, in: 1...Int(Int32.max)))
        },
      ]
    ),
    Group(
      title: "Account service",
      options: [
        .value("--api-key-file", .path, "read the API key from this file, instead of OVS_API_KEY") {
          settings, text throws(ValueError) in
          settings.bridge.apiKey = try key(inFile: text)
        },
        .value("--api-domain", "DOMAIN", "the service's address, instead of OVS_API_DOMAIN; without one, the sandbox") {
          settings, text throws(ValueError) in
          settings.bridge.apiDomain = try domain(text)
        },
        .value("--add-client-interval", "SECONDS", "how far apart new clients are added (0)") {
          settings, text throws(ValueError) in
          settings.bridge.addClientInterval = try seconds(text, orZero: true)
        },
        .value("--max-connections", "N", "connections to the service at a time (16)") {
          settings, text throws(ValueError) in
          settings.network.maxConnections = try integer(text, in: 1...1000)
        },
        .value("--connect-timeout", "SECONDS", "how long a connection may take to come about (10)") {
          settings, text throws(ValueError) in
          settings.network.connectTimeout = try seconds(text, orZero: false)
        },
        .value("--ca-file", .path, "trust the CA certificates (PEM) in this file, instead of the system's") {
          settings, text throws(ValueError) in
          settings.network.caFile = try certificates(inFile: text)
        },
        .value("--amapi-endpoint", "NAME=PATH", "where a method of the service is, such as CancelClient=/api/Cancel") {
          settings, text throws(ValueError) in
          do throws(AMAPIPaths.CorrectionError) {
            try settings.network.paths.correct(text)
          } catch {
            throw ValueError(reason: error.reason)
          }
        },
        .value("--libcurl", .path, "the libcurl to use (the system's)") { settings, text throws(ValueError) in
          settings.network.library = try nonEmpty(text)
        },
      ]
    ),
    Group(
      title: "Login, for what needs a session", subcommands: [.call, .mcp, .doctor],
      options: [
        .value("--login-file", .path, "read the e-mail and, on the next line, the password from this file") {
          settings, text throws(ValueError) in
          settings.bridge.login = try login(inFile: text)
        }
      ]
    ),
    Group(
      title: "Printing", subcommands: [.call],
      options: [
        .choice("--format", "FORMAT", { "print the data as \($0), which is for people (json)" }) { $0.callFormat = $1 }
      ]
    ),
    Group(
      title: "Tools", subcommands: [.mcp],
      options: [
        Option(
          name: "--allow-destructive", effect: .flag { $0.bridge.toolPolicy.allowsDestructive = true },
          summary: "also offer tools by which something is lost for good"),
        Option(
          name: "--allow-secrets", effect: .flag { $0.bridge.toolPolicy.allowsSecrets = true },
          summary: "have tools return passwords, which whoever reads the conversation sees"),
      ]
    ),
    Group(
      title: "Sandbox", isOfSandbox: true,
      options: [
        .value("--sandbox-file", .path, "keep its accounts in this file, over the end of the process (nowhere)") {
          settings, text throws(ValueError) in
          settings.bridge.sandbox.file = try nonEmpty(text)
        },
        .value("--sandbox-api-key", "KEY", "the one API key that the sandbox takes (any)") {
          settings, text throws(ValueError) in
          settings.bridge.sandbox.apiKey = try nonEmpty(text)
        },
        .value("--sandbox-secret-key", "KEY", "the one secret key that it takes (any)") {
          settings, text throws(ValueError) in
          settings.bridge.sandbox.secretKey = try nonEmpty(text)
        },
        Option(
          name: "--sandbox-not-whitelisted", effect: .flag { $0.bridge.sandbox.isWhitelisted = false },
          summary: "have it treat the caller's address as not whitelisted"),
        .value("--sandbox-now", "DATE", "where its clock starts: 2026-01-31 or 2026-01-31T09:30:00Z (now)") {
          settings, text throws(ValueError) in
          // Three years on, dates must still have four digits.
          guard let time = UTCTime(text), time.date < "9990" else {
            throw ValueError(reason: "must be a date such as 2026-01-31 or 2026-01-31T09:30:00Z")
          }
          settings.bridge.sandbox.start = time
        },
        .value("--sandbox-latency", "MS", "how long each of its requests takes, in milliseconds (0)") {
          settings, text throws(ValueError) in
          settings.bridge.sandbox.latency = .milliseconds(try integer(text, in: 0...86_400_000))
        },
      ]
    ),
  ]

  static let all = groups.flatMap(\.options)

  private static func value(
    _ name: String, _ placeholder: Placeholder, _ summary: String,
    _ apply: @escaping @Sendable (inout Settings, String) throws(ValueError) -> Void
  ) -> Option {
    Option(name: name, effect: .value(placeholder, apply), summary: summary)
  }

  private static func choice<Choice: CaseIterable & RawRepresentable<String> & Sendable>(
    _ name: String, _ placeholder: String, _ summary: (_ choices: String) -> String,
    _ apply: @escaping @Sendable (inout Settings, Choice) -> Void
  ) -> Option {
    .value(name, .choice(placeholder, Choice.self), summary(alternatives(Choice.self))) {
      settings, text throws(ValueError) in
      apply(&settings, try choice(text))
    }
  }

  // MARK: Values

  private static func integer(_ text: String, in range: ClosedRange<Int>) throws(ValueError) -> Int {
    guard text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }), let number = Int(text),
      range.contains(number)
    else { throw ValueError(reason: "must be a whole number from \(range.lowerBound) to \(range.upperBound)") }
    return number
  }

  private static func seconds(_ text: String, orZero: Bool) throws(ValueError) -> Duration {
    let isPlain = text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") || $0 == UInt8(ascii: ".") }
    guard isPlain, let number = Double(text), number <= 1e6, number >= 0.001 || orZero && number >= 0 else {
      throw ValueError(reason: "must be a number of seconds from \(orZero ? "0" : "0.001") to 1000000")
    }
    return .milliseconds(Int((number * 1000).rounded()))
  }

  private static func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ text: String
  ) throws(ValueError) -> Choice {
    guard let choice = Choice(rawValue: text) else {
      let names = Choice.allCases.map(\.rawValue)
      throw ValueError(reason: "must be one of \(names.joined(separator: ", "))" + suggestion(for: text, among: names))
    }
    return choice
  }

  private static func nonEmpty(_ text: String) throws(ValueError) -> String {
    guard !text.isEmpty else { throw ValueError(reason: "must not be empty") }
    return text
  }

  static func domain(_ text: String) throws(ValueError) -> APIDomain {
    guard let domain = APIDomain(text) else {
      throw ValueError(reason: "must be \(Command.Rule.apiDomain.summary)")
    }
    return domain
  }

  private static func key(inFile path: String) throws(ValueError) -> String {
    guard let lines = try FileContents.lines(ofFile: path), lines.count == 1 else {
      throw ValueError(reason: "must hold the key alone, on one line")
    }
    return lines[0]
  }

  private static func login(inFile path: String) throws(ValueError) -> LoginCredentials {
    guard let lines = try FileContents.lines(ofFile: path), lines.count == 2 else {
      throw ValueError(reason: "must hold the e-mail and the password, on a line each")
    }
    return LoginCredentials(email: lines[0], password: lines[1])
  }

  /// The path of a file that holds certificates by its looks; libcurl reads it when it connects.
  private static func certificates(inFile path: String) throws(ValueError) -> String {
    do throws(CertificateFile.Fault) {
      _ = try CertificateFile.count(inFile: path)
    } catch {
      switch error {
      case .unreadable(let words): throw ValueError(reason: "can't be read: \(words)")
      case .notRegular: throw ValueError(reason: "must name a regular file")
      case .withoutCertificates:
        throw ValueError(
          reason: "must name a file of certificates in PEM, which begin with -----BEGIN CERTIFICATE-----")
      }
    }
    return path
  }
}
