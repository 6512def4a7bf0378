import Testing

@testable import OVSWire

/// Messages that can't be used, that need no answer, or that open and end streams.
struct ModelContextMessageTests {
  @Test(
    arguments: [
      (#"{"jsonrpc":"2.0","id":1"#, -32700, nil), ("nonsense", -32700, nil), ("5", -32600, nil),
      (#""text""#, -32600, nil), ("null", -32600, nil), ("{}", -32600, nil),
      (#"{"id":1,"method":"ping"}"#, -32600, 1), (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600, 1),
      (#"{"jsonrpc":"2.0","id":1}"#, -32600, 1), (#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600, 1),
      (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}"#, -32600, 1),
      (#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32602, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":null}"#, -32602, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"loud"}}"#, -32602, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":"logging/setLevel"}"#, -32602, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":""}}"#, -32602, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, -32602, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":5}}"#, -32602, 1),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"OVS_CMD_GET_SESSION","arguments":[]}}"#,
        -32602,
        1
      ),
      (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"OVS_CMD_NOTHING"}}"#, -32602, 1),
      ("[]", -32600, nil), (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600, nil),
    ] as [(String, Int, Int?)])
  func `What can't be used gets one error, under its id where that is known`(line: String, code: Int, id: Int?) {
    let answers = Conversation(handshake: .november2025).say(line)
    #expect(answers.count == 1 && answers.first?.errorCode == .integer(code), "\(line): \(answers)")
    #expect(answers.first?["id"] == id.map { .integer($0) }, "\(line): \(answers)")
    #expect(answers.first?["error"]?["message"]?.string?.isEmpty == false)
  }

  @Test(arguments: ModelContext.Version.allCases)
  func `An id that can't be known is null, or left out where the version has that`(version: ModelContext.Version) {
    let talk = Conversation(handshake: version.isModern ? nil : version)
    let id = talk.say("nonsense").first?["id"]
    #expect(id == (version >= .november2025 ? nil : .null))
  }

  @Test(arguments: [
    #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#,
    #"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#,
    #"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#, #"{"jsonrpc":"2.0","method":"nonsense","params":[1]}"#,
    #"{"jsonrpc":"2.0","method":"tools/list"}"#,
    // Without an id nobody could know what came of it.
    #"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"OVS_CMD_GET_SESSION"}}"#,
    // Nothing was asked of the client.
    #"{"jsonrpc":"2.0","id":1,"result":{}}"#, #"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}"#,
  ])
  func `Notifications and responses are not answered, and start nothing`(line: String) {
    let talk = Conversation(handshake: .november2025)
    #expect(talk.say(line).isEmpty && talk.calls.isEmpty)
  }

  @Test func `A cancellation names the calls to take back, by the type and text of their id`() {
    let talk = Conversation(handshake: .november2025)
    for id in ["7", #""7""#] {
      _ = talk.say(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\#(id),"reason":"x"}}"#)
    }
    #expect(talk.cancelled == [7, "7"])
  }

  @Test func `A batch is taken where the version has them, element by element, but no handshake in it`() {
    let talk = Conversation(handshake: .march2025)
    let batch = [
      #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "5", #"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#,
      Conversation.initialize("2025-06-18", id: "2"), Conversation.request("tools/list", in: .july2026),
      #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"OVS_CMD_GET_SESSION"}}"#,
    ]
    let answers = talk.say("[\(batch.joined(separator: ","))]")
    #expect(answers.map { $0.errorCode ?? 0 } == [0, -32600, -32600, -32600], "\(answers)")
    #expect(talk.calls.map(\.command.name) == ["OVS_CMD_GET_SESSION"])
    #expect(talk.say("[]").map(\.errorCode) == [-32600])
    for element in ["1", batch[0]] {
      let many = Array(repeating: element, count: 1001).joined(separator: ",")
      #expect(talk.say("[\(many)]").map(\.errorCode) == [-32600], "\(element)")
    }
  }

  // MARK: Log messages

  @Test(arguments: [(nil, 0, 0), ("error", 0, 0), ("warning", 1, 0), ("notice", 1, 1), ("debug", 1, 1)])
  func `A client that began with a handshake is told nothing unasked, and then of the sandbox and of the end`(
    level: String?, atOnce: Int, atTheEnd: Int
  ) {
    for toolbox in [ModelContext.Toolbox.sample(), .sample(service: "https://acme.vpngn.com")] {
      let talk = Conversation(toolbox, handshake: .june2025)
      #expect(talk.say(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).isEmpty)
      if let level {
        let told = talk.say(#"{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"\#(level)"}}"#)
        #expect(told.last?["result"] == [:] && told.count == 1 + (toolbox.isSandbox ? atOnce : 0), "\(told)")
      }
      #expect(talk.end().count == atTheEnd)
    }
  }

  // MARK: Streams of notifications

  private static func listen(_ id: String, _ filter: String = #"{"toolsListChanged":true}"#) -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"subscriptions/listen","params":{"notifications":\#(filter),\#(Conversation.meta())}}"#
  }

  @Test func `A stream begins with what will come on it, which is nothing, and ends with the process`() {
    let talk = Conversation()
    #expect(
      talk.text(Self.listen(#""a""#))
        == #"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"a"},"notifications":{}}}"#
    )
    let last = talk.end()
    #expect(last.count == 2 && last[0]["id"] == "a" && last[0]["result"]?["resultType"] == "complete", "\(last)")
    #expect(last[0]["result"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == "a")
    #expect(last[1]["method"] == "notifications/cancelled" && last[1]["params"]?["requestId"] == "a")
    #expect(talk.end().isEmpty, "said once")
    #expect(talk.say(Self.listen("2")).map(\.errorCode) == [-32603], "it would never be ended")
  }

  @Test func `A stream that the client has ended is over`() {
    let talk = Conversation()
    _ = talk.say(Self.listen("1"))
    _ = talk.say(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#)
    #expect(talk.end().isEmpty)
  }

  @Test func `Streams have a limit, no two the same id, and need a filter`() {
    let talk = Conversation(subscriptionLimit: 2)
    #expect(talk.say(Self.listen("1", "5")).map(\.errorCode) == [-32602])
    #expect(talk.say(Self.listen("1")).count == 1)
    #expect(talk.say(Self.listen("1")).map(\.errorCode) == [-32600])
    #expect(talk.say(Self.listen(#""1""#)).map(\.errorCode) == [nil])
    #expect(talk.say(Self.listen("3")).map(\.errorCode) == [-32603])
  }
}
