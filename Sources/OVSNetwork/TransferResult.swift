import CCurl
import OVSAccounts

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What libcurl's results mean: the one table of them.
enum TransferResult {
  /// The failure that a result of libcurl amounts to.
  ///
  /// - Parameters:
  ///   - code: the result (CURLcode), which is no success.
  ///   - host: the service, as the message names it.
  ///   - detail: libcurl's words for this very failure; "" if it has none.
  ///   - meaning: libcurl's words for the result.
  ///   - systemError: the `errno` of a connection that was refused; 0 if there is none.
  ///   - isConnected: whether a connection had come about, TLS included.
  ///   - wasSent: whether the service may have got the whole request.
  static func failure(
    _ code: Int32, host: String, detail: String, meaning: String, systemError: Int32, isConnected: Bool, wasSent: Bool
  ) -> TransportFailure {
    // libcurl keeps its first words only, which may be about an older connection that it closed before.
    let words = detail.isEmpty || detail.hasPrefix("Send failure") ? meaning : detail
    switch Int(code) {
    case CCURLE_PEER_FAILED_VERIFICATION, CCURLE_SSL_CACERT_BADFILE, CCURLE_SSL_ISSUER_ERROR, CCURLE_SSL_CERTPROBLEM,
      CCURLE_SSL_CIPHER:
      return TransportFailure(
        .notTrusted, wasSent: false, "\(host) can't be trusted: \(words); --ca-file names a private CA")
    case CCURLE_COULDNT_RESOLVE_HOST, CCURLE_COULDNT_RESOLVE_PROXY:
      return TransportFailure(.noConnection, wasSent: false, "\(host) can't be reached: \(meaning)")
    case CCURLE_COULDNT_CONNECT:
      let reason = systemError == 0 ? meaning : String(cString: strerror(systemError))
      return TransportFailure(.noConnection, wasSent: false, "\(host) can't be reached: \(reason)")
    case CCURLE_SSL_CONNECT_ERROR, CCURLE_PROXY:
      return TransportFailure(.noConnection, wasSent: false, "\(host) can't be reached: \(words)")
    case CCURLE_OPERATION_TIMEDOUT where !isConnected:
      return TransportFailure(
        .noConnection, wasSent: false, "\(host) can't be reached: no connection came about in time")
    case CCURLE_OPERATION_TIMEDOUT:
      return TransportFailure(.timeout, wasSent: wasSent, "\(host) did not answer in time")
    case CCURLE_UNSUPPORTED_PROTOCOL, CCURLE_WEIRD_SERVER_REPLY:
      return TransportFailure(.noAnswer, wasSent: wasSent, "what \(host) answers is no HTTP: \(words)")
    case CCURLE_SEND_FAIL_REWIND:
      return TransportFailure(
        .lost, wasSent: wasSent, "the connection to \(host) was lost: it was closed before an answer came")
    default:
      return TransportFailure(.lost, wasSent: wasSent, "the connection to \(host) was lost: \(words)")
    }
  }
}
