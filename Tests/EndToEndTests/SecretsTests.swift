import Foundation
import OVSWire
import Testing

/// Keys, passwords and tokens leave the process by the protocol alone, and there only where it returns them.
///
/// All values that are planted hold the word "planted", so that a part of one is found too.
@Suite struct SecretsTests {
  private static let word = "planted"

  /// Where the API key comes from.
  enum Source: CaseIterable {
    case command, environment, file
  }

  /// The errors that the commands of ``commands(_:_:)`` run into.
  private static let errorsOfCommands: Set<ErrorCode> = [
    .ok, .parse, .invalidEnvelope, .unknownCommand, .missingParams, .invalidParams, .lineTooLong, .notLoggedIn,
    .unauthorized, .forbidden, .clientExists, .clientNotFound, .unknownPlan, .shuttingDown,
  ]

  /// The errors that the faults of ``faults(_:)`` bring about.
  private static let errorsOfFaults: Set<ErrorCode> = [
    .ok, .rateLimited, .rejected, .network, .timeout, .backend, .cancelled,
  ]

  @Test("Every error but the bridge's own is run into") func errors() {
    let all = Self.errorsOfCommands.union(Self.errorsOfFaults).union([.apiKeyNotSet])
    #expect(Set(ErrorCode.allCases).subtracting(all) == [.internal])
  }

