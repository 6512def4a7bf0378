import Foundation
import TestSupport
import Testing

/// Many commands on the network at once.
@Suite struct SideBySideTests {
  private static let key = #"{"cmd":10,"data":{"api_key":"key"},"id":"key"}"#

  private static func adding(_ name: String, id: Int) -> String {
    #"{"cmd":21,"data":{"email":"\#(name)@example.com","password":"p","countrycode":"US","type":"1"},"id":\#(id)}"#
  }

  private static func closing(_ name: String, id: Int, timeout: Int? = nil) -> String {
    let limit = timeout.map { #","timeout_ms":\#($0)"# } ?? ""
    return #"{"cmd":22,"data":{"email":"\#(name)@example.com"}\#(limit),"id":\#(id)}"#
  }

  private static let canMount = (try? ChildProcess("unshare", "/usr/bin/unshare", ["-m", "true"]).exitStatus()) == 0

  @Test("Two hundred commands on two hundred accounts share sixteen connections, and no command waits for more")
  func manyAccounts() throws {
    let server = try AMAPIServer(["--latency", "100"])
    let bridge = try BridgeProcess(server.bridgeOptions)
    let lines = [Self.key] + (0..<200).map { Self.adding("user\($0)", id: $0) }
    let clock = ContinuousClock()
    let duration = try clock.measure {
      try bridge.send(lines.joined(separator: "\n") + "\n")
      for _ in lines { #expect(try Answer(try bridge.line()).error == 0) }
    }
    // 200 / 16 × 100 ms = 1.25 s; one after the other they take 20 s. The limit leaves room for a busy machine.
    #expect(duration < .seconds(5), "\(duration)")
    #expect(try server.count("connections_accepted") <= 16)
    #expect(try server.count("applied") == 200)
  }

  @Test("--max-connections is the limit, and what waits for its turn does not time out", arguments: [1, 3])
  func maxConnections(_ count: Int) throws {
    let server = try AMAPIServer(["--latency", "100"])
    let bridge = try BridgeProcess(server.bridgeOptions + ["--max-connections", "\(count)", "--timeout", "2"])
    let lines = [Self.key] + (0..<30).map { Self.adding("user\($0)", id: $0) }
    try bridge.send(lines.joined(separator: "\n") + "\n")
    for _ in lines { #expect(try Answer(try bridge.line()).error == 0) }
    #expect(try server.count("connections_accepted") == count)
  }

  @Test("A hung account delays no other, and its own commands wait for it")
  func hungAccount() throws {
    let server = try AMAPIServer()
    try server.tell(#"{"do":"fault","fault":"hang","email":"hung@example.com"}"#)
    let bridge = try BridgeProcess(server.bridgeOptions)
    try bridge.send(Self.key, Self.closing("hung", id: 1, timeout: 3000), Self.closing("hung", id: 2))
    _ = try bridge.line()
    for id in 100..<200 {
      let answer = try bridge.ask(Self.closing("user\(id)", id: id))
      #expect(answer.id == "\(id)" && answer.error == 15, "\(answer)")
    }
    let late = try [Answer(try bridge.line()), Answer(try bridge.line())]
    #expect(late.map(\.verdict) == ["21 unknown", "15"] && late.map(\.id) == ["1", "2"], "\(late)")
  }

  @Test("While a request hangs the bridge uses no processor time, also after the end of input")
  func idleWhileHung() throws {
    let server = try AMAPIServer()
    try server.tell(#"{"do":"fault","fault":"hang","email":"hung@example.com"}"#)
    let bridge = try BridgeProcess(server.bridgeOptions + ["--timeout", "3"])
    try bridge.send(Self.key, Self.closing("hung", id: 1))
    _ = try bridge.line()
    try server.tell(#"{"do":"wait","requests":1}"#)
    for isEnded in [false, true] {
      if isEnded { bridge.closeInput() }
      let before = try bridge.ticks()
      // There is nothing to wait for: idleness is what is measured.
      Thread.sleep(forTimeInterval: 0.7)
      #expect(try bridge.ticks() - before <= 2, isEnded ? "after the end of input" : "with input open")
    }
    #expect(try bridge.lines().map { try Answer($0).verdict } == ["21 unknown"])
    #expect(try bridge.exitStatus() == 0)
  }

  @Test("A hung command can be taken back, and its outcome is told")
  func cancel() throws {
    let server = try AMAPIServer()
    try server.tell(#"{"do":"fault","fault":"hang","times":null}"#)
    let bridge = try BridgeProcess(server.bridgeOptions + ["--max-connections", "1"])
    try bridge.send(Self.key, Self.closing("a", id: 1), Self.closing("b", id: 2), Self.closing("a", id: 3))
    _ = try bridge.line()
    try server.tell(#"{"do":"wait","requests":1}"#)
    for (id, verdict) in [(3, "23 not_sent"), (2, "23 not_sent"), (1, "23 unknown")] {
      let answer = try bridge.ask(#"{"cmd":1005,"data":{"id":\#(id)}}"#)
      #expect(answer.verdict == verdict && answer.id == "\(id)", "\(answer)")
      #expect(try Answer(try bridge.line()).data["cancelled"] as? Int == 1)
    }
    try server.tell(#"{"do":"clear"}"#)
    #expect(try bridge.ask(Self.closing("a", id: 4)).error == 15, "the only connection was given back")
    #expect(try server.journal().count == 2, "what was taken back before its turn was never sent")
  }

  @Test("At a signal what hangs is given up in time, with its outcome", arguments: [SIGTERM, SIGINT])
  func drain(_ signal: Int32) throws {
    let server = try AMAPIServer()
    try server.tell(#"{"do":"fault","fault":"hang","times":null}"#)
    let bridge = try BridgeProcess(server.bridgeOptions + ["--drain-timeout", "0.3"])
    try bridge.send(Self.key, Self.closing("a", id: 1), Self.closing("a", id: 2))
    _ = try bridge.line()
    try server.tell(#"{"do":"wait","requests":1}"#)
    bridge.signal(signal)
    let verdicts = try bridge.lines().map { try Answer($0).verdict }
    #expect(verdicts == ["24 unknown", "24 not_sent"])
    #expect(try bridge.exitStatus() == 0)
  }

  @Test("At the end of input a hung command is answered once its timeout has passed")
  func endOfInput() throws {
    let server = try AMAPIServer()
    try server.tell(#"{"do":"fault","fault":"hang"}"#)
    let bridge = try BridgeProcess(server.bridgeOptions + ["--timeout", "0.5"])
    try bridge.send(Self.key, Self.closing("a", id: 1), Self.closing("a", id: 2))
    let verdicts = try bridge.lines().map { try Answer($0).verdict }
    #expect(verdicts == ["0", "21 unknown", "15"])
    #expect(try bridge.exitStatus() == 0)
  }

  @Test("A closed standard output ends the bridge while requests hang")
  func closedOutput() throws {
    let server = try AMAPIServer()
    try server.tell(#"{"do":"fault","fault":"hang","email":"hung@example.com"}"#)
    let bridge = try BridgeProcess(server.bridgeOptions)
    try bridge.send(Self.key, Self.closing("hung", id: 1))
    _ = try bridge.line()
    try server.tell(#"{"do":"wait","requests":1}"#)
    bridge.closeOutput()
    try bridge.sendOnly(Array(#"{"cmd":1006}"#.utf8) + [0x0A])
    #expect(try bridge.exitStatus() == 74)
  }

  @Test(
    "A name server that never answers holds up nothing but the command that asks for the name",
    .enabled(if: canMount, "who may not mount can't give the bridge a name server of its own"))
  func silentNameServer() throws {
    let address = "127.0.0.77"
    let server = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(server) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = in_port_t(53).bigEndian
    inet_pton(AF_INET, address, &name.sin_addr)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(server, $0, size) }
    }
    try #require(result == 0, "no port for the name server: \(String(cString: strerror(errno)))")
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString).conf")
    try "nameserver \(address)\noptions timeout:10 attempts:3\n".write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    let mount = "mount --bind '\(file.path)' /etc/resolv.conf && exec '\(BridgeProcess.program)' --api-domain silent"
    let options = " --drain-timeout 0.2 --connect-timeout 0.5"
    let bridge = try ChildProcess(
      "the bridge", "/usr/bin/unshare", ["-m", "sh", "-c", mount + options],
      environment: ["OVS_API_KEY": "key"])
    let clock = ContinuousClock()
    let duration = try clock.measure {
      try bridge.send(Self.closing("a", id: 1, timeout: 300), Self.closing("b", id: 2))
      #expect(try Answer(try bridge.line()).verdict == "21 not_sent")
      try bridge.send(#"{"cmd":1005,"data":{"id":2}}"#)
      #expect(try Answer(try bridge.line()).verdict == "23 not_sent")
      #expect(try Answer(try bridge.line()).data["cancelled"] as? Int == 1)
      // Once the limit of a connection has passed for those given up, and for one that nobody gives up.
      try bridge.send(Self.closing("d", id: 4, timeout: 1500))
      let failed = try Answer(try bridge.line())
      #expect(["20 not_sent", "21 not_sent"].contains(failed.verdict), "\(failed)")
      try bridge.send(Self.closing("c", id: 3), #"{"cmd":1006}"#)
      #expect(try Answer(try bridge.line()).notification == 1006)
      bridge.signal(SIGTERM)
      #expect(try bridge.lines().map { try Answer($0).verdict } == ["24 not_sent"])
      #expect(try bridge.exitStatus() == 0)
    }
    #expect(duration < .seconds(8), "something waited for the name server: \(duration)")
  }

  @Test("Under a storm of faults each command has one answer, which is true, and no change is carried out twice")
  func storm() throws {
    let seed = SeededRandom.newSeed()
    var random = SeededRandom(seed: seed)
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(server.bridgeOptions + ["--timeout", "2"])
    let faults = [
      #""close","applied":false"#, #""close","applied":true"#, #""reset","applied":false"#, #""reset","applied":true"#,
      #""close_before_reading""#, #""reset_before_reading""#, #""refuse_connections""#, #""close_after_reply""#,
      #""truncated""#, #""truncated_head""#, #""status","status":500,"applied":true"#, #""status","status":503"#,
      #""body","body":"<html>","applied":true"#, #""retry_after","seconds":1"#, #""delay","seconds":0.1"#,
      #""hang","applied":true"#, #""garbage","applied":true"#, #""chunked""#, #""drip","seconds":0.0005"#,
      #""huge","bytes":null,"applied":true"#,
    ]
    let count = 600
    for _ in 0..<150 {
      let fault = faults.randomElement(using: &random) ?? ""
      let isOnConnection = fault.contains("before_reading") || fault.contains("refuse")
      let skip = isOnConnection ? 0 : Int.random(in: 0..<count, using: &random)
      try server.tell(#"{"do":"fault","fault":\#(fault),"skip":\#(skip)}"#)
    }
    let lines = [Self.key] + (0..<count).map { Self.adding("user\($0)", id: $0) }
    try bridge.send(Array(lines.joined(separator: "\n").utf8))
    var answers: [String: [Answer]] = [:]
    for line in try bridge.lines() {
      let answer = try Answer(line)
      answers[answer.id, default: []].append(answer)
    }
    #expect(try bridge.exitStatus() == 0)
    var applied: [String: Int] = [:]
    for entry in try server.journal() where entry.isApplied { applied[entry.field("email") ?? "", default: 0] += 1 }
    #expect(answers.count == count + 1, "seed \(seed)")
    var verdicts: [String: Int] = [:]
    for id in 0..<count {
      let answer = try #require(answers["\(id)"]?.first, "no answer to \(id), seed \(seed)")
      let times = applied["user\(id)@example.com"] ?? 0
      #expect(
        answers["\(id)"]?.count == 1 && times <= 1, "\(id): \(answers["\(id)"] ?? []), \(times) times, seed \(seed)")
      verdicts[answer.verdict, default: 0] += 1
      switch answer.verdict {
      case "0": #expect(times == 1, "\(answer), seed \(seed)")
      case "17", "20 not_sent", "21 not_sent": #expect(times == 0, "\(answer), seed \(seed)")
      case "20 unknown", "21 unknown", "22 unknown": break
      default: Issue.record("\(answer), seed \(seed)")
      }
    }
    #expect(verdicts.count >= 4 && verdicts["0"] ?? 0 > count / 2, "the storm was none: \(verdicts)")
  }
}
