import Foundation
import Testing

/// Options, the environment, and what goes to stderr.
@Suite struct CommandLineTests {
  /// What the program writes and its status, without input.
  private func run(
    _ options: [String], environment: [String: String] = [:]
  ) throws -> (output: [String], log: String, status: Int32) {
    let bridge = try BridgeProcess(options, environment: environment)
    let output = try bridge.lines()
    return (output, try bridge.log(), try bridge.exitStatus())
  }

  @Test(
    "Help goes to standard output",
    arguments: [
      (["--help"], "Usage: ovs-bridge [options]"), (["-h"], "Usage:"), (["--version"], "ovs-bridge "),
      (["--commands"], "OVS_CMD_ADD_CLIENT"), (["--timeout", "5", "--help"], "Usage:"),
      (["--completions", "bash"], "complete -F"), (["--completions=fish"], "complete -c"), (["--man"], ".SH"),
    ] as [([String], String)])
  func help(_ options: [String], _ expected: String) throws {
    let (output, log, status) = try run(options)
    #expect(output.contains { $0.contains(expected) } && log.isEmpty && status == 0, "\(output) \(log) \(status)")
  }

  @Test(
    "What could not be printed is no success, however long it is",
    arguments: ["--version", "--help", "--commands", "--man", "--completions=zsh"])
  func unprintable(_ option: String) throws {
    for (place, reason) in [("/dev/full", "No space left on device"), ("&-", "Bad file descriptor")] {
      let shell = try ChildProcess(
        "the bridge", "/bin/sh", ["-c", "exec '\(BridgeProcess.program)' \(option) >\(place)"])
      let log = try shell.log()
      #expect(log == "ovs-bridge: standard output can't be written to: \(reason)\n")
      #expect(try shell.exitStatus() == 74, "\(place)")
    }
  }

