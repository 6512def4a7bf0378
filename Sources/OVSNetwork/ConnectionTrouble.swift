import CCurl

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What keeps a connection from coming about or from being of use, told apart as finely as there is something else to
/// be done about it.
public enum ConnectionTrouble: CaseIterable, Sendable {
  /// No address is known for the name.
  case unknownName
  /// The name was still being looked up when the time was over.
  case slowName
  /// No address is known for the proxy's name.
  case unknownProxy
  /// The proxy can't be used as it is named, or would not let the connection through.
  case badProxy
  /// Nobody listens on the port.
  case refused
  /// The port didn't answer in time.
  case silentPort
  /// There is no way to the address, or another trouble before TLS.
  case noConnection
  /// What listens on the port speaks no TLS.
  case noTLS
  /// It speaks no TLS of the versions that are taken.
  case oldTLS
  /// TLS was not there in time.
  case slowTLS
  /// TLS failed in another way.
  case failedTLS
  /// The certificate is over.
  case expired
  /// The certificate begins later.
  case notYetValid
  /// The certificate is another host's.
  case wrongHost
  /// The certificate, or the last of its chain, is signed by itself and not trusted.
  case selfSigned
  /// The certificate's CA is not trusted.
  case unknownCA
  /// The file of CA certificates can't be used.
  case badCAFile
  /// The certificate can't be trusted for another reason.
  case untrusted
  /// The answer didn't come in time.
  case slowAnswer
  /// What was answered is no HTTP.
  case noHTTP
  /// The connection was lost before an answer was there.
  case lost

  /// How far a connection has come.
  public enum Stage: Int, Comparable, CaseIterable, Sendable {
    /// The name is looked up.
    case name
    /// The port is connected to.
    case connection
    /// TLS is begun, and the certificate checked.
    case encryption
    /// The request is sent and its answer awaited.
    case answer

    /// Whether `a` comes before `b`.
    public static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
  }

  /// Where it happens.
  public var stage: Stage {
    switch self {
    case .unknownName, .slowName: .name
    case .unknownProxy, .badProxy, .refused, .silentPort, .noConnection: .connection
    case .noTLS, .oldTLS, .slowTLS, .failedTLS, .expired, .notYetValid, .wrongHost, .selfSigned, .unknownCA, .badCAFile,
      .untrusted:
      .encryption
    case .slowAnswer, .noHTTP, .lost: .answer
    }
  }

  /// What was too slow at a stage.
  init(slow stage: Stage) {
    switch stage {
    case .name: self = .slowName
    case .connection: self = .silentPort
    case .encryption: self = .slowTLS
    case .answer: self = .slowAnswer
    }
  }
}

extension TransferResult {
  /// The trouble behind the result of a connection that has come to a stage. libcurl's words tell more than its result,
  /// as far as they are known: OpenSSL's, GnuTLS's and NSS's.
  func trouble(at stage: ConnectionTrouble.Stage) -> ConnectionTrouble {
    switch Int(code) {
    case CCURLE_COULDNT_RESOLVE_HOST: return .unknownName
    case CCURLE_COULDNT_RESOLVE_PROXY: return .unknownProxy
    case CCURLE_PROXY, CCURLE_URL_MALFORMAT: return .badProxy
    case CCURLE_COULDNT_CONNECT: return systemError == ECONNREFUSED ? .refused : .noConnection
    case CCURLE_SSL_CACERT_BADFILE: return .badCAFile
    case CCURLE_PEER_FAILED_VERIFICATION, CCURLE_SSL_ISSUER_ERROR, CCURLE_SSL_CERTPROBLEM, CCURLE_SSL_CIPHER:
      return Self.certificateTrouble(detail.lowercased())
    case CCURLE_SSL_CONNECT_ERROR: return Self.handshakeTrouble(detail.lowercased())
    case CCURLE_UNSUPPORTED_PROTOCOL, CCURLE_WEIRD_SERVER_REPLY: return .noHTTP
    case CCURLE_BAD_FUNCTION_ARGUMENT where isConnected: return .noHTTP
    case _ where isConnected: return .lost
    // A proxy is asked before TLS begins, on the connection to itself.
    case _ where isProxied && stage > .name: return .badProxy
    case _ where stage == .encryption: return .failedTLS
    default: return .noConnection
    }
  }

  private static func certificateTrouble(_ words: String) -> ConnectionTrouble {
    // The host's name stands in the words about it, and may be anything.
    let rows: [(ConnectionTrouble, [String])] = [
      (.wrongHost, ["does not match", "no alternative certificate subject"]),
      (.notYetValid, ["not yet valid", "not activated", "not yet activated"]),
      (.expired, ["expired"]),
      (.selfSigned, ["self-signed", "self signed"]),
      (
        .unknownCA,
        ["issuer", "not trusted", "verify the first certificate"]
      ),
    ]
    return rows.first { $0.1.contains { words.hasWords($0) } }?.0 ?? .untrusted
  }

  private static func handshakeTrouble(_ words: String) -> ConnectionTrouble {
    let rows: [(ConnectionTrouble, [String])] = [
      (
        .noTLS,
        [
          "wrong version number", "unexpected tls packet", "maximum permissible length", "http request",
          "packet length too long",
        ]
      ),
      (.oldTLS, ["protocol version", "unsupported protocol", "unsupported version", "version_or_cipher"]),
    ]
    return rows.first { $0.1.contains { words.hasWords($0) } }?.0 ?? .failedTLS
  }
}

extension String {
  /// Whether these words stand in it.
  fileprivate func hasWords(_ words: String) -> Bool {
    var rest = utf8[...]
    while rest.count >= words.utf8.count {
      if rest.starts(with: words.utf8) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
