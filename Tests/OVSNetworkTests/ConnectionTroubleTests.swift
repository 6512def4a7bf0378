import Foundation
import Testing

@testable import OVSNetwork

/// What libcurl's results and words are taken for: what OpenSSL, GnuTLS and NSS really said.
@Suite struct ConnectionTroubleTests {
  @Test(
    "Each certificate that is not trusted is told by what is wrong with it",
    arguments: [
      ("SSL certificate problem: certificate has expired", .expired),
      ("Peer's Certificate has expired.", .expired),
      ("SSL certificate problem: certificate is not yet valid", .notYetValid),
      ("SSL certificate problem: self-signed certificate", .selfSigned),
      ("SSL certificate problem: self signed certificate in certificate chain", .selfSigned),
      ("SSL certificate problem: unable to get local issuer certificate", .unknownCA),
      ("Peer's Certificate issuer is not recognized.", .unknownCA),
      ("Issuer certificate is invalid.", .unknownCA),
      ("SSL: no alternative certificate subject name matches target host name 'localhost'", .wrongHost),
      ("SSL: no alternative certificate subject name matches target host name 'expired.example.com'", .wrongHost),
      ("SSL: certificate subject name (other.example) does not match target host name 'localhost'", .wrongHost),
      ("requested domain name does not match the server's certificate.", .wrongHost),
      ("server certificate verification failed. CAfile: ca.pem CRLfile: none", .untrusted), ("", .untrusted),
    ] as [(String, ConnectionTrouble)])
  func certificate(_ words: String, _ trouble: ConnectionTrouble) {
    #expect(TransferResult(code: 60, detail: words).trouble(at: .encryption) == trouble)
  }

  @Test(
    "A port without TLS, and one with an old one, are told from a failure of TLS",
    arguments: [
      ("error:0A00010B:SSL routines::wrong version number", .noTLS),
      ("gnutls_handshake() failed: An unexpected TLS packet was received.", .noTLS),
      ("SSL received a record that exceeded the maximum permissible length.", .noTLS),
      ("error:0A00042E:SSL routines::tlsv1 alert protocol version", .oldTLS),
      ("gnutls_handshake() failed: Error in protocol version", .oldTLS),
      ("Peer reports incompatible or unsupported protocol version.", .oldTLS),
      ("OpenSSL SSL_connect: Connection reset by peer in connection to localhost:1", .failedTLS), ("", .failedTLS),
    ] as [(String, ConnectionTrouble)])
  func handshake(_ words: String, _ trouble: ConnectionTrouble) {
    #expect(TransferResult(code: 35, detail: words).trouble(at: .encryption) == trouble)
  }

  @Test(
    "Other results are told by how far the connection has come",
    arguments: [
      (6, .name, false, .unknownName), (5, .name, true, .unknownProxy), (97, .connection, true, .badProxy),
      (3, .name, true, .badProxy), (77, .encryption, false, .badCAFile), (56, .encryption, true, .badProxy),
      (56, .encryption, false, .failedTLS), (56, .answer, false, .lost), (52, .answer, true, .lost),
      (1, .answer, false, .noHTTP), (8, .answer, false, .noHTTP), (43, .answer, false, .noHTTP),
      (43, .name, false, .noConnection), (27, .connection, false, .noConnection),
    ] as [(Int32, ConnectionTrouble.Stage, Bool, ConnectionTrouble)])
  func stages(_ code: Int32, _ stage: ConnectionTrouble.Stage, _ isProxied: Bool, _ trouble: ConnectionTrouble) {
    let result = TransferResult(code: code, isConnected: stage == .answer, isProxied: isProxied)
    #expect(result.trouble(at: stage) == trouble)
  }

  @Test("A refused connection is told from one that has no way")
  func refused() {
    let trouble = { TransferResult(code: 7, systemError: $0).trouble(at: .connection) }
    #expect(trouble(ECONNREFUSED) == .refused)
    #expect(trouble(ENETUNREACH) == .noConnection && trouble(0) == .noConnection)
  }

  @Test("What is too slow is a trouble of the stage it happens at", arguments: ConnectionTrouble.Stage.allCases)
  func slow(_ stage: ConnectionTrouble.Stage) {
    #expect(ConnectionTrouble(slow: stage).stage == stage)
  }
}
