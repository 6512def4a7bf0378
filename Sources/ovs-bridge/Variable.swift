import OVSWire

// The C library's list of the variables is a global that anything may change. Here nothing does but this file, before
// there is anything else.
#if canImport(Glibc)
  @preconcurrency import Glibc
#elseif canImport(Musl)
  @preconcurrency import Musl
#else
  import Darwin
#endif

/// A variable of the environment that the program is told by.
enum Variable: String, CaseIterable {
  case apiKey = "OVS_API_KEY"
  case secretKey = "OVS_SECRET_KEY"
  case apiDomain = "OVS_API_DOMAIN"
  case email = "OVS_EMAIL"
  case password = "OVS_PASSWORD"

  /// What it holds.
  var summary: String {
    switch self {
    case .apiKey: "the API key"
    case .secretKey: "the secret key, which stands in for a whitelisted address"
    case .apiDomain: "the service's address; without one, the sandbox"
    case .email: "the e-mail to log in with, for what needs a session"
    case .password: "its password"
    }
  }

  private var isSecret: Bool {
    switch self {
    case .apiKey, .secretKey, .password: true
    case .apiDomain, .email: false
    }
  }

  /// Its value; nil if it is unset or empty.
  var value: String? {
    guard let value = getenv(rawValue), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  /// Overwrites the values of the variables that hold secrets, and unsets them.
  ///
  /// Unsetting alone would leave the values where the system put them at the start, for `/proc/PID/environ` and `ps e`
  /// to show. A variable may stand there more than once, so all of them are looked at.
  static func forgetSecrets() {
    let prefixes = allCases.filter(\.isSecret).map { $0.rawValue + "=" }
    var next = entries
    while let place = next, let entry = place.pointee {
      for prefix in prefixes where strncmp(entry, prefix, prefix.utf8.count) == 0 {
        let value = entry + prefix.utf8.count
        wipe(UnsafeMutableRawBufferPointer(start: value, count: strlen(value)))
      }
      next = place + 1
    }
    for variable in allCases where variable.isSecret { unsetenv(variable.rawValue) }
  }

  /// Where the variables stand, each as `NAME=value`, with nil behind the last.
  private static var entries: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    #if canImport(Darwin)
      _NSGetEnviron().pointee
    #else
      environ
    #endif
  }
}
