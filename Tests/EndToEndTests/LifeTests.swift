import Foundation
import Testing

/// How the process ends, and what it does with its descriptors.
@Suite struct LifeTests {
  private static let key = #"{"cmd":10,"data":{"api_key":"key"}}"#

  private static func closing(_ account: Int, id: String) -> String {
    #"{"cmd":22,"data":{"email":"user\#(account)@example.com"},"id":"\#(id)"}"#
  }

  @Test("At the end of input all that was read is carried through, and the status is 0")
  func endOfInput() throws {
    let bridge = try BridgeProcess(["--sandbox-latency", "200"])
    try bridge.send(Self.key, Self.closing(1, id: "a"), Self.closing(1, id: "b"), Self.closing(2, id: "c"))
    let lines = try bridge.lines()
    #expect(lines.count == 4 && lines.allSatisfy { !$0.contains("SHUTTING_DOWN") }, "\(lines)")
    #expect(try bridge.exitStatus() == 0)
  }

  @Test("A signal to end lets commands finish, refuses new ones, and the status is 0", arguments: [SIGTERM, SIGINT])
  func signal(_ number: Int32) throws {
    let bridge = try BridgeProcess(["--sandbox-latency", "3000"])
    try bridge.send(Self.key, Self.closing(1, id: "under way"))
    _ = try bridge.line()
    _ = try bridge.logLine()
    bridge.signal(number)
    #expect(try bridge.logLine().contains("ending"))
    try bridge.send(Self.closing(2, id: "late"))
    let refused = try bridge.line()
    #expect(refused.contains("OVS_ERR_SHUTTING_DOWN") && refused.contains(#""id":"late""#), "\(refused)")
    #expect(try bridge.line().contains(#""error_name":"OVS_ERR_CLIENT_NOT_FOUND""#))
    #expect(try bridge.exitStatus() == 0)
  }

  @Test("What was read before a signal is carried through, also what still waited for room")
  func signalBehindBurst() throws {
    let bridge = try BridgeProcess(["--sandbox-latency", "10", "--max-in-flight", "4"])
    try bridge.send(Self.key)
    _ = try bridge.line()
    // Little enough for a pipe to pass it on in one piece, so that all of it is read before the signal.
    let burst = (0..<40).map { Self.closing($0, id: "\($0)") }.joined(separator: "\n")
    #expect(burst.utf8.count < Int(PIPE_BUF))
    try bridge.sendOnly(Array(burst.utf8) + [0x0A])
    _ = try bridge.line()
    bridge.signal(SIGTERM)
    let lines = try bridge.lines()
    let refused = lines.filter { $0.contains("SHUTTING_DOWN") }
    #expect(lines.count == 39 && refused.isEmpty, "\(lines.count) answers, of which refused: \(refused)")
    #expect(try bridge.exitStatus() == 0)
  }

