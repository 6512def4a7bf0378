import Testing

@testable import OVSWire

/// Which version is spoken, and what each begins with.
struct HandshakeTests {
  @Test(arguments: [
    ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
    ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("2023-01-01", "2025-11-25"), ("", "2025-11-25"),
    ("1.0.0", "2025-11-25"),
  ])
  func `The handshake settles on the version asked for, or else on the latest that has one`(
    requested: String, settled: String
  ) {
    let result = Conversation().say(Conversation.initialize(requested)).first?["result"]
    #expect(result?["protocolVersion"]?.string == settled)
    #expect(result?["capabilities"] == ["logging": [:], "tools": [:]])
    #expect(result?["serverInfo"]?["name"] == "ovs-bridge" && result?["serverInfo"]?["version"] == "1.2.3")
    #expect(result?["instructions"]?.string?.isEmpty == false)
    #expect((result?["serverInfo"]?["title"] != nil) == (settled >= "2025-06-18"), "titles came with 2025-06-18")
  }

  @Test(arguments: [
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, -32602),
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"OVS_CMD_GET_SESSION"}}"#, -32602),
    (#"{"jsonrpc":"2.0","id":1,"method":"server/discover"}"#, -32602),
    (#"{"jsonrpc":"2.0","id":1,"method":"nonsense"}"#, -32602),
    (#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#, -32602),
    (#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":3}}"#, -32602),
  ])
  func `A request before the handshake is refused in words that say what comes first`(line: String, code: Int) {
    let answer = Conversation().say(line)
    #expect(answer.first?.errorCode == .integer(code), "\(answer)")
    #expect(answer.first?["id"] == 1 && answer.count == 1)
    let message = answer.first?["error"]?["message"]?.string ?? ""
    #expect(message.contains("initialize"), "\(message)")
  }

  @Test func `A ping is answered at any time`() {
    let ping = #"{"jsonrpc":"2.0","id":"p","method":"ping"}"#
    #expect(Conversation().text(ping) == #"{"jsonrpc":"2.0","id":"p","result":{}}"#)
    #expect(Conversation(handshake: .june2025).text(ping) == #"{"jsonrpc":"2.0","id":"p","result":{}}"#)
  }

  @Test func `A request that names its version needs no handshake, and both kinds of versions go side by side`() {
    let talk = Conversation()
    let list = Conversation.request("tools/list", in: .july2026)
    #expect(talk.say(list).first?["result"]?["resultType"] == "complete")
    #expect(talk.say(Conversation.request("tools/list", in: .june2025)).first?.errorCode == -32602)
    _ = talk.say(Conversation.initialize("2025-06-18"))
    #expect(talk.say(Conversation.request("tools/list", in: .june2025)).first?["result"]?.names == ["tools"])
    #expect(talk.say(list).first?["result"]?["resultType"] == "complete")
  }

  @Test func `server/discover tells the versions, the latest first, what is there, and how long that holds`() {
    let result = Conversation().say(Conversation.request("server/discover", in: .july2026)).first?["result"]
    #expect(
      result?["supportedVersions"] == ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])
    #expect(
      result?.names == [
        "resultType", "supportedVersions", "capabilities", "instructions", "ttlMs", "cacheScope", "_meta",
      ])
    #expect(result?["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"] == "ovs-bridge")
  }

  @Test(arguments: [
    (Conversation.meta("2027-01-01"), -32022), (Conversation.meta("nonsense"), -32022),
    // They begin with a handshake.
    (Conversation.meta("2025-11-25"), -32602),
    (#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#, -32602),
    (#""_meta":{"io.modelcontextprotocol/clientCapabilities":{}}"#, -32602),
    (#""_meta":{"io.modelcontextprotocol/protocolVersion":5,"io.modelcontextprotocol/clientCapabilities":{}}"#, -32602),
    (Conversation.meta("2026-07-28", #","io.modelcontextprotocol/clientInfo":{"name":"x"}"#), -32602),
    (Conversation.meta("2026-07-28", #","io.modelcontextprotocol/logLevel":"loud""#), -32602),
    (Conversation.meta("2026-07-28", #","progressToken":1.5"#), -32602),
    (Conversation.meta("2026-07-28", #","progressToken":null"#), -32602),
    (#""_meta":[]"#, -32602),
  ])
  func `A request whose _meta can't be used is refused`(meta: String, code: Int) {
    let answer = Conversation().say(#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{\#(meta)}}"#)
    #expect(answer.first?.errorCode == .integer(code), "\(meta): \(answer)")
    guard code == -32022 else { return }
    let data = answer.first?["error"]?["data"]
    #expect(data?.names == ["supported", "requested"] && data?["supported"]?.elements.first == "2026-07-28")
  }

  @Test(arguments: ModelContext.Version.allCases)
  func `Each version has its methods, and no others`(version: ModelContext.Version) {
    let methods = [
      "ping": !version.isModern, "logging/setLevel": !version.isModern, "tools/list": true,
      "server/discover": version.isModern, "subscriptions/listen": version.isModern, "resources/list": false,
      "prompts/list": false, "completion/complete": false, "rpc.discover": false, "OVS_CMD_GET_SESSION": false,
      "notifications/cancelled": false,
    ]
    for (method, isThere) in methods {
      let talk = Conversation(handshake: version.isModern ? nil : version)
      let answer = talk.say(Conversation.request(method, #""level":"info","notifications":{}"#, in: version))
      #expect((answer.first?.errorCode == -32601) == !isThere, "\(method) of \(version.rawValue): \(answer)")
    }
  }
}
