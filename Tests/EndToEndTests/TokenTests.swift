import Foundation
import Testing

/// The session's tokens over the network: renewed once for all who need it, and its end told once.
@Suite struct TokenTests {
  private static let reads = (0..<40).map { #"{"cmd":\#(18 + $0 % 3),"id":\#($0)}"# }

  @Test("A refused token is renewed once, and every command that was refused is sent again")
  func renewal() throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(server.bridgeOptions)
    try bridge.logIn()
    for command in Self.reads.prefix(3) + [#"{"cmd":50,"data":{"type":"6"},"id":"change"}"#] {
      let before = try server.count("requests")
      try server.tell(#"{"do":"expire_tokens","kind":"short"}"#)
      #expect(try bridge.ask(command).error == 0)
      let methods = try server.journal(since: before).map(\.method)
      #expect(methods.count == 3 && methods[1] == "TokenRefresh" && methods[0] == methods[2], "\(methods)")
    }
    #expect(try server.journal().filter { $0.method == "UpgradeProduct" && $0.isApplied }.count == 1)
  }

  @Test("Commands under way on other accounts go on while tokens are renewed, and share the renewal")
  func sharedRenewal() throws {
    // Closing other accounts runs side by side; what the session reads is in order. All of it needs what the other has.
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(server.bridgeOptions)
    try bridge.logIn()
    let before = try server.count("requests")
    try server.tell(#"{"do":"expire_tokens","kind":"short"}"#)
    try server.tell(#"{"do":"fault","fault":"delay","seconds":0.2,"method":"TokenRefresh"}"#)
    let others = (100..<130).map { #"{"cmd":18,"data":{"email":"user\#($0)@example.com"},"id":\#($0)}"# }
    try bridge.send((Self.reads + others).joined(separator: "\n"))
    for _ in Self.reads + others {
      let answer = try Answer(try bridge.line())
      #expect(answer.error == (Int(answer.id) ?? 0 < 100 ? 0 : 13), "\(answer)")
    }
    let renewals = try server.journal(since: before).filter { $0.method == "TokenRefresh" }
    #expect(renewals.count == 1, "\(renewals.count) renewals")
  }

  @Test("Where both tokens are refused the session has ended: that is told once")
  func end() throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(server.bridgeOptions)
    try bridge.logIn()
    try server.tell(#"{"do":"expire_tokens"}"#)
    let others = (100..<120).map { #"{"cmd":18,"data":{"email":"user\#($0)@example.com"},"id":\#($0)}"# }
    let sent = Self.reads + others
    try bridge.send(sent.joined(separator: "\n"))
    let answers = try (0...sent.count).map { _ in try Answer(try bridge.line()) }
    #expect(answers.first?.notification == 1100 && answers.first?.data["email"] as? String == "ann@example.com")
    let carriedOut = answers.dropFirst().filter { $0.error != 11 }
    #expect(carriedOut.isEmpty, "\(carriedOut)")
    #expect(Set(answers.dropFirst().map(\.id)).count == sent.count)
    #expect(try bridge.ask(#"{"cmd":1002}"#).data["logged_in"] as? Bool == false)
    #expect(try server.journal().filter { $0.method == "TokenRefresh" }.count == 2, "the login and one renewal")
    try bridge.mustDo(#"{"cmd":1000,"data":{"email":"ann@example.com","password":"user_password"}}"#, #"{"cmd":18}"#)
  }

  @Test(
    "A renewal that gets no answer fails the command, and the session goes on",
    arguments: [(#""close""#, 20), (#""status","status":500"#, 22), (#""retry_after","seconds":1"#, 17)])
  func unansweredRenewal(_ fault: String, _ error: Int) throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(server.bridgeOptions)
    try bridge.logIn()
    try server.tell(#"{"do":"expire_tokens","kind":"short"}"#)
    try server.tell(#"{"do":"fault","fault":\#(fault),"method":"TokenRefresh","times":null}"#)
    let failed = try bridge.ask(#"{"cmd":50,"data":{"type":"6"}}"#)
    #expect(failed.verdict == "\(error) not_sent" && failed.message.contains("could not be renewed"), "\(failed)")
    try server.tell(#"{"do":"clear"}"#)
    try bridge.mustDo(#"{"cmd":50,"data":{"type":"6"}}"#)
    #expect(try server.journal().filter { $0.method == "UpgradeProduct" && $0.isApplied }.count == 1)
  }

  @Test(
    "A login that fails, for whatever reason, leaves the session before it",
    arguments: [
      #""close""#, #""body","body":"{}""#, ##""body","body":"{\"status\":\"success\"}""##, #""status","status":500"#,
    ])
  func failedLogin(_ fault: String) throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(server.bridgeOptions)
    try bridge.logIn()
    try server.tell(#"{"do":"fault","fault":\#(fault),"method":"TokenRefresh","times":null}"#)
    #expect(try bridge.ask(#"{"cmd":1000,"data":{"email":"b@c","password":"p"}}"#).error != 0)
    #expect(try bridge.ask(#"{"cmd":1002}"#).data["email"] as? String == "ann@example.com")
    try bridge.mustDo(#"{"cmd":18}"#)
  }
}