  @Test(
    "No command tells a secret, whatever is wrong with it and whatever the log holds", arguments: Source.allCases,
    CommandLineTests.Log.all)
  func commands(_ source: Source, _ log: CommandLineTests.Log) throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    var options = ["--log-level", log.level, "--log-format", log.format, "--max-line-bytes", "4096"]
    var environment: [String: String] = [:]
    switch source {
    case .command: break
    case .environment:
      environment = ["OVS_API_KEY": Self.value("api_key"), "OVS_SECRET_KEY": Self.value("secret_key")]
    case .file:
      try "\(Self.value("api_key"))\n".write(to: file, atomically: true, encoding: .utf8)
      options += ["--api-key-file", file.path]
    }
    let bridge = try BridgeProcess(options, environment: environment)
    var told = Told()
    if source == .command {
      // Nothing is set yet.
      for command in Self.rows where Self.turn(of: command) == 4 {
        told.take(Self.lines(for: command), from: bridge)
      }
    }
    for command in Self.rows where command.operation != .process(.shutdown) {
      told.take(Self.lines(for: command), from: bridge)
    }
    // By now nobody is logged in.
    for command in Self.rows where command.needs == .login { told.take(Self.lines(for: command), from: bridge) }
    told.take(Self.brokenLines, from: bridge)
    Self.lookAtProcess(bridge, telling: told.returned)
    // In one piece: what comes later is not refused, but not read.
    let late = Self.lines(for: Self.table[21]).suffix(2).joined(separator: "\n")
    try bridge.sendOnly(Array((#"{"cmd":1007}"# + "\n" + late).utf8) + [0x0A])
    told.take(try bridge.lines())
    told.log = try bridge.log()
    #expect(try bridge.exitStatus() == 0)
    told.check()
    #expect(told.returned.count >= 3, "a generated password, credentials and a mail should have been returned")
    let expected = Self.errorsOfCommands.union(source == .command ? [.apiKeyNotSet] : [])
    let missing = expected.subtracting(told.errors)
    #expect(missing.isEmpty, "the commands ran into fewer errors than they were made for: \(missing)")
  }

  @Test(
    "No fault on the way tells a secret, and a service that echoes all it gets neither", arguments: ["text", "json"])
  func faults(_ format: String) throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(
      server.bridgeOptions + ["--log-level", "debug", "--log-format", format],
      environment: ["OVS_API_KEY": Self.value("api_key"), "OVS_SECRET_KEY": Self.value("secret_key")])
    let adding =
      #""cmd":21,"data":{"email":"ann@example.com","password":"planted-password","countrycode":"US","type":"12"}"#
    let login = #""cmd":1000,"data":{"email":"ann@example.com","password":"planted-password"}"#
    try bridge.mustDo("{\(adding)}", "{\(login)}", #"{"cmd":18}"#)
    var told = Told()
    for test in FaultTests.cases {
      if test.fault.contains("drip") { try server.tell(#"{"do":"expire_tokens","kind":"short"}"#) }
      let commands = [adding, #""cmd":18"#, #""cmd":50,"data":{"type":"6"}"#, #""cmd":58"#, login]
      for command in commands {
        try server.tell(#"{"do":"fault","fault":\#(test.fault)}"#)
        told.take([#"{\#(command),"timeout_ms":200}"#], from: bridge)
        try server.tell(#"{"do":"clear"}"#)
      }
      told.log += bridge.logSoFar()
    }
    // What echoes the long token, that of the renewal.
    try server.tell(#"{"do":"expire_tokens","kind":"short"}"#)
    try server.tell(#"{"do":"fault","fault":"echo","method":"TokenRefresh"}"#)
    told.take([#"{"cmd":18,"id":"renewal"}"#, "{\(login)}"], from: bridge)
    try server.tell(#"{"do":"fault","fault":"hang"}"#)
    let before = try server.count("requests")
    try bridge.send(#"{"cmd":50,"data":{"type":"6"},"id":1}"#)
    try server.tell(#"{"do":"wait","requests":\#(before + 1)}"#)
    told.take([#"{"cmd":1005,"data":{"id":1}}"#], from: bridge)
    let tokens = Set(try server.journal().compactMap(\.bearer))
    #expect(tokens.count > 2, "long and short tokens should have been seen: \(tokens)")
    told.returned += tokens
    Self.lookAtProcess(bridge, telling: told.returned)
    told.take(try bridge.lines())
    told.log += try bridge.log()
    told.check()
    #expect(told.lines.contains { $0.contains("***") }, "nothing was echoed")
    let missing = Self.errorsOfFaults.subtracting(told.errors)
    #expect(missing.isEmpty, "the faults brought about fewer errors than they were made for: \(missing)")
  }

  @Test(
    "What a service echoes of a key is masked, however it spells it, in a word or in a code",
    arguments: ["k", "a/b+c d", "pl\"an\\ted", "line\nfeed\tand more", "schlüssel-😀"])
  func spellings(_ key: String) throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(server.bridgeOptions + ["--log-level", "debug"])
    func json(_ value: Any) throws -> String {
      String(decoding: try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed), as: UTF8.self)
    }
    try bridge.mustDo(#"{"cmd":10,"data":{"api_key":\#(try json(key))}}"#)
    let percent = key.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let escapes = key.utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
    let form = key.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let alone = [
      key, percent, percent.uppercased(), form, form.replacingOccurrences(of: "%20", with: "+"), escapes,
      String(try json(key).dropFirst().dropLast()),
    ]
    let spellings = alone.map { ($0, "***") } + [("(\(key)\(key))", "(******)"), ("=\(key)=", "=***=")]
    for (spelling, expected) in spellings {
      let body = try json(["status": "error", "code": spelling, "message": "odd: <\(spelling)>"])
      try server.tell(#"{"do":"fault","fault":"status","status":400,"body":\#(try json(body))}"#)
      let answer = try bridge.ask(#"{"cmd":22,"data":{"email":"ann@example.com"}}"#)
      #expect(answer.error == 18, "\(answer)")
      #expect(answer.detail("backend_code") as? String == expected, "\(spelling): \(answer)")
      #expect(answer.detail("backend_message") as? String == "odd: <\(expected)>", "\(spelling): \(answer)")
    }
    #expect(try bridge.lines() == [])
    #expect(!(try bridge.log()).contains(key) || key == "k")
  }

  @Test("The values of the variables that hold secrets are gone from the environment, and the others stay")
  func environment() throws {
    let bridge = try BridgeProcess(
      environment: [
        "OVS_API_KEY": "planted-key", "OVS_SECRET_KEY": "planted-secret", "OVS_PASSWORD": "planted-password",
        "OVS_API_DOMAIN": "http://127.0.0.1:1",
        "OTHER": "kept",
      ])
    try bridge.mustDo(#"{"cmd":1006}"#)
    let text: String
    do {
      text = String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: "/proc/\(bridge.processID)/environ")), as: UTF8.self)
    } catch CocoaError.fileReadNoPermission {
      // Nobody but root sees anything of a process that can't be dumped.
      return
    }
    #expect(!text.contains(Self.word), "\(text)")
    #expect(text.contains("OVS_API_DOMAIN=http://127.0.0.1:1\0") && text.contains("OTHER=kept\0"), "\(text)")
    // What is overwritten without the key being used must be gone as well.
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try "key\n".write(to: file, atomically: true, encoding: .utf8)
    let other = try BridgeProcess(["--api-key-file", file.path], environment: ["OVS_API_KEY": "planted-key"])
    try other.mustDo(#"{"cmd":1006}"#)
    Self.lookAtProcess(other, telling: [])
  }

  @Test("The variables that the program has no secret in but those that it overwrites")
  func variables() throws {
    let help = try ChildProcess("the help", BridgeProcess.program, ["--help"]).wholeOutput()
    let section = help.components(separatedBy: "\n\n").first { $0.hasPrefix("Environment:") } ?? ""
    let names = section.split(whereSeparator: { !$0.isLetter && $0 != "_" }).filter { $0.hasPrefix("OVS_") }
    #expect(
      Set(names) == ["OVS_API_KEY", "OVS_SECRET_KEY", "OVS_API_DOMAIN", "OVS_EMAIL", "OVS_PASSWORD"],
      "is a new one a secret? Test it here")
  }

  // MARK: What is sent

  private static let table = CommandTable.standard

  /// All commands, in an order in which most can be carried out.
  private static let rows = table.rows.enumerated().sorted { a, b in
    (turn(of: a.element), a.offset) < (turn(of: b.element), b.offset)
  }.map(\.element)

  private static func turn(of command: Command) -> Int {
    switch command.operation {
    case .session(.setAPIKey), .session(.setSecretKey): 1
    case .account(.addClient): 2
    case .account(.login): 3
    case .account(.resetPassword), .account(.closeClient), .session(.logout): 5
    case .process(.shutdown): 6
    default: 4
    }
  }

  private static func value(_ parameter: String) -> String { "\(word)-\(parameter)" }

  /// A value in JSON that a parameter takes; nil where none can be had.
  private static func good(_ parameter: Command.Parameter) -> String? {
    switch parameter.rule {
    case .text, .secret: "\"\(value(parameter.name))\""
    case .email: "\"ann@example.com\""
    case .countryCode: "\"us\""
    case .planType: "\"12\""
    case .requestID: "\"nobody\""
    // There is no other service to turn to.
    case .apiDomain: nil
    }
  }

  /// Lines that ask for a command in every way in which an answer, or an entry of the log, could repeat a value.
  private static func lines(for command: Command?) -> [String] {
    guard let command else { return [] }
    func native(_ members: [String]) -> String {
      #"{"cmd":\#(command.number),"data":{\#(members.joined(separator: ","))}}"#
    }
    func rpc(_ values: [String]) -> String {
      #"{"jsonrpc":"2.0","method":"\#(command.name)","params":[\#(values.joined(separator: ","))],"id":1}"#
    }
    let good = command.parameters.map { parameter in Self.good(parameter).map { "\"\(parameter.name)\":\($0)" } ?? "" }
    let values = command.parameters.map { Self.good($0) ?? "null" }
    var lines: [String] = []
    for index in command.parameters.indices {
      let parameter = command.parameters[index]
      for bad in [#"["planted-list"]"#, #""planted bad value""#, #"{"planted":"planted"}"#] {
        // A text that is refused for no more than being another is no login any more.
        if case .text = parameter.rule, bad.hasPrefix("\""), parameter.name != "password" { continue }
        var members = good
        members[index] = "\"\(parameter.name)\":\(bad)"
        lines.append(native(members.filter { !$0.isEmpty }))
      }
      if let alias = parameter.alias {
        lines.append(native(["\"\(parameter.name)\":\"planted-one\"", "\"\(alias)\":\"planted-other\""]))
      }
      lines.append(native(good.filter { !$0.isEmpty } + good.filter { !$0.isEmpty }))
    }
    lines.append(native(good.filter { !$0.isEmpty } + [#""unknown":"planted-unknown""#]))
    lines.append(rpc(values + [#""planted-more""#]))
    lines.append(String(native(good.filter { !$0.isEmpty }).dropLast(2)))
    if command.operation == .account(.addClient) {
      lines.append(#"{"cmd":21,"data":{"email":"other@example.com","countrycode":"US","type":"12"}}"#)
      lines.append(#"{"cmd":21,"data":{"email":"ben@example.com","countrycode":"US","type":"planted-type"}}"#)
    }
    if command.accountParameter != nil, command.effect == .accountRead {
      lines.append(#"{"cmd":\#(command.number),"data":{"email":"other@example.com"}}"#)
    }
    // In both dialects, and so twice: clients that exist already, accounts that are closed.
    return lines + [native(good.filter { !$0.isEmpty }), rpc(values)]
  }

  /// Lines that name no command, or hold no JSON.
  private static let brokenLines = [
    #"{"cmd":10,"data":{"api_key":"planted-key"#, #"{"cmd":10,"data":{"api_key":"planted-key"}},"#,
    #"{"cmd":9999,"data":{"api_key":"planted-key"}}"#, #"{"cmd":10,"data":"planted-key"}"#, #""planted-key""#,
    #"{"cmd":10,"data":{"api_key":"planted-key"},"timeout_ms":"planted"}"#, #"["planted-key"]"#,
    #"{"cmd":10,"data":{"api_key":"\#(String(repeating: "planted-key", count: 1000))"}}"#,
    #"{"cmd":10,"data":{"api_key":"planted-\u{1}key"}}"#, #"{"cmd":10,"data":{"api_key":"planted-\ud800"}}"#,
    #"{"jsonrpc":"2.0","method":"OVS_CMD_SET_API_KEY","params":"planted-key","id":1}"#,
  ]

  // MARK: What is told

  /// What a bridge has told.
  private struct Told {
    var lines: [String] = []
    var log = ""
    /// Secrets that the protocol has returned, and others that were seen elsewhere: they may stand nowhere else.
    var returned: [String] = []
    var errors: Set<ErrorCode> = []

    /// Sends lines one by one, and takes all that comes for them.
    mutating func take(_ sent: [String], from bridge: BridgeProcess) {
      do {
        for line in sent {
          let marker = "marker \(lines.count)"
          try bridge.send(line, #"{"cmd":1002,"id":"\#(marker)"}"#)
          repeat { take([try bridge.line()]) } while !(lines.last?.hasSuffix(#""id":"\#(marker)"}"#) ?? false)
        }
      } catch {
        Issue.record("\(error)")
      }
    }

    mutating func take(_ more: [String]) {
      for line in more {
        // The first member of this name is where the protocol returns one.
        var rest = line
        if let range = line.firstRange(of: /"password":"[^"]+"/) {
          returned.append(String(line[range].dropFirst(12).dropLast()))
          rest.removeSubrange(range)
        }
        lines.append(rest)
        for error in ErrorCode.allCases where line.contains("\"\(error.row.name)\"") { errors.insert(error) }
      }
    }

    func check() {
      for line in lines where ([SecretsTests.word] + returned).contains(where: line.contains) {
        Issue.record("an answer tells a secret: \(line)")
      }
      for secret in [SecretsTests.word, "@"] + returned where log.contains(secret) {
        Issue.record("the log tells \(secret): \(log)")
      }
      for secret in returned where secret.contains(SecretsTests.word) {
        Issue.record("what was planted came back as generated: \(secret)")
      }
      #expect(!log.contains("dropped"), "the log was not read: \(log)")
    }
  }

  /// Looks for secrets in what the system shows of a process.
  private static func lookAtProcess(_ bridge: BridgeProcess, telling secrets: [String]) {
    for name in ["cmdline", "environ", "comm", "status"] {
      guard let data = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(bridge.processID)/\(name)")) else {
        #expect(name == "environ", "/proc has no \(name)")
        continue
      }
      let text = String(decoding: data, as: UTF8.self)
      for secret in [word] + secrets where text.contains(secret) { Issue.record("\(name) shows \(secret): \(text)") }
    }
  }
}
