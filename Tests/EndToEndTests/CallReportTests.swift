import Foundation
import OVSWire
import Testing

@testable import ovs_bridge

/// What `ovs-bridge call` prints and tells.
@Suite struct CallReportTests {
  @Test(
    "An error of the bridge is told by its name, number and sentence, and its number is the status",
    arguments: [
      (["add-client", "email=a@b.de"], "OVS_ERR_MISSING_PARAMS (5): OVS_CMD_ADD_CLIENT needs \"countrycode\""),
      (
        ["21", "compny_name=x"], #"OVS_ERR_INVALID_PARAMS (6): OVS_CMD_ADD_CLIENT has no parameter "compny_name" (did"#
      ),
      (
        ["21", "email=x", "type=1", "countrycode=DE"],
        #"OVS_ERR_INVALID_PARAMS (6): "email" of OVS_CMD_ADD_CLIENT must"#
      ),
      (["23", "email=a@b.de"], "OVS_ERR_CLIENT_NOT_FOUND (15): no client has this e-mail"),
      (["1005", "id=7", "--max-line-bytes", "64", "--format=table"], "OVS_ERR_LINE_TOO_LONG (7)"),
      (["23", "email=a@b.de", "--sandbox-api-key", "other"], "OVS_ERR_UNAUTHORIZED (12): "),
    ] as [([String], String)])
  func errors(_ words: [String], _ expected: String) throws {
    // A line is longer than its values.
    let long = words.contains("64") ? ["x=" + String(repeating: "x", count: 50)] : []
    let called = try call(words + long + ["--log-level", "error"])
    #expect(called.log.hasPrefix("ovs-bridge: \(expected)"), "\(called)")
    #expect(called.output.isEmpty && expected.contains("(\(called.status))"), "\(called)")
  }

