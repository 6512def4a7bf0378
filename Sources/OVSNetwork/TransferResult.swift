import CCurl
import OVSAccounts

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How a transfer of libcurl ended that brought no answer, and what that means: the one table of libcurl's results.
///
/// Whether the request was sent is not to be learnt from a result: libcurl may have sent it on a kept connection, lost
/// that, and failed to open another.
struct TransferResult {
  /// The result (CURLcode), which is no success.
  var code: Int32
  /// libcurl's words for this very failure; "" if it has none.
  var detail = ""
  /// libcurl's words for the result.
  var meaning = ""
  /// The `errno` of a connection that was refused; 0 if there is none.
  var systemError: Int32 = 0
  /// Whether a connection had come about, TLS included.
  var isConnected = false
  /// Whether a proxy may stand between.
  var isProxied = false

  /// The kind of failure, and what happened, in words about `host`.
  func interpretation(host: String) -> (kind: TransportFailure.Kind, reason: String) {
    switch Int(code) {
    case CCURLE_PEER_FAILED_VERIFICATION, CCURLE_SSL_CACERT_BADFILE, CCURLE_SSL_ISSUER_ERROR, CCURLE_SSL_CERTPROBLEM,
      CCURLE_SSL_CIPHER:
      return (.notTrusted, "\(host) can't be trusted: \(words); --ca-file names a private CA")
    case CCURLE_COULDNT_RESOLVE_HOST, CCURLE_COULDNT_RESOLVE_PROXY:
      return noConnection(host, meaning)
    case CCURLE_COULDNT_CONNECT:
      return noConnection(host, systemError == 0 ? meaning : String(cString: strerror(systemError)))
    case CCURLE_SSL_CONNECT_ERROR, CCURLE_PROXY:
      return noConnection(host, words)
    case CCURLE_UNSUPPORTED_PROTOCOL, CCURLE_WEIRD_SERVER_REPLY:
      return (.noAnswer, "what \(host) answers is no HTTP: \(words)")
    case CCURLE_BAD_FUNCTION_ARGUMENT where isConnected:
      return (.noAnswer, "what \(host) answers is no HTTP: a header is none")
    // A change that libcurl would have sent again.
    case CCURLE_SEND_FAIL_REWIND, CCURLE_ABORTED_BY_CALLBACK:
      return (.lost, "the connection to \(host) was lost: it was closed before an answer came")
    case _ where !isConnected:
      return noConnection(host, words)
    default:
      return (.lost, "the connection to \(host) was lost: \(words)")
    }
  }

  private func noConnection(_ host: String, _ reason: String) -> (kind: TransportFailure.Kind, reason: String) {
    let proxy = isProxied ? " (the environment names a proxy)" : ""
    return (.noConnection, "\(host) can't be reached: \(reason)\(proxy)")
  }

  /// libcurl keeps the first words of a transfer only, which may be about an older connection that it closed before.
  private var words: String { detail.isEmpty || detail.hasPrefix("Send failure") ? meaning : detail }
}
