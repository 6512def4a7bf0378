import CCurl
import OVSAccounts

/// libcurl, found at run time.
enum Libcurl {
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
    throw TransportFailure(
      .noConnection, wasSent: false,
      "\(fault); install libcurl 7.66 or later (Debian, Ubuntu: apt-get install libcurl4; Fedora: dnf install libcurl; "
        + "Alpine: apk add libcurl) or name another with --libcurl PATH; the sandbox does without")
  }

  /// Whether a handle may carry one request after another.
  static var canReuseHandles: Bool { ccurl_can_reuse() != 0 }

  private static var version: String { String(cString: ccurl_version()) }
}
