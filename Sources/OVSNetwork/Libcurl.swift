import CCurl
import OVSAccounts

/// libcurl, found at run time.
public enum Libcurl {
  #if canImport(Darwin)
    private static let fileName = "libcurl.4.dylib"
  #else
    private static let fileName = "libcurl.so.4"
  #endif

  /// Opens the library, once.
  ///
  /// - Parameter path: where it is; nil to have the system look for it.
  /// - Throws: what is missing and what to install.
  static func load(_ path: String?) throws(TransportFailure) {
    let name = path ?? fileName
    let fault: String
    switch ccurl_load(name) {
    case CCURL_LOADED: return
    case CCURL_NOT_FOUND: fault = "libcurl can't be loaded: \(String(cString: ccurl_load_error()))"
    case CCURL_NO_LIBCURL: fault = "\(name) is no libcurl"
    case CCURL_TOO_OLD: fault = "\(name) is too old (\(version))"
    default: fault = "\(name) (\(version)) has no TLS or no asynchronous look-up of names, or does not start"
    }
    throw TransportFailure(.noConnection, wasSent: false, "\(fault); \(advice)")
  }

  /// What to do where it is missing, in the words that end the reason of every failure to load it.
  public static let advice =
    "install libcurl 7.66 or later (Debian, Ubuntu: apt-get install libcurl4; Fedora: dnf install libcurl; "
    + "Alpine: apk add libcurl) or name another with --libcurl PATH; the sandbox does without"

  /// Whether a handle may carry one request after another.
  public static var canReuseHandles: Bool { ccurl_can_reuse() != 0 }

  /// Its version, such as `7.88.1`; empty before it is loaded, as all of these.
  public static var version: String { String(cString: ccurl_version()) }

  /// The TLS library that it uses and its version, such as `OpenSSL/3.0.11`.
  public static var tls: String { String(cString: ccurl_tls()) }

  /// The file that it was read from.
  public static var path: String { String(cString: ccurl_path()) }

  /// The CA certificates that it trusts unless it is told otherwise.
  public enum CACertificates: Equatable, Sendable {
    /// Those of a file.
    case file(String)
    /// Those of a folder, a file each.
    case folder(String)
    /// Those that its TLS library or the system has somewhere.
    case ofTLSLibrary
    /// It doesn't tell: it is older than 7.70.
    case unknown
  }

  /// The CA certificates that it trusts unless it is told otherwise. Where it has both a file and a folder, it fails
  /// without the file.
  public static var caCertificates: CACertificates {
    guard ccurl_tells_ca() else { return .unknown }
    if let file = ccurl_ca_file() { return .file(String(cString: file)) }
    if let folder = ccurl_ca_folder() { return .folder(String(cString: folder)) }
    return .ofTLSLibrary
  }
}
