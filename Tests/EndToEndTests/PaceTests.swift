import Foundation
import Testing

/// `--add-client-interval`: the bridge keeps the service's pace of new clients, and says so.
@Suite struct PaceTests {
  private static let key = #"{"cmd":10,"data":{"api_key":"key"},"id":"key"}"#

  private static func adding(_ id: Int, _ more: String = "") -> String {
    #"{"cmd":21,"data":{"email":"user\#(id)@example.com","password":"p","countrycode":"US","type":"1"\#(more)},"id":\#(id)}"#
  }

  @Test("New clients reach the service that far apart, in order, each but the first announced; others don't wait")
  func apart() throws {
    let server = try AMAPIServer(["--not-whitelisted", "--add-client-interval", "0.4"])
    let bridge = try BridgeProcess(server.bridgeOptions + ["--add-client-interval", "0.4", "--timeout", "1"])
    let lines = [Self.key] + (1...5).map { Self.adding($0) } + [#"{"cmd":23,"data":{"email":"x@y"},"id":"other"}"#]
    try bridge.send(Array(lines.joined(separator: "\n").utf8))
    let answers = try bridge.lines().map { try Answer($0) }
    let announced = answers.filter { $0.notification == 1101 }
    #expect(announced.map { $0.data["id"] as? Int } == [2, 3, 4, 5])
    #expect(announced.allSatisfy { $0.data["state"] as? String == "waiting" && $0.id.isEmpty })
    let waits = announced.map { $0.data["eta_s"] as? Double ?? -1 }
    #expect(waits == [0.4, 0.8, 1.2, 1.6])
    let added = answers.filter { $0.notification == 21 }
    #expect(added.map(\.id) == ["1", "2", "3", "4", "5"] && added.allSatisfy { $0.error == 0 }, "\(added)")
    let other = answers.firstIndex { $0.id == "other" } ?? .max
    let second = answers.firstIndex { $0.notification == 21 && $0.id == "2" } ?? -1
    #expect(other < second, "a command of another kind waited for the pace")
    let times = try server.journal().filter { $0.method == "AddClient" }.map(\.time)
    for (time, next) in zip(times, times.dropFirst()) { #expect(next - time >= 0.4, "\(times)") }
    #expect(try bridge.exitStatus() == 0, "the end of input waits for those held back")
  }

  @Test("What is refused before it is sent takes no turn")
  func refused() throws {
    let bridge = try BridgeProcess(["--add-client-interval", "600"])
    #expect(try bridge.ask(Self.adding(1)).error == 10, "there is no key yet")
    try bridge.mustDo(Self.key)
    #expect(try bridge.ask(Self.adding(1, #","compny_name":"x""#)).error == 6)
    try bridge.mustDo(Self.adding(1))
    #expect(try bridge.ask(Self.adding(2, #","tpye":"x""#)).error == 6, "a mistake is told at once")
  }

  @Test("A client held back can be taken back, and makes way")
  func cancel() throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(server.bridgeOptions + ["--add-client-interval", "1"])
    try bridge.mustDo(Self.key, Self.adding(1))
    #expect(try bridge.ask(Self.adding(2)).notification == 1101)
    #expect(try bridge.ask(Self.adding(3)).notification == 1101)
    #expect(try bridge.ask(#"{"cmd":1005,"data":{"id":2}}"#).verdict == "23 not_sent")
    #expect(try Answer(try bridge.line()).data["cancelled"] as? Int == 1)
    let third = try Answer(try bridge.line())
    #expect(third.id == "3" && third.error == 0)
    let times = try server.journal().map(\.time)
    #expect(times.count == 2 && times[1] - times[0] < 1.9, "the one taken back left a gap: \(times)")
  }

  @Test("A signal gives up the clients held back that have no time left, unsent")
  func drain() throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(server.bridgeOptions + ["--add-client-interval", "600", "--drain-timeout", "0.2"])
    try bridge.mustDo(Self.key, Self.adding(1))
    for id in 2...4 { #expect(try bridge.ask(Self.adding(id)).notification == 1101) }
    bridge.signal(SIGTERM)
    let answers = try bridge.lines().map { try Answer($0) }
    #expect(answers.map(\.verdict) == ["24 not_sent", "24 not_sent", "24 not_sent"])
    #expect(answers.allSatisfy { $0.isRetryable == true })
    #expect(try bridge.exitStatus() == 0)
    #expect(try server.count("requests") == 1)
  }

  @Test("In JSON-RPC the announcement is a notification that names the request")
  func jsonRPC() throws {
    let bridge = try BridgeProcess(["--add-client-interval", "600"], environment: ["OVS_API_KEY": "key"])
    let request = #"{"jsonrpc":"2.0","method":"OVS_CMD_ADD_CLIENT","params":["EMAIL","p","US","1"],"id":"ID"}"#
    for (name, expected) in [
      ("a", #"{"jsonrpc":"2.0","result":null,"id":"a"}"#),
      (
        "b",
        #"{"jsonrpc":"2.0","method":"OVS_NOTIFY_PROGRESS","params":{"id":"b","state":"waiting","eta_s":"#
      ),
    ] {
      try bridge.send(
        request.replacingOccurrences(of: "EMAIL", with: "\(name)@example.com").replacingOccurrences(
          of: "ID", with: name))
      let line = try bridge.line()
      #expect(line.hasPrefix(expected), "\(line)")
    }
  }
}