  @Test("What isn't done within --drain-timeout is given up with its outcome")
  func drainTimeout() throws {
    let bridge = try BridgeProcess(["--sandbox-latency", "600000", "--drain-timeout", "0.2"])
    try bridge.send(Self.key, Self.closing(1, id: "sent"), Self.closing(1, id: "waiting"))
    _ = try bridge.line()
    bridge.signal(SIGTERM)
    var lines = [try bridge.line(), try bridge.line()]
    lines.sort()
    #expect(lines.allSatisfy { $0.contains("OVS_ERR_SHUTTING_DOWN") }, "\(lines)")
    #expect(
      lines.contains { $0.contains(#""retryable":false,"details":{"outcome":"unknown"},"id":"sent""#) }, "\(lines)")
    #expect(
      lines.contains { $0.contains(#""retryable":true,"details":{"outcome":"not_sent"},"id":"waiting""#) }, "\(lines)")
    #expect(try bridge.exitStatus() == 0)
  }

  @Test("A second signal ends it at once")
  func secondSignal() throws {
    let bridge = try BridgeProcess(["--sandbox-latency", "600000"])
    try bridge.send(Self.key, Self.closing(1, id: "hung"))
    _ = try bridge.line()
    _ = try bridge.logLine()
    bridge.signal(SIGTERM)
    _ = try bridge.logLine()
    bridge.signal(SIGINT)
    #expect(try bridge.exitStatus() == 128 + SIGINT)
  }

  @Test("A closed standard output ends it with 74 at the next answer")
  func closedOutput() throws {
    let bridge = try BridgeProcess()
    try bridge.send(#"{"cmd":1006}"#)
    _ = try bridge.line()
    bridge.closeOutput()
    try bridge.sendOnly(Array(#"{"cmd":1006}"#.utf8) + [0x0A])
    #expect(try bridge.exitStatus() == 74)
    #expect(try bridge.log().contains("stdout can't be written to"))
  }

  @Test("A reader that never reads doesn't keep it from ending after a signal")
  func signalWhileStalled() throws {
    let bridge = try BridgeProcess(["--drain-timeout", "0.1"])
    _ = bridge.sendUntilHeldBack(Array(#"{"cmd":1006}"#.utf8) + [0x0A], atMost: 64 << 20)
    bridge.signal(SIGTERM)
    #expect(try bridge.exitStatus() == 74)
    #expect(try bridge.log().contains("stdout is not read"))
  }

  @Test("A log that nobody reads delays no answer")
  func stalledLog() throws {
    let bridge = try BridgeProcess(["--log-level", "debug"])
    for number in 0..<5000 {
      try bridge.send(#"{"cmd":1001,"id":\#(number)}"#)
      #expect(try bridge.line().hasSuffix(#""id":\#(number)}"#))
    }
    #expect(try bridge.lines() == [])
    #expect(try bridge.exitStatus() == 0)
  }

  @Test("It ends when the process of --parent-pid has ended, though another holds its input open")
  func parentEnds() throws {
    let parent = try ChildProcess("the parent", "/bin/sleep", ["600"])
    let bridge = try BridgeProcess(["--parent-pid", String(parent.processID)])
    try bridge.send(#"{"cmd":1006}"#)
    _ = try bridge.line()
    parent.signal(SIGKILL)
    #expect(try bridge.exitStatus() == 0)
    #expect(try bridge.log().contains("the parent process has ended"))
  }

  @Test(
    "Standard descriptors that are closed at the start do no harm",
    arguments: [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]] as [Set<Int32>])
  func closedAtStart(_ descriptors: Set<Int32>) throws {
    let bridge = try BridgeProcess(setup: .closed(descriptors))
    if descriptors == [2] {
      try bridge.send(#"{"cmd":1001,"id":1}"#)
      #expect(try bridge.line().hasSuffix(#""id":1}"#))
      _ = try bridge.lines()
    }
    #expect(try bridge.exitStatus() == (descriptors.contains(1) ? 74 : 0))
  }

  @Test("A log that nobody can read any more ends nothing")
  func closedLog() throws {
    let bridge = try BridgeProcess(["--log-level", "debug"])
    _ = try bridge.ask(#"{"cmd":1006}"#)
    bridge.closeErrors()
    for number in 0..<100 { #expect(try bridge.ask(#"{"cmd":1001,"id":\#(number)}"#).id == "\(number)") }
    #expect(try bridge.lines() == [])
    #expect(try bridge.exitStatus() == 0)
  }

  @Test(
    "A stray print goes to the log, and a stray read gets nothing",
    .enabled(if: BridgeProcess.canBeLookedInto, "the bridge's descriptors can't be looked at"))
  func strayOutput() throws {
    let bridge = try BridgeProcess()
    try bridge.send(#"{"cmd":1001,"id":1}"#)
    _ = try bridge.line()
    _ = try bridge.logLine()
    // What the process would print goes where its descriptor 1 points.
    let stray = open("/proc/\(bridge.processID)/fd/1", O_WRONLY | O_CLOEXEC)
    #expect(write(stray, "stray\n", 6) == 6)
    close(stray)
    #expect(try bridge.logLine() == "stray")
    let input = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(bridge.processID)/fd/0")
    #expect(input == "/dev/null")
    #expect(try bridge.lines() == [])
  }

  @Test(
    "What it shares with its parent stays blocking, and no program would inherit what is its own",
    .enabled(if: BridgeProcess.canBeLookedInto, "the bridge's descriptors can't be looked at"),
    arguments: [false, true])
  func descriptors(_ isSocket: Bool) throws {
    let bridge = try BridgeProcess(setup: isSocket ? .socket : .pipes, keepsChildEnds: true)
    for number in 0..<100 {
      try bridge.send(#"{"cmd":1001,"id":\#(number)}"#)
      _ = try bridge.line()
    }
    for end in bridge.childEnds { #expect(fcntl(end, F_GETFL) & O_NONBLOCK == 0) }
    try Self.lookForInheritable(bridge)
    bridge.closeChildEnds()
    #expect(try bridge.lines() == [])
    #expect(try bridge.exitStatus() == 0)
  }

  @Test(
    "No program would inherit what the bridge has open for the service, under way or kept",
    .enabled(if: BridgeProcess.canBeLookedInto, "the bridge's descriptors can't be looked at"))
  func networkDescriptors() throws {
    let server = try AMAPIServer()
    let parent = try ChildProcess("the parent", "/bin/sleep", ["600"])
    let bridge = try BridgeProcess(server.bridgeOptions + ["--parent-pid", String(parent.processID)])
    try bridge.logIn()
    let before = try server.count("requests")
    for account in 0..<8 {
      try server.tell(#"{"do":"fault","fault":"hang","email":"user\#(account)@example.com"}"#)
      try bridge.send(Self.closing(account, id: "\(account)"))
    }
    try server.tell(#"{"do":"wait","requests":\#(before + 8)}"#)
    let count = try Self.lookForInheritable(bridge)
    #expect(count >= 8, "the connections should have been among the \(count) descriptors")
  }

  /// Looks at all descriptors of a bridge beyond the standard ones, and counts them.
  @discardableResult
  private static func lookForInheritable(_ bridge: BridgeProcess) throws -> Int {
    var count = 0
    let process = "/proc/\(bridge.processID)"
    for name in try FileManager.default.contentsOfDirectory(atPath: "\(process)/fdinfo") {
      guard let descriptor = Int(name), descriptor > 2 else { continue }
      // What this test's process leaves open for its children is none of the bridge's.
      let target = try FileManager.default.destinationOfSymbolicLink(atPath: "\(process)/fd/\(name)")
      let inherited = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
      if target == inherited { continue }
      let text = try String(contentsOfFile: "\(process)/fdinfo/\(name)", encoding: .utf8)
      let flags = text.split(separator: "\n").first { $0.hasPrefix("flags:") }?.split(separator: "\t").last
      count += 1
      let value = flags.flatMap { Int32($0, radix: 8) } ?? 0
      #expect(value & O_CLOEXEC != 0, "descriptor \(descriptor) is left open for other programs: \(target)")
    }
    return count
  }
}