  @Test(
    "Wrong usage is one line on stderr and status 64",
    arguments: [
      (["--sandbox-nwo", "2026-01-31"], #"no option "--sandbox-nwo" (did you mean "--sandbox-now"?); try --help"#),
      (["OVS_CMD_LOGIN"], "commands come on standard input, or behind call: ovs-bridge call OVS_CMD_LOGIN; try --help"),
      (["OVS_CMD_\u{1B}[2J"], #"commands come on standard input, or behind call: ovs-bridge call OVS_CMD_\u{1B}[2J"#),
      (["c\u{9B}2J"], #"there is no ovs-bridge "c\u{009B}2J"; try --help"#),
      (["--\u{202E}"], #"no option "--\u{202E}"; try --help"#),
      (["cal", "OVS_CMD_LOGIN"], #"there is no ovs-bridge "cal" (did you mean "call"?); try --help"#),
      (["doctor", "now"], "doctor takes no arguments but options; try --help"),
      (["--login-file", "/dev/null"], "--login-file must hold the e-mail and the password, on a line each"),
      (["--timeout"], "--timeout needs a value: --timeout SECONDS"),
      (["--timeout", "soon"], "--timeout must be a number of seconds from 0.001 to 1000000"),
      (["--timeout=0"], "--timeout must be a number of seconds from 0.001 to 1000000"),
      (["--help=yes"], "--help takes no value"),
      (["--max-in-flight", "0"], "--max-in-flight must be a whole number from 1 to 1000000"),
      (["--max-line-bytes", "-5"], "--max-line-bytes must be a whole number from 64 to 1073741824"),
      (
        ["--log-level", "wraning"], #"--log-level must be one of error, warning, info, debug (did you mean "warning"?)"#
      ),
      (["--completions", "bush"], #"--completions must be one of bash, zsh, fish (did you mean "bash"?)"#),
      (["--completions"], "--completions needs a value: --completions SHELL"),
      (["--log-format=xml"], "--log-format must be one of text, json"),
      (["--sandbox-now", "2026-02-30"], "--sandbox-now must be a date such as 2026-01-31 or 2026-01-31T09:30:00Z"),
      (["--sandbox-api-key", ""], "--sandbox-api-key must not be empty"),
      (["--api-key-file", "/nowhere/key"], "--api-key-file can't be read: No such file or directory"),
      (["--api-key-file", "/dev/null"], "--api-key-file must hold the key alone, on one line"),
      (["--api-domain", "http://brand.vpngn.com"], "--api-domain must be a brand, a host such as brand.vpngn.com,"),
      (["--parent-pid", "me"], "--parent-pid must be a whole number from 1 to 2147483647"),
    ] as [([String], String)])
  func wrongUsage(_ options: [String], _ expected: String) throws {
    let (output, log, status) = try run(options)
    #expect(log.hasPrefix("ovs-bridge: \(expected)") && log.filter { $0 == "\n" }.count == 1, "\(log)")
    #expect(output.isEmpty && status == 64)
  }

  @Test(
    "What is no text is refused: Swift would put other characters in its place, and another file would be taken",
    arguments: [
      ("exec \"$0\" --sandbox-file \"$(printf 'a\\377')\"", "argument 2"),
      ("exec \"$0\" call get-info --sandbox-file=\"$(printf 'a\\377')\"", "argument 3"),
      ("exec \"$0\" call 21 first_name=\"$(printf 'a\\377')\"", "argument 3"),
      ("OVS_API_KEY=\"$(printf 'a\\377')\" exec \"$0\"", "OVS_API_KEY"),
      ("OVS_SECRET_KEY=\"$(printf 'a\\377')\" exec \"$0\"", "OVS_SECRET_KEY"),
      ("OVS_API_DOMAIN=\"$(printf 'a\\377')\" exec \"$0\"", "OVS_API_DOMAIN"),
      ("OVS_EMAIL=a@b.de OVS_PASSWORD=\"$(printf 'a\\377')\" exec \"$0\" call get-info", "OVS_PASSWORD"),
    ])
  func noText(_ line: String, _ name: String) throws {
    let folder = try CallFolder()
    let shell = try ChildProcess(
      "the bridge", "/bin/sh", ["-c", "cd '\(folder.path)' && \(line)", BridgeProcess.program])
    #expect(try shell.wholeOutput().isEmpty)
    #expect(try shell.log() == "ovs-bridge: \(name) is no text in UTF-8\n" && shell.exitStatus() == 64)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("The sandbox says that it is one, in one line")
  func sandboxSaysSo() throws {
    let (output, log, status) = try run([])
    #expect(log.contains("sandbox") && log.filter { $0 == "\n" }.count == 1, "\(log)")
    #expect(output.isEmpty && status == 0)
  }

  @Test("Options of the sandbox that a real service leaves without effect are told, in one line")
  func idleOptions() throws {
    let (output, log, status) = try run(
      ["--sandbox-latency", "5", "--sandbox-not-whitelisted"], environment: ["OVS_API_DOMAIN": "brand"])
    #expect(
      log == "ovs-bridge: warning: commands go to brand.vpngn.com, a real service; "
        + "without effect: --sandbox-not-whitelisted, --sandbox-latency\n")
    #expect(output.isEmpty && status == 0)
    #expect(!(try run(["--api-domain", "brand", "--timeout", "5"]).log).contains("without effect"))
  }

  @Test("Keys come from the environment or a file")
  func keys() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")
    try "right\n".write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let close = #"{"cmd":22,"data":{"email":"ann@example.com"}}"#
    for (options, environment, expected) in [
      ([], [:], "OVS_ERR_API_KEY_NOT_SET"),
      ([], ["OVS_API_KEY": "right"], "OVS_ERR_CLIENT_NOT_FOUND"),
      ([], ["OVS_API_KEY": "wrong"], "OVS_ERR_UNAUTHORIZED"),
      (["--api-key-file", file.path], ["OVS_API_KEY": "wrong"], "OVS_ERR_CLIENT_NOT_FOUND"),
      (["--sandbox-not-whitelisted"], ["OVS_API_KEY": "right"], "OVS_ERR_FORBIDDEN"),
      (["--sandbox-not-whitelisted"], ["OVS_API_KEY": "right", "OVS_SECRET_KEY": "s"], "OVS_ERR_CLIENT_NOT_FOUND"),
      ([], ["OVS_API_KEY": "right", "OVS_API_DOMAIN": "brand"], "OVS_ERR_NETWORK"),
    ] as [([String], [String: String], String)] {
      let bridge = try BridgeProcess(["--sandbox-api-key", "right"] + options, environment: environment)
      try bridge.send(close)
      let line = try bridge.line()
      #expect(line.contains(expected), "\(options) \(environment): \(line)")
    }
  }

  @Test("No log holds what came with a command, at any level and in any format", arguments: Log.all)
  func secrets(_ log: Log) throws {
    let planted = ["planted-key", "planted-secret", "planted@example.com", "planted-password", "Planted-Name"]
    let bridge = try BridgeProcess(["--log-level", log.level, "--log-format", log.format])
    try bridge.send(
      #"{"cmd":10,"data":{"api_key":"planted-key"}}"#, #"{"cmd":1004,"data":{"secret_key":"planted-secret"}}"#,
      #"{"cmd":21,"data":{"email":"planted@example.com","password":"planted-password","countrycode":"US","type":"1","first_name":"Planted-Name"}}"#,
      #"{"cmd":1000,"data":{"email":"planted@example.com","password":"planted-password"}}"#, #"{"cmd":18}"#,
      #"{"cmd":21,"data":{"email":"planted@example.com","password":"planted-password","countrycode":"planted-key","type":["planted-password"]}}"#,
      #"{"cmd":1000,"data":{"email":"planted@example.com","password":"planted-password"#)
    let lines = try bridge.lines()
    let text = try bridge.log()
    for secret in planted where text.contains(secret) { Issue.record("\(secret) stands in the log: \(text)") }
    for line in lines where planted.contains(where: line.contains) {
      Issue.record("an answer echoes a secret: \(line)")
    }
    if log.format == "json" {
      for line in text.split(separator: "\n") {
        let entry = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
        #expect(entry?.keys.sorted() == ["level", "message", "time"], "\(line)")
      }
    }
  }

  struct Log: Sendable, CustomStringConvertible {
    let level: String
    let format: String
    var description: String { "\(level), \(format)" }

    static let all = ["error", "warning", "info", "debug"].flatMap { level in
      ["text", "json"].map { Log(level: level, format: $0) }
    }
  }
}
