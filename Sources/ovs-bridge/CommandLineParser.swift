import OVSAccounts
import OVSBridge
import OVSNetwork
import OVSWire

/// What the options set.
struct Settings {
  var bridge = Configuration()
  var network = LibcurlTransport.Options()
  var callFormat = Call.Format.json

  /// The bridge's configuration with its way to a real service.
  var configuration: Configuration {
    var configuration = bridge
    var options = network
    options.userAgent = "ovs-bridge/\(bridgeVersion)"
    configuration.maxConnections = options.maxConnections
    configuration.network = { [options] () throws(TransportFailure) in try LibcurlTransport(options) }
    return configuration
  }
}

/// What the command line and the environment ask for.
enum Invocation {
  /// The bridge, which its configuration may have speak the Model Context Protocol.
  case run(Configuration)
  /// One command, by the words behind `call`.
  case call([String], Configuration, Call.Format)
  /// A look at what keeps the bridge from the service.
  case doctor(Configuration)
  /// Something to print, about a subcommand and the words behind it if there are any.
  case action(Option.Action, Subcommand?, [String])

  /// Why the command line can't be used, in one line.
  struct UsageError: Error {
    let message: String
  }

  /// Reads the arguments behind the program's name, and the environment for what they leave open.
  init(_ arguments: some Sequence<String>, environment: (Variable) -> String?) throws(UsageError) {
    for (index, argument) in arguments.enumerated() { try Self.check(argument, "argument \(index + 1)") }
    func told(_ variable: Variable) throws(UsageError) -> String? {
      guard let value = environment(variable) else { return nil }
      try Self.check(value, variable.rawValue)
      return value
    }
    var settings = Settings()
    var subcommand: Subcommand?
    var words: [String] = []
    var given: [Option] = []
    var rest = Array(arguments)[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-") else {
        if let subcommand, subcommand.takesWords {
          words.append(argument)
        } else {
          subcommand = try Self.subcommand(argument, after: subcommand)
        }
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = parts[0] == "-h" ? "--help" : parts[0]
      guard let option = Option.all.first(where: { $0.name == name }) else {
        throw UsageError(
          message: "no option \(quoted(name))\(suggestion(for: name, among: Option.all.map(\.name))); try --help")
      }
      given.append(option)
      let value = try Self.value(of: option, attached: parts.count == 2 ? parts[1] : nil, or: &rest)
      do throws(Option.ValueError) {
        switch option.effect {
        case .action(let action):
          self = .action(action, subcommand, words)
          return
        case .actionWithValue(_, let action):
          self = .action(try action(value), subcommand, words)
          return
        case .flag(let apply): apply(&settings)
        case .value(_, let apply): try apply(&settings, value)
        }
      } catch {
        throw UsageError(message: "\(name) \(error.reason)")
      }
    }
    try Self.check(given, for: subcommand)
    if settings.bridge.apiKey == nil { settings.bridge.apiKey = try told(.apiKey) }
    settings.bridge.secretKey = try told(.secretKey)
    if settings.bridge.apiDomain == nil, let text = try told(.apiDomain) {
      do throws(Option.ValueError) {
        settings.bridge.apiDomain = try Option.domain(text)
      } catch {
        throw UsageError(message: "\(Variable.apiDomain.rawValue) \(error.reason)")
      }
    }
    // A bridge that starts with a real service never turns to the sandbox.
    if settings.bridge.apiDomain != nil {
      settings.bridge.sandbox.file = nil
      let idle = Option.groups.filter(\.isOfSandbox).flatMap(\.options).map(\.name)
      settings.bridge.idleOptions = idle.filter { name in given.contains { $0.name == name } }
    }
    guard let subcommand else {
      self = .run(settings.configuration)
      return
    }
    if settings.bridge.login == nil {
      switch (try told(.email), try told(.password)) {
      case (let email?, let password?): settings.bridge.login = LoginCredentials(email: email, password: password)
      case (nil, nil): break
      case (nil, _?), (_?, nil):
        throw UsageError(message: "OVS_EMAIL and OVS_PASSWORD are set together or not at all")
      }
    }
    switch subcommand {
    case .call: self = .call(words, settings.configuration, settings.callFormat)
    case .mcp:
      settings.bridge.offersTools = true
      self = .run(settings.configuration)
    case .doctor: self = .doctor(settings.configuration)
    }
  }

  /// Throws if a text holds what Swift puts in place of bytes that are no UTF-8: no name, key or path is to be changed in
  /// silence.
  private static func check(_ text: String, _ name: String) throws(UsageError) {
    guard !text.unicodeScalars.contains("\u{FFFD}") else {
      throw UsageError(message: "\(name) is no text in UTF-8")
    }
  }

  /// The value given to an option, behind its name or as the next argument; empty if it takes none.
  private static func value(
    of option: Option, attached: String?, or rest: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    guard let placeholder = option.placeholder else {
      guard attached == nil else { throw UsageError(message: "\(option.name) takes no value") }
      return ""
    }
    guard let value = attached ?? rest.popFirst() else {
      throw UsageError(message: "\(option.name) needs a value: \(option.name) \(placeholder.text)")
    }
    return value
  }

  private static func subcommand(_ word: String, after first: Subcommand?) throws(UsageError) -> Subcommand {
    if let first { throw UsageError(message: "\(first.rawValue) takes no arguments but options; try --help") }
    if let subcommand = Subcommand(rawValue: word) { return subcommand }
    let hint =
      word.uppercased().hasPrefix(Command.namePrefix)
      ? "commands come on standard input, or behind call: ovs-bridge call \(word)"
      : "there is no ovs-bridge \(quoted(word))\(suggestion(for: word, among: Subcommand.allCases.map(\.rawValue)))"
    throw UsageError(message: hint + "; try --help")
  }

  /// Throws if one of the options is not for what is to be done.
  private static func check(_ options: [Option], for subcommand: Subcommand?) throws(UsageError) {
    for group in Option.groups where !group.isFor(subcommand) {
      guard let option = options.first(where: { option in group.options.contains { $0.name == option.name } }) else {
        continue
      }
      let names = (group.subcommands ?? []).map { "ovs-bridge \($0.rawValue)" }
      throw UsageError(message: "\(option.name) is for \(names.joined(separator: ", ")); try --help")
    }
  }
}
