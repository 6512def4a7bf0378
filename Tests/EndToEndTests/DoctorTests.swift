import Foundation
import Testing

/// What `ovs-bridge doctor` finds, and that it finds it in bounded time, changes nothing and tells no secret.
@Suite struct DoctorTests {
  private static let secrets = ["planted-key", "planted-secret", "planted-password", "planted-proxy-password"]
  static let keys = ["OVS_API_KEY": "planted-key", "OVS_SECRET_KEY": "planted-secret"]
  private static let login = ["OVS_EMAIL": "ann@example.com", "OVS_PASSWORD": "planted-password"]
  static let all = keys.merging(login) { $1 }

  /// What a doctor has found.
  struct Report: CustomStringConvertible {
    let description: String
    let status: Int32

    /// The verdicts but for those about this machine, which is as it is.
    var verdicts: [Substring] {
      let service = description.split(separator: "\n").drop { !$0.contains("commands go to") }.dropFirst().dropLast()
      return service.filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != " " } }
    }

    /// The problems, each with what to do about it.
    var problems: [String] {
      let lines = description.split(separator: "\n", omittingEmptySubsequences: false)
      return zip(lines, lines.dropFirst()).filter { $0.0.hasPrefix("problem  ") }.map { $0.0 + "\n" + $0.1 }
    }
  }

  /// Runs a doctor; none of the planted secrets may be in what it says.
  func doctor(_ options: [String], environment: [String: String] = [:]) throws -> Report {
    let program = try BridgeProcess(["doctor"] + options, environment: environment)
    let output = try program.wholeOutput()
    let log = try program.log()
    #expect(log.isEmpty, "\(log)")
    for secret in Self.secrets where output.contains(secret) { Issue.record("\(secret) is told: \(output)") }
    return Report(description: output, status: try program.exitStatus())
  }

  /// A server with Ann's account.
  private func server(_ options: [String] = []) throws -> AMAPIServer {
    let server = try AMAPIServer(options)
    let bridge = try BridgeProcess(server.bridgeOptions, environment: Self.keys)
    try bridge.mustDo(
      #"{"cmd":21,"data":{"email":"ann@example.com","password":"planted-password","countrycode":"US","type":"12"}}"#)
    return server
  }

  @Test("Where all is well it says so, with status 0, and asks for a login and one account, by reads alone")
  func allWell() throws {
    let server = try server(["--api-key", "planted-key"])
    let before = try server.journal().count
    let report = try doctor(server.bridgeOptions, environment: Self.all)
    #expect(report.status == 0 && report.problems.isEmpty && report.description.hasSuffix("no problem was found\n"))
    #expect(report.verdicts == ["skipped", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok"], "\(report)")
    for words in [
      "ok       ovs-bridge 0.", "ok       libcurl ", "libcurl.so.4", "CA certificate in \(server.caFile)",
      "the environment names no proxy", "TLS works (TLS 1.3)", "the certificate ends on 2120-01-01",
      "this machine's clock agrees", "an API key is set", "the login works", "the account can be read",
    ] {
      #expect(report.description.contains(words), "\(words): \(report)")
    }
    let version = try BridgeProcess(["--version"]).wholeOutput().dropLast()
    #expect(report.description.hasPrefix("ok       \(version) on "), "whoever is asked for help has to know: \(report)")
    #expect(!report.description.contains("nothing has to be done"), "what is no advice needs no line: \(report)")
    let requests = try server.journal(since: before)
    #expect(requests.map { $0.text("method") ?? "" } == ["HEAD", "POST", "POST"])
    #expect(requests.map(\.method) == ["", "TokenRefresh", "GetClient"] && requests.allSatisfy { !$0.isApplied })
    #expect(requests[0].text("body") == "" && requests[0].bearer == nil, "the probe carries nothing")
  }

  @Test("The service is found by its name, and over plain HTTP on this machine")
  func names() throws {
    let server = try AMAPIServer()
    let byName = server.domain.replacingOccurrences(of: "127.0.0.1", with: "localhost")
    let named = try doctor(["--api-domain", byName, "--ca-file", server.caFile], environment: Self.keys)
    #expect(named.status == 0 && named.description.contains("ok       localhost has the address 127.0.0.1"), "\(named)")
    let plain = try doctor(["--api-domain", server.plainDomain], environment: Self.keys)
    #expect(plain.status == 0 && plain.description.contains("note     there is no TLS"), "\(plain)")
  }

  @Test("Without a key, or a login, that is told, and what needs them is skipped")
  func withoutCredentials() throws {
    let server = try AMAPIServer()
    let keyless = try doctor(server.bridgeOptions, environment: Self.login)
    #expect(keyless.status == 0 && keyless.description.contains("note     no API key is set"), "\(keyless)")
    #expect(keyless.description.contains("skipped  the login: it needs the API key\n"), "\(keyless)")
    let loginless = try doctor(server.bridgeOptions, environment: Self.keys)
    #expect(loginless.status == 0 && loginless.description.contains("--login-file PATH"), "\(loginless)")
    #expect(try server.journal().map { $0.text("method") ?? "" } == ["HEAD", "HEAD"])
  }

  /// A problem of the service's certificate, and the words that tell it.
  @Test(
    "A certificate that can't be trusted is a problem, told by its kind",
    arguments: [
      ("expired", "certificate has expired", "has to renew its certificate, if this machine's clock is right"),
      ("wrong-host", "does not match|no alternative certificate", "use the name that the certificate is for"),
      ("untrusted", "self-signed|self signed", "the file of --ca-file has not the CA"),
    ])
  func certificates(_ certificate: String, _ words: String, _ advice: String) throws {
    let server = try AMAPIServer(["--certificate", certificate])
    let report = try doctor(server.bridgeOptions, environment: Self.all)
    #expect(report.status == 1 && report.problems.count == 1, "\(report)")
    let problem = try #require(report.problems.first)
    #expect(words.components(separatedBy: "|").contains(where: problem.contains) && problem.contains(advice))
    #expect(report.verdicts == ["skipped", "ok", "problem", "skipped", "skipped", "ok", "skipped"], "\(report)")
    #expect(try server.count("requests") == 0, "nothing goes where it can't be trusted")
  }

  @Test("Other CAs than the service's are told with what to do, and so is TLS before 1.2")
  func trust() throws {
    let server = try AMAPIServer()
    let system = try doctor(["--api-domain", server.domain], environment: Self.all)
    #expect(system.status == 1 && system.problems.first?.contains("--ca-file PATH names its") ?? false, "\(system)")
    let old = try AMAPIServer(["--tls-max", "1.1"])
    let report = try doctor(old.bridgeOptions, environment: Self.all)
    #expect(report.status == 1 && report.problems.first?.contains("offer TLS 1.2 or later") ?? false, "\(report)")
  }

  @Test("A port that speaks no TLS, one that is closed, and one that says nothing are told apart")
  func ports() throws {
    let talking = try SpeakingPort("HTTP/1.1 400 Bad Request\r\n\r\n")
    let plain = try doctor(["--api-domain", "127.0.0.1:\(talking.number)"], environment: Self.all)
    #expect(plain.status == 1 && plain.problems.first?.contains("speaks no TLS") ?? false, "\(plain)")
    #expect(plain.verdicts == ["skipped", "ok", "problem", "skipped", "skipped", "ok", "skipped"], "\(plain)")

    let closed = try doctor(["--api-domain", "127.0.0.1:1"], environment: Self.all)
    #expect(closed.problems.count == 1 && closed.problems[0].contains("Connection refused\n"), "\(closed)")
    #expect(closed.problems[0].contains("nothing listens on that port"))
    #expect(closed.verdicts == ["skipped", "problem", "skipped", "skipped", "skipped", "ok", "skipped"], "\(closed)")

    let silent = try AMAPIServer()
    let port = silent.plainDomain.replacingOccurrences(of: "http://", with: "")
    let nothing = try doctor(["--api-domain", port, "--connect-timeout", "0.3"], environment: Self.all)
    #expect(nothing.status == 1 && nothing.problems.first?.contains("says nothing") ?? false, "\(nothing)")
  }

  @Test("A name that nobody has is told; one whose look-up hangs ends with --connect-timeout")
  func lookUps() throws {
    let unknown = try doctor(["--api-domain", "no-such-host.invalid"], environment: Self.all)
    #expect(unknown.status == 1 && unknown.problems.first?.contains("getent hosts no-such-host.invalid") ?? false)
    #expect(unknown.verdicts == ["problem", "skipped", "skipped", "skipped", "skipped", "ok", "skipped"], "\(unknown)")

    let start = ContinuousClock.now
    let hanging = try doctor(
      ["--api-domain", "slow.example.com", "--connect-timeout", "0.3"],
      environment: Self.all.merging(["LD_PRELOAD": try HangingLookUp.path()]) { $1 })
    #expect(hanging.problems.first?.contains("name servers don't answer") ?? false, "\(hanging)")
    #expect(hanging.status == 1 && ContinuousClock.now - start < .seconds(20))
  }

  @Test("A service that never answers ends each step with --timeout, and the later ones are made all the same")
  func hang() throws {
    let server = try server()
    try server.tell(#"{"do":"fault","fault":"hang","times":null}"#)
    let report = try doctor(server.bridgeOptions + ["--timeout", "0.4"], environment: Self.all)
    #expect(report.problems.count == 2 && report.problems[0].contains("did not answer in time"), "\(report)")
    #expect(report.problems[1].contains("the login fails") && report.status == 1)
    #expect(report.description.hasSuffix("2 problems were found\n"))
  }

  @Test("A HEAD that gets no answer doesn't hide that the login works")
  func noAnswerToHead() throws {
    let server = try server()
    try server.tell(#"{"do":"fault","fault":"close"}"#)
    let report = try doctor(server.bridgeOptions, environment: Self.all)
    #expect(report.problems.count == 1 && report.description.contains("the account can be read"), "\(report)")
  }

  @Test(
    "The service's clock is compared with this machine's; what a cache kept is as old as it says",
    arguments: [
      (-1000, 0, "problem", "16 minutes ahead of"), (100, 0, "note", "seconds behind"), (5, 0, "ok", "agrees"),
      (-1000, 1000, "ok", "agrees"),
    ] as [(Double, Int, String, String)])
  func clock(_ skew: Double, _ age: Int, _ verdict: String, _ words: String) throws {
    let server = try AMAPIServer()
    let form = DateFormatter()
    form.locale = Locale(identifier: "en_US_POSIX")
    form.timeZone = TimeZone(identifier: "GMT")
    form.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    let date = form.string(from: Date(timeIntervalSinceNow: skew))
    let headers = #"[["Date","\#(date)"],["Age","\#(age)"]]"#
    try server.tell(#"{"do":"fault","fault":"status","status":404,"headers":\#(headers)}"#)
    let report = try doctor(server.bridgeOptions, environment: Self.keys)
    let line = report.description.split(separator: "\n").first { $0.contains("this machine's clock") } ?? ""
    #expect(line.hasPrefix(verdict) && line.contains(words), "\(report)")
    #expect(report.status == (verdict == "problem" ? 1 : 0))
  }

  @Test("A key, a password and an e-mail that are refused are told apart, with where to set them")
  func refusals() throws {
    let server = try server(["--api-key", "planted-key"])
    for (name, value, words) in [
      ("OVS_API_KEY", "planted-secret", "the API key was refused\n"),
      ("OVS_PASSWORD", "planted-key", "the password was refused\n"),
      ("OVS_EMAIL", "bob@example.com", "no client has this e-mail\n"),
      ("OVS_EMAIL", "bob", "\"email\""),
    ] {
      let report = try doctor(server.bridgeOptions, environment: Self.all.merging([name: value]) { $1 })
      let problem = report.problems.first ?? ""
      #expect(report.status == 1 && report.problems.count == 1, "\(report)")
      #expect(problem.contains("the login fails: ") && problem.contains(words) && problem.contains(name), "\(report)")
      #expect(report.description.contains("skipped  the account: "))
    }
    #expect(try server.count("applied") == 1, "the client that the test added")
  }

  @Test("What a service echoes of keys and passwords is masked, and its lines are no lines of the doctor's")
  func echoes() throws {
    let server = try server()
    try server.tell(#"{"do":"fault","fault":"echo","times":null}"#)
    let echoed = try doctor(server.bridgeOptions, environment: Self.all)
    #expect(echoed.problems.first?.contains("password=***") ?? false, "\(echoed)")
    try server.tell(#"{"do":"clear"}"#)
    for method in ["TokenRefresh", "GetClient"] {
      let body = #"{\"status\":\"error\",\"code\":\"X\",\"message\":\"a\\nok       planted-password \\u001b[2J\"}"#
      try server.tell(#"{"do":"fault","fault":"status","method":"\#(method)","status":400,"body":"\#(body)"}"#)
      let report = try doctor(server.bridgeOptions, environment: Self.all)
      #expect(report.problems.count == 1 && report.problems[0].contains("\u{FFFD}ok       ***"), "\(report)")
      #expect(!report.description.contains("\u{1B}"))
    }
  }

  @Test("Of a date that an answer before the real one has, nothing is concluded")
  func interimAnswer() throws {
    let port = try SpeakingPort(
      "HTTP/1.1 103 Early Hints\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nAge: 7\r\n\r\n"
        + "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    let report = try doctor(["--api-domain", "http://127.0.0.1:\(port.number)"])
    #expect(report.status == 0 && report.description.contains("its answer has no date"), "\(report)")
  }

  @Test("A head without end is no lost connection, but something else than the service")
  func endlessHead() throws {
    let server = try AMAPIServer()
    try server.tell(#"{"do":"fault","fault":"endless_headers"}"#)
    let report = try doctor(server.bridgeOptions, environment: Self.keys)
    #expect(report.problems.count == 1 && report.problems[0].contains("bytes of headers\n"), "\(report)")
    #expect(report.problems.first?.contains("what listens on that port is something else") ?? false, "\(report)")
  }

  @Test("Without libcurl it says what to install, and skips what needs it; the sandbox does without")
  func noLibcurl() throws {
    let report = try doctor(["--libcurl", "/nowhere", "--api-domain", "acme"], environment: Self.all)
    #expect(report.status == 1 && report.problems.count == 1, "\(report)")
    #expect(report.problems.first?.contains("/nowhere: cannot open") ?? false)
    #expect(report.problems.first?.contains("apt-get install libcurl4") ?? false)
    #expect(report.verdicts == ["skipped", "ok", "skipped"], "\(report)")
    let sandbox = try doctor(["--libcurl", "/nowhere"])
    #expect(sandbox.status == 0 && sandbox.description.contains("note     libcurl can't be loaded"), "\(sandbox)")
  }

  @Test("With the sandbox nothing is asked of any service, which is said in words")
  func sandbox() throws {
    let report = try doctor([], environment: Self.all)
    #expect(report.status == 0 && report.description.contains("note     no domain is set: commands go to the sandbox"))
    #expect(report.description.contains("skipped  the login: it needs a domain"), "\(report)")
  }

  @Test("The sandbox's file is looked at and left as it is, even where a bridge would mend it")
  func sandboxFile() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("accounts").path
    func looksLike(_ words: String, status: Int32) throws {
      func mode() -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
      }
      let (before, modeBefore) = (FileManager.default.contents(atPath: path), mode())
      let report = try doctor(["--sandbox-file", path])
      #expect(report.description.contains(words) && report.status == status, "\(words): \(report)")
      #expect(FileManager.default.contents(atPath: path) == before, "\(words): the file has changed")
      #expect(mode() == modeBefore, "\(words): the file is another's")
    }
    try looksLike("accounts is not there yet", status: 0)
    let bridge = try BridgeProcess(["--sandbox-file", path], environment: Self.keys)
    try bridge.mustDo(#"{"cmd":21,"data":{"email":"a@b","password":"p","countrycode":"US","type":"12"}}"#)
    try looksLike("is used by another process", status: 1)
    bridge.closeInput()
    #expect(try bridge.exitStatus() == 0)
    try looksLike("can be used: it keeps 1 account\n", status: 0)
    let whole = try String(contentsOfFile: path, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    try (whole + "0123").write(toFile: path, atomically: false, encoding: .utf8)
    try looksLike("note     the sandbox's file \(path) can be used: it keeps 1 account; its last line was", status: 0)
    try (whole + "0123\n").write(toFile: path, atomically: false, encoding: .utf8)
    try looksLike("is damaged in line 3", status: 1)
    let nowhere = try doctor(["--sandbox-file", path + "/nowhere/accounts"])
    #expect(nowhere.status == 1 && nowhere.problems.count == 1, "\(nowhere)")
  }

  @Test("A reader that has had enough ends it with the status of that")
  func closedOutput() throws {
    let program = try BridgeProcess(["doctor"], setup: .closed([1]))
    #expect(try program.exitStatus() == 74)
    let inputless = try BridgeProcess(["doctor"], setup: .closed([0, 2]))
    #expect(try inputless.wholeOutput().hasSuffix("found\n") && inputless.exitStatus() == 0)
  }
}
