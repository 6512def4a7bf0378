import Foundation
import Testing

/// `ovs-bridge mcp` over pipes: what no well-behaved client would send, and how it ends.
@Suite struct ToolServerTests {
  private static let ping = #"{"jsonrpc":"2.0","id":"p","method":"ping"}"#
  private static let modernMeta =
    #"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#

  @Test("Whatever is sent gets one message or none, and the next line works")
  func garbage() throws {
    let server = try ToolServer(["--max-line-bytes", "2000"])
    let long = #"{"jsonrpc":"2.0","id":1,"method":""# + String(repeating: "x", count: 5000) + #""}"#
    let lines: [([UInt8], Int)] = [
      (Array("nonsense".utf8), -32700), ([0x22, 0xFF, 0x22], -32700), (Array(#""\ud800""#.utf8), -32700),
      (Array(repeating: UInt8(ascii: "["), count: 500), -32700), (Array(long.utf8), -32600), (Array("[]".utf8), -32600),
      (Array(#"{"cmd":1006}"#.utf8), -32600), (Array(#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":1}"#.utf8), -32600),
    ]
    for (bytes, code) in lines {
      try server.bridge.send(bytes + [UInt8(ascii: "\n")])
      let message = try server.message()
      #expect(message.errorCode == code, "\(String(decoding: bytes.prefix(50), as: UTF8.self)): \(message)")
      #expect(try server.ask(Self.ping).id == "p")
    }
    try server.bridge.send("", "\r", #"{"jsonrpc":"2.0","method":"notifications/nonsense"}"#)
    #expect(try server.ask(Self.ping).id == "p")
    #expect(try server.rest().isEmpty)
  }

  @Test("A batch's answers come as one array, cancelled calls and notifications left out; its events come at once")
  func batches() throws {
    let server = try ToolServer(["--add-client-interval", "1000"], version: "2025-03-26", logLevel: "info")
    try server.bridge.send(
      "["
        + [
          Self.ping, ToolServer.adding("ann", id: "1"), ToolServer.adding("ben", id: "2"), "7",
          #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, ToolServer.call("OVS_CMD_NOTHING", id: "3"),
        ].joined(separator: ",") + "]")
    #expect(try server.message().params["level"] as? String == "info", "the second has to wait")
    try server.bridge.send(ToolServer.cancelling("2"))
    let line = try server.bridge.line()
    let answers = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [[String: Any]] ?? []
    let summary = answers.map { ($0["error"] as? [String: Any])?["code"] as? Int ?? 0 }
    #expect(summary == [0, 0, -32600, -32602], "\(line)")
    try server.bridge.send("[\(ToolServer.adding("cid", id: "4"))]")
    #expect(try server.message().method == "notifications/message")
    try server.bridge.send(ToolServer.cancelling("4"))
    #expect(try server.ask(Self.ping).id == "p", "a batch of which nothing is answered is not answered")
  }

  @Test("A call that is taken back gets no answer, whether it waits or is under way; others do")
  func cancellation() throws {
    let service = try AMAPIServer()
    let server = try ToolServer(service.bridgeOptions + ["--max-connections", "1"])
    try service.tell(#"{"do":"fault","fault":"hang"}"#)
    try server.bridge.send(ToolServer.adding("ann", id: "1"), ToolServer.adding("ann", id: #""1""#))
    try service.tell(#"{"do":"wait","requests":1}"#)
    // An id is what it is: a text is no number, and nobody knows of 99.
    try server.bridge.send(
      ToolServer.cancelling("99"), ToolServer.cancelling(#""1""#), ToolServer.cancelling("1"),
      ToolServer.cancelling("1"))
    let answer = try server.ask(ToolServer.adding("ben", id: "2"))
    #expect(answer.id == "2" && answer.verdict == "done", "\(answer)")
    #expect(try server.rest().isEmpty)
    #expect(try service.count("applied") == 1)
  }

  @Test("What waits for the pace tells its progress by its token, once, and nothing without one")
  func progress() throws {
    let server = try ToolServer(["--add-client-interval", "0.3"])
    try server.bridge.send(
      ToolServer.adding("ann", id: "1", meta: #"{"progressToken":"a"}"#),
      ToolServer.adding("ben", id: "2", meta: #"{"progressToken":7}"#), ToolServer.adding("cid", id: "3"))
    let messages = try (0..<4).map { _ in try server.message() }
    let told = messages.filter { $0.method == "notifications/progress" }
    #expect(told.map { $0.params["progressToken"] as? Int } == [7], "\(messages)")
    #expect(told.first?.params["progress"] as? Int == 0 && told.first?.params["total"] as? Double ?? 0 > 0)
    #expect(messages.filter { $0.id != nil }.map(\.id) == ["1", "2", "3"])
  }

  @Test("A thousand calls are answered, each once, with no more in flight than may be")
  func many() throws {
    let server = try ToolServer(["--max-in-flight", "3", "--sandbox-latency", "1"])
    let lines = (0..<1000).map { ToolServer.adding("user\($0)", id: "\($0)") }
    try server.bridge.send(Array((lines.joined(separator: "\n") + "\n").utf8))
    let messages = try server.rest()
    #expect(Set(messages.compactMap(\.id)).count == 1000 && messages.allSatisfy { $0.verdict == "done" })
  }

  @Test(
    "No password leaves it without --allow-secrets, by any tool, in any version",
    arguments: ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
  func secrets(_ version: String) throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    let adding = try BridgeProcess(["--sandbox-file", file.path], environment: ["OVS_API_KEY": "planted-key"])
    try adding.mustDo(
      #"{"cmd":21,"data":{"email":"ann@example.com","password":"planted-password","countrycode":"DE","type":"12"}}"#,
      #"{"cmd":1000,"data":{"email":"ann@example.com","password":"planted-password"}}"#)
    let vpnPassword = try #require(try adding.ask(#"{"cmd":19}"#).data["password"] as? String)
    _ = try adding.lines()
    #expect(try adding.exitStatus() == 0)

    let server = try ToolServer(
      ["--sandbox-file", file.path, "--allow-destructive", "--log-level", "debug"],
      environment: [
        "OVS_API_KEY": "planted-key", "OVS_EMAIL": "ann@example.com", "OVS_PASSWORD": "planted-password",
        "OVS_SECRET_KEY": "planted-secret",
      ], version: version, logLevel: "debug")
    try server.bridge.send(
      ToolServer.call("OVS_CMD_GET_ACCOUNT_CREDENTIAL"), ToolServer.adding("ben"),
      ToolServer.call("OVS_CMD_RESET_PASSWORD", #"{"email":"ben@example.com"}"#),
      ToolServer.call("OVS_CMD_ADD_CLIENT", #"{"email":"c@d.de","password":"planted-other"}"#),
      ToolServer.call("OVS_CMD_GET_SESSION"))
    let messages = try server.rest()
    #expect(
      messages.filter { $0.id != nil }.map(\.verdict) == ["done", "done", "done", "OVS_ERR_INVALID_PARAMS", "done"])
    let kept = try String(contentsOf: file, encoding: .utf8)
    // The file has the passwords of all accounts, which are seen nowhere else.
    let passwords = kept.matches(of: /"password":"([^"]+)"/).map { String($0.1) } + [vpnPassword]
    #expect(passwords.count >= 3)
    let log = try server.bridge.log()
    for secret in passwords + ["planted"] {
      for message in messages where message.description.contains(secret) { Issue.record("\(secret): \(message)") }
      #expect(!log.contains(secret), "\(log)")
    }
    let told = messages.filter { $0.method == "notifications/message" }
    #expect(told.contains { ($0.params["data"] as? [String: Any])?["event"] as? String == "OVS_NOTIFY_SANDBOX_MAIL" })
    for message in told { #expect(!message.description.contains("@"), "\(message)") }
  }

  // MARK: Ends

  @Test("At the end of input all calls are carried through, and streams of notifications hold nothing up")
  func endOfInput() throws {
    let server = try ToolServer(["--sandbox-latency", "100"])
    try server.bridge.send(
      #"{"jsonrpc":"2.0","id":9,"method":"subscriptions/listen","params":{"notifications":{},"_meta":\#(Self.modernMeta)}}"#,
      ToolServer.adding("ann", id: "1"), ToolServer.adding("ben", id: "2"))
    let messages = try server.rest()
    #expect(messages.map(\.method) == ["notifications/subscriptions/acknowledged", "", ""], "\(messages)")
  }

  @Test("SIGTERM gives calls up in time, ends streams of notifications in order, and refuses what still comes")
  func signal() throws {
    let server = try ToolServer(["--sandbox-latency", "60000", "--drain-timeout", "0.5"])
    let ack = try server.ask(
      #"{"jsonrpc":"2.0","id":9,"method":"subscriptions/listen","params":{"notifications":{},"_meta":\#(Self.modernMeta)}}"#
    )
    #expect(ack.method == "notifications/subscriptions/acknowledged")
    try server.bridge.send(ToolServer.adding("ann", id: "1"))
    #expect(try server.ask(Self.ping).id == "p")
    server.bridge.signal(SIGTERM)
    let answer = try server.message()
    #expect(answer.id == "1" && answer.verdict == "OVS_ERR_SHUTTING_DOWN", "\(answer)")
    #expect(answer.failure?["details"] as? [String: String] == ["outcome": "unknown"], "the sandbox has it")
    let closed = try server.message()
    #expect(closed.id == "9" && closed.result?["resultType"] as? String == "complete", "\(closed)")
    let cancelled = try server.message()
    #expect(cancelled.method == "notifications/cancelled" && cancelled.params["requestId"] as? Int == 9)
    #expect(try server.rest().isEmpty)
  }

  @Test("Where nobody reads its messages any more, it ends with status 74")
  func outputClosed() throws {
    let server = try ToolServer()
    server.bridge.closeOutput()
    try server.bridge.send(Self.ping)
    #expect(try server.bridge.exitStatus() == 74)
  }

  @Test("Options for tools are for mcp alone", arguments: ["--allow-destructive", "--allow-secrets"])
  func options(_ option: String) throws {
    let bridge = try BridgeProcess([option])
    #expect(try bridge.exitStatus() == 64)
    #expect(try bridge.log() == "ovs-bridge: \(option) is for ovs-bridge mcp; try --help\n")
  }
}
