#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The proxy for HTTPS that the environment names, as libcurl looks for it.
public struct EnvironmentProxy: Equatable, Sendable {
  /// The variable that names it.
  public let variable: String
  /// Where it is, without the user's name and password that may stand before the host.
  public let address: String
  /// The hosts that are reached without it, as the environment lists them; nil for none.
  public let exceptions: String?

  /// A proxy of a variable, at an address that holds no name and password.
  public init(variable: String, address: String, exceptions: String?) {
    self.variable = variable
    self.address = address
    self.exceptions = exceptions
  }

  /// What libcurl takes one from, in this order.
  private static let variables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
  private static let exceptionVariables = ["no_proxy", "NO_PROXY"]

  /// The one that is named; nil if none is.
  public static var named: EnvironmentProxy? { named { getenv($0).map { String(cString: $0) } } }

  static func named(_ environment: (String) -> String?) -> EnvironmentProxy? {
    func first(of names: [String]) -> (name: String, value: String)? {
      for name in names {
        if let value = environment(name), !value.isEmpty { return (name, value) }
      }
      return nil
    }
    guard let (variable, value) = first(of: variables) else { return nil }
    return EnvironmentProxy(
      variable: variable, address: withoutUser(value), exceptions: first(of: exceptionVariables)?.value)
  }

  /// A proxy's URL with `***` for all that may be a name and a password, and without a path.
  private static func withoutUser(_ url: String) -> String {
    var scheme = ""
    var rest = url[...]
    if let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") {
      scheme = url[..<colon] + "://"
      rest = url[colon...].dropFirst(3)
    }
    // The last one: a password may hold others, though it should not.
    let parts = rest.lastIndex(of: "@").map { ("***@", rest[rest.index(after: $0)...]) } ?? ("", rest)
    return scheme + parts.0 + parts.1.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
  }
}
