import Foundation
import Testing

/// The bridge where a person types at it.
@Suite struct TerminalTests {
  private static let controlD: [UInt8] = [4]

  @Test("A terminal is told what to type and how to end, and both work", arguments: ["text", "json"])
  func hint(_ format: String) throws {
    let bridge = try BridgeProcess(["--log-format", format], setup: .terminal(0))
    let sandbox = try bridge.logLine()
    let hint = try bridge.logLine()
    #expect(sandbox.contains("this is the sandbox") && hint.contains("Ctrl-D"), "\(sandbox)\n\(hint)")
    let message = format == "json" ? try Answer(hint).message : hint
    let example = try #require(message.firstMatch(of: /\{.*?\}/), "\(hint)").output
    let answer = try bridge.ask(String(example))
    #expect(answer.error == 0, "\(answer)")
    try bridge.sendOnly(Self.controlD)
    #expect(try bridge.exitStatus() == 0)
    #expect(try bridge.log().isEmpty, "two lines are enough")
  }

  @Test("Who starts the tools at a terminal is not told to type commands") func tools() throws {
    let bridge = try BridgeProcess(["mcp"], setup: .terminal(0))
    _ = try bridge.logLine()
    let hint = try bridge.logLine()
    #expect(hint.contains("editors and agents") && hint.contains("Ctrl-D") && !hint.contains("cmd"), "\(hint)")
    try bridge.sendOnly(Self.controlD)
    #expect(try bridge.exitStatus() == 0)
  }

  @Test("Nobody else is told", arguments: [ChildProcess.Setup.pipes, .socket, .terminal(2), .closed([0])])
  func others(_ setup: ChildProcess.Setup) throws {
    let bridge = try BridgeProcess(setup: setup)
    bridge.closeInput()
    let log = try bridge.log()
    #expect(!log.contains("Ctrl-D") && log.contains("sandbox"), "\(log)")
  }

  @Test("A log of warnings doesn't hold the hint") func quiet() throws {
    let bridge = try BridgeProcess(["--log-level", "warning"], setup: .terminal(0))
    #expect(try bridge.ask(#"{"cmd":1006}"#).error == 0)
    try bridge.sendOnly(Self.controlD)
    #expect(try bridge.log().filter { $0 == "\n" }.count == 1)
    #expect(try bridge.exitStatus() == 0)
  }

  // MARK: Values that are asked for

  /// A call that asks for the value of a parameter, at a terminal, up to where it has asked.
  private func asking(for name: String) throws -> BridgeProcess {
    let bridge = try BridgeProcess(
      ["call", "OVS_CMD_LOGIN", "\(name)@-", "--log-level", "error"], environment: ["OVS_API_KEY": "key"],
      setup: .terminal(0))
    #expect(try bridge.logText(count: name.utf8.count + 2) == "\(name): ")
    return bridge
  }

  /// What of that which was typed the terminal has shown.
  private func shown(by bridge: BridgeProcess) -> String {
    var target = pollfd(fd: bridge.input, events: Int16(POLLIN), revents: 0)
    var bytes = [UInt8](repeating: 0, count: 4096)
    guard poll(&target, 1, 0) > 0 else { return "" }
    return String(decoding: bytes[..<max(0, read(bridge.input, &bytes, bytes.count))], as: UTF8.self)
  }

  private func showsInput(_ bridge: BridgeProcess) -> Bool {
    var modes = termios()
    tcgetattr(bridge.input, &modes)
    return modes.c_lflag & tcflag_t(ECHO) != 0
  }

  @Test(
    "A value is asked for at a terminal, and shows unless it may be a secret",
    arguments: [("password", false, "email"), ("pasword", false, "pasword"), ("email", true, "password")])
  func value(_ name: String, _ isShown: Bool, _ field: String) throws {
    let bridge = try asking(for: name)
    #expect(showsInput(bridge) == isShown)
    try bridge.sendOnly(Array("typed@example.com\n".utf8))
    let log = try bridge.log()
    #expect(log.hasPrefix("ovs-bridge: OVS_ERR_") && log.contains("\"\(field)\""), "\(log)")
    let shown = shown(by: bridge)
    #expect(shown.contains("typed") == isShown && shown.hasSuffix("\r\n"), "\(shown)")
    #expect(showsInput(bridge), "the terminal should be as it was")
    #expect(try [5, 6].contains(bridge.exitStatus()))
  }

  @Test("A signal while a secret is asked for leaves the terminal as it was", arguments: [SIGINT, SIGTERM, SIGHUP])
  func interrupted(_ number: Int32) throws {
    let bridge = try asking(for: "password")
    #expect(!showsInput(bridge))
    bridge.signal(number)
    #expect(try bridge.exitStatus() == 128 + number)
    #expect(showsInput(bridge))
  }
}