  @Test("What a person must know beside the sentence has a line each")
  func details() throws {
    let server = try AMAPIServer(["--not-whitelisted"])
    let options = server.bridgeOptions + ["--log-level", "error"]
    #expect(try call(["21"] + CallFolder.ann + options).status == 0)
    let limited = try call(["21", "email=ben@example.com", "countrycode=DE", "type=12"] + options)
    let when = try Regex(#"\n  retry_after_s  \d+  \(when to try again, in seconds from now\)\n$"#)
    #expect(limited.log.firstMatch(of: when) != nil && limited.status == 17, "\(limited)")
    let network = try call(["22", "email=a@b.de", "--api-domain", "127.0.0.1:1", "--log-level", "error"])
    #expect(network.log.hasSuffix("\n  outcome  not_sent  (what became of a change that was not confirmed)\n"))
    #expect(network.status == 20, "\(network)")
  }

  @Test("The service's own words are told once, in the sentence, and its code beside it", arguments: [400, 500])
  func serviceWords(_ status: Int) throws {
    let server = try AMAPIServer([])
    let body = #"{\"status\":\"error\",\"code\":\"FULL\",\"message\":\"no room left\"}"#
    _ = try server.tell(
      #"{"do":"fault","fault":"status","status":\#(status),"content_type":"application/json","body":"\#(body)"}"#)
    let called = try call(["22", "email=a@b.de"] + server.bridgeOptions + ["--log-level", "error"])
    #expect(called.log.components(separatedBy: "no room left").count == 2, "\(called)")
    #expect(called.log.contains("\n  backend_code  FULL") && called.status == (status == 400 ? 18 : 22), "\(called)")
  }

  @Test("A table has a member a row, what is nested beside its name, and nothing for null")
  func table() throws {
    let session = try call(["get-session", "--format", "table"])
    #expect(
      session.output == """
        backend      sandbox
        api_domain   -
        api_key_set  true
        logged_in    false
        email        -
        expires_at   -

        """, "\(session)")
    let info = try call(["get-info", "--format=table"])
    let rows = info.output.split(separator: "\n")
    let first = try #require(rows.first { $0.hasPrefix("commands  OVS_CMD_SET_API_KEY ") })
    #expect(rows.last == "          \("OVS_CMD_SHUTDOWN".padding(toLength: 30, withPad: " ", startingAt: 0))  1007")
    #expect(first.hasSuffix("  10") && info.status == 0, "\(info)")
    let nothing = try call(["logout", "--format", "table"])
    #expect(nothing.output.isEmpty && nothing.status == 0, "\(nothing)")
  }

  @Test(
    "What moves a terminal's cursor, or turns text around, is shown and not done",
    arguments: [
      ("a\u{1B}[2Jb", #"a\u{1B}[2Jb"#), ("a\nb", #"a\nb"#), ("a\u{9B}b\u{7F}", #"a\u{009B}b\u{7F}"#),
      ("a\u{2028}b", #"a\u{2028}b"#), ("ann\u{202E}ed.x@a", #"ann\u{202E}ed.x@a"#), ("\u{2067}a", #"\u{2067}a"#),
      // What names and emoji need.
      ("می\u{200C}خواهم 👩\u{200D}💻 Jürgen", "می\u{200C}خواهم 👩\u{200D}💻 Jürgen"),
    ])
  func harmless(_ text: String, _ expected: String) { #expect(PlainText.harmless(text) == expected) }

  @Test("A mail of the sandbox is told on stderr, and its password is the new one")
  func mail() throws {
    let folder = try CallFolder()
    try folder.addAnn()
    let reset = try call(["reset-password", "email=ann@example.com"] + folder.options)
    let told = try Regex(
      #"ovs-bridge: OVS_NOTIFY_SANDBOX_MAIL: to: ann@example.com, subject: [\w ]+, password: (\w+)\n"#,
      as: (Substring, Substring).self)
    let password = try #require(reset.log.wholeMatch(of: told), "\(reset)").output.1
    #expect(reset.output == "null\n" && reset.status == 0, "\(reset)")
    let login = ["OVS_EMAIL": "ann@example.com", "OVS_PASSWORD": String(password)]
    #expect(try call(["18"] + folder.options, environment: login).output == "{\"type\":\"12\"}\n")
  }

  @Test(
    "An error's name is red on a terminal, unless its user doesn't want that",
    arguments: [
      (true, ["TERM": "xterm"], true), (true, ["TERM": "xterm", "NO_COLOR": ""], true), (true, ["TERM": "dumb"], false),
      (true, ["TERM": "xterm", "NO_COLOR": "0"], false), (false, ["TERM": "xterm"], false),
    ] as [(Bool, [String: String], Bool)])
  func colour(_ isTerminal: Bool, _ environment: [String: String], _ isRed: Bool) throws {
    let variables = ["NO_COLOR": ""].merging(environment) { $1 }
    let called = try call(
      ["logout", "x=", "--log-level", "error"], environment: variables, setup: isTerminal ? .terminal(2) : .pipes)
    let name = isRed ? "\u{1B}[1;31mOVS_ERR_INVALID_PARAMS\u{1B}[0m" : "OVS_ERR_INVALID_PARAMS"
    #expect(called.log.hasPrefix("ovs-bridge: \(name) (6): ") && called.status == 6, "\(called)")
  }

  @Test("Where the log is JSON, all of stderr is, events and errors as the bridge says them")
  func jsonLog() throws {
    let folder = try CallFolder()
    try folder.addAnn()
    let options = ["--sandbox-file", try folder.file("accounts"), "--log-format", "json"]
    let lines = try [
      call(["23", "email=ann@example.com"] + options), call(["23", "email=ben@example.com"] + options),
      call(["18"] + options),
    ].flatMap { try $0.log.split(separator: "\n").map { try Answer(String($0)) } }
    #expect(lines.count == 6 && lines.allSatisfy { !$0.members.isEmpty }, "\(lines)")
    #expect(lines.map(\.notification).filter { $0 >= 0 } == [1200, 23, 18], "\(lines)")
    #expect(lines.last?.message == "log in first, with OVS_EMAIL and OVS_PASSWORD, or --login-file", "\(lines)")
  }

  @Test("Its help tells of all commands, and of one what --commands does")
  func help() throws {
    func text(_ options: [String]) throws -> String {
      let bridge = try BridgeProcess(options)
      let text = try bridge.wholeOutput()
      #expect(try bridge.log().isEmpty && bridge.exitStatus() == 0)
      return text
    }
    let all = try text(["call", "--help"])
    #expect(all.hasPrefix("Usage: ovs-bridge call COMMAND ") && all.contains("--format FORMAT"))
    #expect(all.contains("--login-file PATH") && !all.contains("--sandbox-now"))
    let commands = try text(["--commands"])
    for command in CommandTable.standard.rows {
      #expect(all.contains("  \(command.number)") && all.contains(command.name))
      let short = command.name.dropFirst("OVS_CMD_".count).lowercased()
      let one = try text(["call", short, "--help"])
      let parts = one.components(separatedBy: "\n\n")
      #expect(parts[0].hasPrefix("Usage: ovs-bridge call \(command.name)"), "\(one)")
      let isPart = parts.count == 2 && commands.contains("\n\n\(parts[1])")
      #expect(isPart, "\(one)")
    }
    let unknown = try call(["add-clint", "--help"])
    #expect(unknown.log.contains(#"did you mean "OVS_CMD_ADD_CLIENT"?"#) && unknown.status == 64, "\(unknown)")
  }

  @Test("What is for a call is refused elsewhere") func elsewhere() throws {
    let bridge = try BridgeProcess(["--format", "table"])
    #expect(try bridge.log() == "ovs-bridge: --format is for ovs-bridge call; try --help\n")
    #expect(try bridge.exitStatus() == 64)
  }
}
