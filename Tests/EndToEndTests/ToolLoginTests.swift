import Foundation
import Testing

/// The login that a call of a tool brings about where there is no session.
@Suite struct ToolLoginTests {
  private static let credentials = [
    "OVS_API_KEY": "key", "OVS_EMAIL": "ann@example.com", "OVS_PASSWORD": "user_password",
  ]
  private static let read = ToolServer.call("OVS_CMD_GET_ACCOUNT_TYPE")

  /// A service with an account, and tools that may act for it.
  private static func start(
    _ options: [String] = [], version: String = "2025-11-25"
  ) throws -> (service: AMAPIServer, server: ToolServer) {
    let service = try AMAPIServer()
    let bridge = try BridgeProcess(service.bridgeOptions)
    try bridge.logIn()
    try service.tell(#"{"do":"expire_tokens"}"#)
    return (service, try ToolServer(service.bridgeOptions + options, environment: credentials, version: version))
  }

  private static func logins(_ service: AMAPIServer) throws -> Int {
    try service.journal().filter { $0.method == "TokenRefresh" && $0.field("password") != nil }.count - 1
  }

  @Test("It happens before the first call that needs a session, once for all, and not for others")
  func once() throws {
    let (service, server) = try Self.start()
    #expect(try server.ask(ToolServer.adding("ben")).verdict == "done")
    #expect(try server.ask(ToolServer.call("OVS_CMD_GET_SESSION")).structured?["logged_in"] as? Bool == false)
    #expect(try Self.logins(service) == 0)
    try server.bridge.send(Array(repeating: Self.read + "\n", count: 20).joined())
    for _ in 0..<20 { #expect(try server.message().verdict == "done") }
    #expect(try Self.logins(service) == 1)
    #expect(try server.ask(ToolServer.call("OVS_CMD_GET_SESSION")).structured?["logged_in"] as? Bool == true)
  }

  @Test("Where it fails, all calls that waited for it fail for that, and the next call tries again")
  func failure() throws {
    let (service, server) = try Self.start()
    try service.tell(#"{"do":"fault","fault":"status","status":500,"method":"TokenRefresh"}"#)
    let change = ToolServer.call("OVS_CMD_CHANGE_PLAN", #"{"type":"6"}"#, id: "2")
    try server.bridge.send(Self.read, change)
    for isChange in [false, true] {
      let answer = try server.message()
      #expect(answer.verdict == "OVS_ERR_BACKEND", "\(answer)")
      #expect(answer.texts[0].contains("the login by OVS_EMAIL and OVS_PASSWORD, or --login-file, failed:"))
      #expect(answer.failure?["retryable"] as? Bool == true)
      let details = answer.failure?["details"] as? [String: Any]
      #expect(details?["outcome"] as? String == (isChange ? "not_sent" : nil), "\(answer)")
    }
    #expect(try server.ask(Self.read).verdict == "done")
    #expect(try Self.logins(service) == 2)
  }

  @Test("After the session has ended, the call that finds out says so, and the next one logs in again")
  func expired() throws {
    let (service, server) = try Self.start(["--allow-secrets"])
    try server.bridge.send(#"{"jsonrpc":"2.0","id":5,"method":"logging/setLevel","params":{"level":"info"}}"#)
    _ = try server.message()
    try server.bridge.send(Self.read)
    #expect(try [server.message().method, server.message().verdict] == ["notifications/message", "done"])
    try service.tell(#"{"do":"expire_tokens"}"#)
    try server.bridge.send(Self.read)
    let told = try server.message()
    #expect(told.params["level"] as? String == "warning", "\(told)")
    #expect((told.params["data"] as? [String: Any])?["event"] as? String == "OVS_NOTIFY_SESSION_EXPIRED")
    let words = (told.params["data"] as? [String: Any])?["message"] as? String
    #expect(words == "The session has ended; the next call of a tool that needs one logs in again.")
    let answer = try server.message()
    #expect(answer.verdict == "OVS_ERR_NOT_LOGGED_IN" && answer.failure?["retryable"] as? Bool == true, "\(answer)")
    #expect(answer.texts[0].contains("the session has ended, and the next call logs in again"), "\(answer)")
    try server.bridge.send(Self.read)
    #expect(try [server.message().method, server.message().verdict] == ["notifications/message", "done"])
    #expect(try Self.logins(service) == 2)
  }

  @Test("A call taken back while it waits for the login hears nothing more, and the login serves the others")
  func cancelled() throws {
    let (service, server) = try Self.start()
    try server.bridge.send(#"{"jsonrpc":"2.0","id":5,"method":"logging/setLevel","params":{"level":"debug"}}"#)
    _ = try server.message()
    let before = try service.count("requests")
    try service.tell(#"{"do":"fault","fault":"delay","seconds":0.5,"method":"TokenRefresh"}"#)
    try server.bridge.send(Self.read)
    try service.tell(#"{"do":"wait","requests":\#(before + 1)}"#)
    try server.bridge.send(ToolServer.cancelling("1"), ToolServer.call("OVS_CMD_GET_ACCOUNT_EXP_DATE", id: "2"))
    let messages = try server.rest()
    #expect(messages.map(\.id) == ["2"] && messages.first?.verdict == "done", "\(messages)")
    #expect(try Self.logins(service) == 1)
  }

  @Test("A login comes from a file, too")
  func file() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("login").path
    try "ann@example.com\nuser_password\n".write(toFile: path, atomically: true, encoding: .utf8)
    let (service, _) = try Self.start()
    let server = try ToolServer(service.bridgeOptions + ["--login-file", path])
    #expect(try server.ask(Self.read).verdict == "done")
  }
}
