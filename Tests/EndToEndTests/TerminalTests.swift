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
}
