import Foundation
import OVSWire
import Testing

/// `ovs-bridge call`: one command at a terminal or in a script, what it takes and what it does.
@Suite struct CallTests {
  @Test(
    "A command is called by its name, its number, or in short, in any case",
    arguments: ["OVS_CMD_GET_SESSION", "1002", "GET_SESSION", "get_session", "get-session", "ovs-cmd-get-session"])
  func names(_ name: String) throws {
    let called = try call([name])
    let line = try answers(to: #"{"cmd":10,"data":{"api_key":"key"}}"#, #"{"cmd":1002}"#)[1]
    #expect(line.contains("\"data\":\(called.output.dropLast())}"), "\(called) instead of \(line)")
    #expect(called.output.hasSuffix("}\n") && called.status == 0)
    #expect(called.log.contains("warning: this is the sandbox"), "\(called)")
  }

  @Test("One call finds what the one before has left in the sandbox's file")
  func continuity() throws {
    let folder = try CallFolder()
    try folder.addAnn()
    let again = try call(["add-client"] + CallFolder.ann + folder.options)
    #expect(again.log.hasPrefix("ovs-bridge: OVS_ERR_CLIENT_EXISTS (14): a client with this e-mail exists"), "\(again)")
    #expect(again.output.isEmpty && again.status == 14)
    let ben = try call(
      ["21", "email=ben@example.com", "countrycode=DE", "type=12", "--format", "table"] + folder.options)
    #expect(try ben.output.wholeMatch(of: Regex(#"username  ben@example.com\npassword  \w{15}\n"#)) != nil, "\(ben)")
  }

  @Test(
    "A value comes from a file or standard input, without the end of its last line",
    arguments: [
      ("user_password", true), ("user_password\n", true), ("user_password\r\n", true), ("user_password\n\n", false),
      (" user_password", false), ("user_password\r", false), ("", false),
    ])
  func values(_ text: String, _ isRight: Bool) throws {
    let folder = try CallFolder()
    try folder.addAnn()
    let login = ["OVS_CMD_LOGIN", "email=ann@example.com"] + folder.options
    for called in [
      try call(login + ["password@\(try folder.file("value", text))"]), try call(login + ["password@-"], input: text),
    ] {
      #expect(called.status == (isRight ? 0 : text.isEmpty ? 6 : 12), "\(called)")
    }
  }

  @Test("The first of = and @ in a word divides it")
  func dividers() throws {
    let folder = try CallFolder()
    let name = try folder.file("a=b@c", "Ännchen=@")
    let added = try call(
      ["21", "type=12", "countrycode=DE", "email=x=y@example.com", "first_name@\(name)", "last_name=a@b=c"]
        + folder.options)
    #expect(added.status == 0, "\(added)")
    let accounts = try String(contentsOfFile: folder.file("accounts"), encoding: .utf8)
    for text in ["x=y@example.com", "Ännchen=@", "a@b=c"] { #expect(accounts.contains("\"\(text)\"")) }
  }

  @Test("No secret is taken from the arguments, nor told", arguments: CommandTable.standard.rows.map(\.name))
  func secrets(_ name: String) throws {
    let command = try #require(CommandTable.standard[name])
    for parameter in command.parameters {
      guard case .secret = parameter.rule else { continue }
      for name in [parameter.name, parameter.alias].compactMap({ $0 }) {
        let called = try call([command.name, "\(name)=planted"])
        #expect(called.log.contains("\(name)@PATH") && called.log.contains("\(name)@-"), "\(called)")
        #expect(!called.log.contains("planted") && called.output.isEmpty && called.status == 64, "\(called)")
      }
    }
  }

  @Test(
    "Wrong usage is one line on stderr and status 64",
    arguments: [
      ([], "call needs a command; ovs-bridge call --help lists them"),
      (["999"], "no command has the number 999; ovs-bridge call --help lists them"),
      (["add-clint"], #"no command "add-clint" (did you mean "OVS_CMD_ADD_CLIENT"?); ovs-bridge call --help lists"#),
      (["nothing_like_it"], #"no command "nothing_like_it"; ovs-bridge call --help lists them"#),
      (
        ["21", "planted"],
        "argument 1 of OVS_CMD_ADD_CLIENT must be NAME=VALUE, NAME@PATH, or NAME@- for standard input"
      ),
      (["21", "type=1", "=planted"], "argument 2 of OVS_CMD_ADD_CLIENT must be NAME=VALUE"),
      (["21", "type=1", "type@-"], #""type" is given twice"#),
      (["21", "tpye=1", "tpye=2"], #""tpye" is given twice"#),
      (["10", "api_key@-", "api_domain@/dev/null"], #""api_domain" is given twice"#),
      (["21", "email@-", "password@-"], "only one value can come on standard input"),
      (["21", "email@"], #""email" needs a file: NAME@PATH, or NAME@- for standard input"#),
      (["21", "ann@example.com"], #""ann" comes from the file "example.com", which can't be read: No such file"#),
      (["21", "email@/"], #""email" comes from the file "/", which can't be read: Is a directory"#),
      (["21", "email@/dev/zero"], #"the value of "email" has more than 1048576 bytes (--max-line-bytes)"#),
      (["21", "password@/dev/null"], #"the value of "password" is empty"#),
      (["21", "--format", "tabel"], #"--format must be one of json, table (did you mean "table"?)"#),
    ] as [([String], String)])
  func wrongUsage(_ words: [String], _ expected: String) throws {
    let called = try call(words)
    #expect(called.log.hasPrefix("ovs-bridge: \(expected)") && called.log.filter { $0 == "\n" }.count == 1, "\(called)")
    #expect(!called.log.contains("planted") && called.output.isEmpty && called.status == 64, "\(called)")
  }

  @Test("What a command of the session does ends with the call, and it says so")
  func sessionCommand() throws {
    let called = try call(["set-api-domain", "api_domain=brand"])
    #expect(called.output == "null\n" && called.status == 0, "\(called)")
    #expect(called.log.hasSuffix("OVS_CMD_SET_API_DOMAIN has done to the session ends with this call\n"), "\(called)")
  }

  @Test("What is no UTF-8 is no value") func noText() throws {
    let folder = try CallFolder()
    let file = try folder.file("latin-1")
    try Data([0x4A, 0xF6, 0x72, 0x67]).write(to: URL(fileURLWithPath: file))
    let called = try call(["21", "first_name@\(file)"])
    #expect(called.log == "ovs-bridge: the value of \"first_name\" is no text in UTF-8\n" && called.status == 64)
  }

  @Test("A byte order mark at the start of a file is none of the value's")
  func byteOrderMark() throws {
    let folder = try CallFolder()
    try folder.addAnn()
    let mark = "\u{FEFF}"
    let login = try folder.file("login", mark + "ann@example.com\r\nuser_password\r\n")
    let email = try folder.file("email", mark + "ann@example.com\r\n")
    let key = try folder.file("key", mark + "key\r\n")
    let called = try call(
      ["18", "email@\(email)", "--login-file", login, "--api-key-file", key, "--sandbox-api-key", "key"]
        + folder.options)
    #expect(called.output == "{\"type\":\"12\"}\n" && called.status == 0, "\(called)")
  }

  @Test("What needs a session is preceded by the login, if there is one", arguments: [false, true])
  func logIn(_ isFromFile: Bool) throws {
    let folder = try CallFolder()
    try folder.addAnn()
    let file = try folder.file("login", "ann@example.com\nuser_password\n")
    let options = folder.options + (isFromFile ? ["--login-file", file] : [])
    let environment = isFromFile ? [:] : CallFolder.login
    let type = try call(["get-account-type"] + options, environment: environment)
    #expect(type.output == "{\"type\":\"12\"}\n" && type.log.isEmpty && type.status == 0, "\(type)")
    let session = try call(["get-session"] + options, environment: environment)
    #expect(session.output.contains(#""logged_in":false"#), "what needs no session logs in: \(session)")
    let missing = try call(["change-plan"] + options, environment: environment)
    #expect(missing.log.contains("OVS_ERR_MISSING_PARAMS (5)") && missing.status == 5, "\(missing)")
  }

  @Test("Without a login or a key, it is told where they come from", arguments: ["18", "59"])
  func noLogin(_ command: String) throws {
    let options = ["--log-level", "error"]
    let none = try call([command, "type=12"].prefix(command == "59" ? 2 : 1) + options)
    #expect(
      none.log == """
        ovs-bridge: OVS_ERR_NOT_LOGGED_IN (11): log in first, with OVS_EMAIL and OVS_PASSWORD, or --login-file

        """)
    #expect(none.status == 11 && none.output.isEmpty)
    let noKey = try call([command] + options, environment: ["OVS_API_KEY": ""])
    #expect(
      noKey.log
        == "ovs-bridge: OVS_ERR_API_KEY_NOT_SET (10): set the API key first, with OVS_API_KEY or --api-key-file\n"
    )
    #expect(noKey.status == 10)
  }

  @Test("Over a real service: a failed login ends it, and nothing secret is logged")
  func realService() throws {
    let server = try AMAPIServer()
    let folder = try CallFolder()
    let options = server.bridgeOptions + ["--log-level", "debug"]
    let password = try folder.file("password", "planted-password\n")
    let key = ["OVS_API_KEY": "planted-key"]
    let login = ["OVS_EMAIL": "ann@example.com", "OVS_PASSWORD": "planted-password"].merging(key) { $1 }
    let added = try call(["21"] + CallFolder.ann + ["password@\(password)"] + options, environment: key)
    #expect(added.output == "null\n" && added.status == 0, "\(added)")
    let changed = try call(["change-plan", "type=24"] + options, environment: login)
    #expect(changed.output == "null\n" && changed.status == 0, "\(changed)")
    let type = try call(["18", "--format", "table"] + options, environment: login)
    #expect(type.output == "type  24\n" && type.status == 0, "\(type)")
    let before = try server.journal().count
    let refused = try call(
      ["change-plan", "type=1"] + options, environment: login.merging(["OVS_PASSWORD": "planted-wrong"]) { $1 })
    #expect(refused.log.contains("OVS_ERR_UNAUTHORIZED (12): the login failed: ") && refused.status == 12, "\(refused)")
    let since = try server.journal(since: before).map(\.method)
    #expect(since.count == 1 && refused.output.isEmpty, "only the login should have been sent: \(since)")
    for called in [added, changed, type, refused] { #expect(!called.log.contains("planted"), "\(called)") }
  }

  @Test("A signal gives the command up, and its outcome is told; a second ends it at once", arguments: [1, 2])
  func signals(_ count: Int) throws {
    let server = try AMAPIServer()
    try server.tell(#"{"do":"fault","fault":"hang"}"#)
    let bridge = try BridgeProcess(
      ["call", "22", "email=a@b.de", "--drain-timeout", count == 1 ? "0" : "60"] + server.bridgeOptions,
      environment: ["OVS_API_KEY": "key"])
    try server.tell(#"{"do":"wait","requests":1}"#)
    bridge.signal(SIGTERM)
    if count == 2 {
      while !(try bridge.logLine()).contains("ending: SIGTERM") {}
      bridge.signal(SIGINT)
    }
    #expect(try bridge.wholeOutput().isEmpty)
    #expect(try bridge.exitStatus() == (count == 1 ? 24 : 130))
    let log = try bridge.log()
    guard count == 1 else { return }
    #expect(log.contains("OVS_ERR_SHUTTING_DOWN (24): ") && log.contains("\n  outcome  unknown  ("), "\(log)")
  }

  @Test("What can't be told is not done, and what can't be printed is no success")
  func noOutput() throws {
    let folder = try CallFolder()
    let closed = try BridgeProcess(
      ["call", "21"] + CallFolder.ann + folder.options, environment: ["OVS_API_KEY": "key"], setup: .closed([1]))
    #expect(try closed.log() == "ovs-bridge: error: stdout can't be written to: Bad file descriptor\n")
    #expect(try closed.exitStatus() == 74)
    try folder.addAnn()
    let unread = try BridgeProcess(
      ["call", "23", "email=ann@example.com", "--sandbox-latency", "500"] + folder.options,
      environment: ["OVS_API_KEY": "key"])
    unread.closeOutput()
    #expect(try unread.log().hasSuffix("ovs-bridge: error: stdout can't be written to: Broken pipe\n"))
    #expect(try unread.exitStatus() == 74)
  }
}
