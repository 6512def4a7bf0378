import CCurl
import OVSAccounts
import Foundation
import Testing

@testable import OVSNetwork

/// What libcurl's results are told as.
struct TransferResultTests {
  @Test(
    arguments: [
      (6, .noConnection, "acme can't be reached: meaning"), (5, .noConnection, "acme can't be reached: meaning"),
      (7, .noConnection, "acme can't be reached: meaning"), (35, .noConnection, "acme can't be reached: detail"),
      (97, .noConnection, "acme can't be reached: detail"),
      (60, .notTrusted, "acme can't be trusted: detail; --ca-file"),
      (77, .notTrusted, "acme can't be trusted: detail; --ca-file"),
      (1, .noAnswer, "what acme answers is no HTTP: detail"), (8, .noAnswer, "what acme answers is no HTTP: detail"),
      (43, .noAnswer, "what acme answers is no HTTP: a header is none"),
      (65, .lost, "the connection to acme was lost: it was closed"),
      (42, .lost, "the connection to acme was lost: it was closed"),
      (52, .lost, "the connection to acme was lost: detail"), (56, .lost, "the connection to acme was lost: detail"),
      (18, .lost, "the connection to acme was lost: detail"), (92, .lost, "the connection to acme was lost: detail"),
    ] as [(Int32, TransportFailure.Kind, String)])
  func `Each result of a connection has its meaning`(code: Int32, kind: TransportFailure.Kind, words: String) {
    let result = TransferResult(code: code, detail: "detail", meaning: "meaning", isConnected: true)
    let told = result.interpretation(host: "acme")
    #expect(told.kind == kind && told.reason.hasPrefix(words), "\(told)")
  }

  @Test(arguments: [28, 43, 52, 55, 56, 27, 99] as [Int32])
  func `Without a connection nothing can be lost`(code: Int32) {
    #expect(TransferResult(code: code).interpretation(host: "acme").kind == .noConnection)
  }

  @Test func `A refused connection is told by the system's words, and a proxy is mentioned`() {
    let result = TransferResult(code: 7, detail: "detail", systemError: ECONNREFUSED, isProxied: true)
    let reason = result.interpretation(host: "acme").reason
    #expect(reason == "acme can't be reached: Connection refused (the environment names a proxy)")
  }

  @Test func `Words about an older connection are not told`() {
    let result = TransferResult(code: 56, detail: "Send failure: Broken pipe", meaning: "meaning", isConnected: true)
    #expect(result.interpretation(host: "acme").reason == "the connection to acme was lost: meaning")
  }
}
