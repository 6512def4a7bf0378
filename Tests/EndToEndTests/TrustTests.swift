import Foundation
import Testing

/// Whom the bridge talks to: nobody it can't trust, and by no other way than it should.
@Suite struct TrustTests {
  private static let command = #"{"cmd":22,"data":{"email":"a@b"}}"#

  /// How closing an account that doesn't exist is answered; the right answer is OVS_ERR_CLIENT_NOT_FOUND.
  private func close(_ options: [String], environment: [String: String] = [:]) throws -> Answer {
    let bridge = try BridgeProcess(options, environment: environment.merging(["OVS_API_KEY": "key"]) { $1 })
    let answer = try bridge.ask(Self.command)
    #expect(try bridge.lines() == [])
    return answer
  }

  @Test(
    "A certificate that can't be trusted, or TLS before 1.2, gets no request",
    arguments: [
      (["--certificate", "expired"], "certificate has expired"), (["--certificate", "wrong-host"], "127.0.0.1"),
      (["--certificate", "untrusted"], "certificate"), (["--tls-max", "1.1"], "can't be reached"),
    ])
  func refusedServer(_ options: [String], _ words: String) throws {
    let server = try AMAPIServer(options)
    let answer = try close(server.bridgeOptions)
    #expect(answer.verdict == "20 not_sent" && answer.message.contains(words), "\(answer)")
    #expect(try server.count("requests") == 0)
  }

  @Test("A private CA is trusted only where --ca-file names it, and then no other is")
  func privateCA() throws {
    let server = try AMAPIServer()
    #expect(try close(server.bridgeOptions).error == 15)
    let unknown = try close(["--api-domain", server.domain])
    #expect(unknown.verdict == "20 not_sent" && unknown.message.contains("--ca-file"), "\(unknown)")
    let other = ReadmeTests.root.appendingPathComponent("Tests/AMAPIServer/certificates/untrusted.pem").path
    #expect(try close(["--api-domain", server.domain, "--ca-file", other]).verdict == "20 not_sent")
    #expect(try server.count("requests") == 1)
  }

  @Test("TLS 1.2 will do, and a host may be called by its name")
  func goodServers() throws {
    let server = try AMAPIServer(["--tls-max", "1.2"])
    #expect(try close(server.bridgeOptions).error == 15)
    let byName = server.domain.replacingOccurrences(of: "127.0.0.1", with: "https://localhost")
    #expect(try close(["--api-domain", byName, "--ca-file", server.caFile]).error == 15)
    #expect(try server.journal().map { $0.text("tls") } == ["TLSv1.2", "TLSv1.2"])
  }

  @Test("Plain HTTP to this machine never passes through a proxy, and HTTPS does")
  func proxies() throws {
    let server = try AMAPIServer()
    let variables = ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"]
    let proxies = Dictionary(uniqueKeysWithValues: variables.map { ($0, "http://127.0.0.1:1") })
    #expect(try close(["--api-domain", server.plainDomain], environment: proxies).error == 15)
    #expect(
      try close(server.bridgeOptions, environment: ["https_proxy": "http://127.0.0.1:1"]).verdict == "20 not_sent")
    #expect(try close(server.bridgeOptions, environment: proxies.merging(["no_proxy": "127.0.0.1"]) { $1 }).error == 15)
  }

  @Test("A domain is taken from the environment, an option before it, and a command after it")
  func domains() throws {
    let server = try AMAPIServer()
    #expect(try close([], environment: ["OVS_API_DOMAIN": server.plainDomain]).error == 15)
    #expect(
      try close(["--api-domain", server.plainDomain], environment: ["OVS_API_DOMAIN": "127.0.0.1:1"]).error == 15)
    let bridge = try BridgeProcess(environment: ["OVS_API_KEY": "key"])
    try bridge.mustDo(
      #"{"cmd":21,"data":{"email":"a@b","password":"p","countrycode":"US","type":"12"}}"#,
      #"{"cmd":1000,"data":{"email":"a@b","password":"p"}}"#,
      #"{"cmd":1003,"data":{"api_domain":"\#(server.plainDomain)"}}"#)
    let session = try bridge.ask(#"{"cmd":1002}"#)
    #expect(session.data["backend"] as? String == "amapi" && session.data["logged_in"] as? Bool == false)
    #expect(session.data["api_domain"] as? String == server.plainDomain)
    #expect(try bridge.ask(Self.command).error == 15, "the sandbox's client is none of the service's")
    #expect(try server.count("requests") == 3)
  }

  @Test(
    "A service that can't be reached is told by what is wrong",
    arguments: [
      ("127.0.0.1:1", "Connection refused"), ("no-such-host.invalid", "resolve host"),
    ])
  func unreachable(_ domain: String, _ words: String) throws {
    let answer = try close(["--api-domain", domain])
    #expect(
      answer.verdict == "20 not_sent" && answer.isRetryable == true && answer.message.contains(words), "\(answer)")
  }

  @Test("A connection that doesn't come about is given up after --connect-timeout")
  func connectTimeout() throws {
    // A port with a full queue answers no further connection.
    let full = try FullPort()
    let answer = try close(["--api-domain", "127.0.0.1:\(full.port)", "--connect-timeout", "0.2", "--timeout", "1"])
    #expect(["20 not_sent", "21 not_sent"].contains(answer.verdict), "\(answer)")
  }
}

/// A port that listens and accepts nobody, whose queue is full.
private final class FullPort {
  let port: UInt16
  private var descriptors: [Int32] = []

  init() throws {
    let listener = try LoopbackListener(backlog: 0)
    descriptors.append(listener.descriptor)
    port = listener.port
    for _ in 0..<4 {
      let client = socket(
        AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      descriptors.append(client)
      listener.receive(client)
    }
  }

  deinit {
    for descriptor in descriptors { close(descriptor) }
  }
}
