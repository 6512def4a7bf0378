import OVSAccounts
import OVSBridge
import OVSNetwork
import OVSWire

/// What the options set.
struct Settings {
  var bridge = Configuration()
  var network = LibcurlTransport.Options()

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
  case run(Configuration)
  case action(Option.Action)

  /// Why the command line can't be used, in one line.
  struct UsageError: Error {
    let message: String
  }

  /// Reads the arguments behind the program's name, and the environment for what they leave open.
  init(_ arguments: some Sequence<String>, environment: (Variable) -> String?) throws(UsageError) {
    var settings = Settings()
    var rest = Array(arguments)[...]
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = parts[0] == "-h" ? "--help" : parts[0]
      guard name.hasPrefix("-") else {
        throw UsageError(message: "commands come on standard input, not as arguments; try --help")
      }
      guard let option = Option.all.first(where: { $0.name == name }) else {
        throw UsageError(
          message: "no option \(quoted(name))\(suggestion(for: name, among: Option.all.map(\.name))); try --help")
      }
      switch option.effect {
      case .action, .flag:
        guard parts.count == 1 else { throw UsageError(message: "\(name) takes no value") }
        if case .action(let action) = option.effect {
          self = .action(action)
          return
        }
        if case .flag(let apply) = option.effect { apply(&settings) }
      case .value(let placeholder, let apply):
        guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
          throw UsageError(message: "\(name) needs a value: \(name) \(placeholder)")
        }
        do throws(Option.ValueError) {
          try apply(&settings, value)
        } catch {
          throw UsageError(message: "\(name) \(error.reason)")
        }
      }
    }
    settings.bridge.apiKey = settings.bridge.apiKey ?? environment(.apiKey)
    settings.bridge.secretKey = environment(.secretKey)
    if settings.bridge.apiDomain == nil, let text = environment(.apiDomain) {
      do throws(Option.ValueError) {
        settings.bridge.apiDomain = try Option.domain(text)
      } catch {
        throw UsageError(message: "\(Variable.apiDomain.rawValue) \(error.reason)")
      }
    }
    // A bridge that starts with a real service never turns to the sandbox.
    if settings.bridge.apiDomain != nil { settings.bridge.sandbox.file = nil }
    self = .run(settings.configuration)
  }
}
