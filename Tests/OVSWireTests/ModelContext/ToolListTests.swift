import Testing

@testable import OVSWire

/// Which commands are tools, and what a list of tools says of each.
struct ToolListTests {
  private static func tools(
    _ toolbox: ModelContext.Toolbox, in version: ModelContext.Version = .july2026
  ) -> [JSONValue] {
    let talk = Conversation(toolbox, handshake: version.isModern ? nil : version)
    return talk.say(Conversation.request("tools/list", in: version)).first?["result"]?["tools"]?.elements ?? []
  }

  private static func names(_ toolbox: ModelContext.Toolbox) -> [String] {
    tools(toolbox).compactMap { $0["name"]?.string }
  }

  @Test func `The commands on accounts are tools, and the one that shows the session, in the order of the table`() {
    #expect(
      Self.names(.sample(destructive: true)) == [
        "OVS_CMD_GET_ACCOUNT_TYPE", "OVS_CMD_GET_ACCOUNT_CREDENTIAL", "OVS_CMD_GET_ACCOUNT_EXP_DATE",
        "OVS_CMD_ADD_CLIENT", "OVS_CMD_CLOSE_CLIENT", "OVS_CMD_RESET_PASSWORD", "OVS_CMD_CHANGE_PLAN",
        "OVS_CMD_CANCEL_PLAN", "OVS_CMD_NEW_PRODUCT", "OVS_CMD_GET_SESSION",
      ])
  }

  @Test func `What loses something is not offered unless that is allowed`() {
    let lost = Set(Self.names(.sample(destructive: true))).subtracting(Self.names(.sample()))
    #expect(lost == ["OVS_CMD_CLOSE_CLIENT", "OVS_CMD_RESET_PASSWORD", "OVS_CMD_CANCEL_PLAN"])
  }

  @Test(arguments: ModelContext.Version.allCases)
  func `Each version's tools have its members, and no others`(version: ModelContext.Version) {
    for tool in Self.tools(.sample(), in: version) {
      let expected: [String] =
        switch version {
        case .november2024: ["name", "description", "inputSchema"]
        case .march2025: ["name", "description", "inputSchema", "annotations"]
        case .june2025, .november2025, .july2026:
          ["name", "title", "description", "inputSchema", "outputSchema", "annotations"]
        }
      #expect(tool.names == expected)
      #expect(tool["inputSchema"]?["type"] == "object")
      #expect(tool["outputSchema"].map { $0["type"] == "object" } ?? true)
    }
  }

  @Test func `No tool takes a secret, and none returns one unless that is allowed`() {
    for row in CommandTable.standard.rows {
      for (secrets, isReturned) in [(false, false), (true, true)] {
        guard
          let tool = Self.tools(.sample(destructive: true, secrets: secrets)).first(where: {
            $0["name"] == .string(row.name)
          })
        else { continue }
        let taken = tool["inputSchema"]?["properties"]?.names ?? []
        #expect(taken == row.parameters.filter { !$0.rule.isSecret }.map(\.name), "\(row.name)")
        let returned = tool["outputSchema"]?["properties"]?.names ?? []
        let members = row.result.members.filter { isReturned || !$0.form.isSecret }.map(\.name)
        #expect(returned == (row.result.members.isEmpty ? ["done"] : members), "\(row.name)")
        let isWithheld = row.result.members.contains { $0.form.isSecret } && !isReturned
        let says = tool["description"]?.string?.contains("--allow-secrets") ?? false
        #expect(says == isWithheld, "\(row.name): \(tool["description"]?.string ?? "")")
      }
    }
  }

  @Test(arguments: [
    ("OVS_CMD_GET_ACCOUNT_EXP_DATE", "Get account exp date", true, false, true, true),
    ("OVS_CMD_ADD_CLIENT", "Add client", false, false, false, true),
    ("OVS_CMD_CHANGE_PLAN", "Change plan", false, false, false, true),
    ("OVS_CMD_CLOSE_CLIENT", "Close client", false, true, true, true),
    ("OVS_CMD_CANCEL_PLAN", "Cancel plan", false, true, true, true),
    ("OVS_CMD_RESET_PASSWORD", "Reset password", false, true, false, true),
    ("OVS_CMD_GET_SESSION", "Get session", true, false, true, false),
  ])
  func `Titles and hints come from the row`(
    name: String, title: String, readOnly: Bool, destructive: Bool, idempotent: Bool, openWorld: Bool
  ) {
    let tool = Self.tools(.sample(destructive: true)).first { $0["name"] == .string(name) }
    #expect(tool?["title"] == .string(title))
    #expect(
      tool?["annotations"] == [
        "title": .string(title), "readOnlyHint": .bool(readOnly), "destructiveHint": .bool(destructive),
        "idempotentHint": .bool(idempotent), "openWorldHint": .bool(openWorld),
      ])
  }

  @Test func `A new row is a tool, with nothing else to change; one that can't do without a secret is none`() throws {
    let table = CommandTable([
      Command(
        30, "OVS_CMD_FIND_ACCOUNTS",
        [.required("city", .text, "where they are"), .optional("token", .secret, "who asks")],
        needs: .key, effect: .accountRead, operation: .account(.getAccountType),
        result: .object([.init("count", .count, example: 3, "how many"), .init("pin", .secret, example: "1", "a pin")]),
        "Finds accounts."),
      Command(
        31, "OVS_CMD_PROVE", [.required("pin", .secret, "the pin")],
        needs: .key, effect: .accountRead, operation: .account(.getAccountType), "Proves something."),
    ])
    let toolbox = ModelContext.Toolbox.sample(table)
    #expect(Self.names(toolbox) == ["OVS_CMD_FIND_ACCOUNTS"])
    let tool = try #require(Self.tools(toolbox).first)
    #expect(tool["title"] == "Find accounts")
    #expect(
      tool["description"]?.string
        == "Finds accounts. Needs the API key. Withholds pin (a pin); --allow-secrets returns it.")
    #expect(tool["inputSchema"]?["properties"]?.names == ["city"] && tool["inputSchema"]?["required"] == ["city"])
    #expect(tool["outputSchema"]?["required"] == ["count"])
    let result = try toolbox.result(of: "OVS_CMD_FIND_ACCOUNTS", .success(["count": 3, "pin": "1234"]))
    #expect(result["structuredContent"] == ["count": 3] && result.texts.count == 2)
  }

  @Test(arguments: [
    ("OVS_CMD_CLOSE_CLIENT", "--allow-destructive"), ("OVS_CMD_SET_API_KEY", "OVS_API_KEY or --api-key-file"),
    ("OVS_CMD_LOGIN", "--login-file"), ("OVS_CMD_SET_SECRET_KEY", "OVS_SECRET_KEY"),
    ("OVS_CMD_SET_API_DOMAIN", "--api-domain"), ("OVS_CMD_LOGOUT", "not for tools"),
    ("OVS_CMD_SHUTDOWN", "not for tools"), ("OVS_CMD_ADD_CLEINT", #"did you mean "OVS_CMD_ADD_CLIENT"?"#),
    ("", "Unknown tool"),
  ])
  func `What is no tool is refused in words that say what there is in its place`(name: String, words: String) {
    let talk = Conversation(handshake: .november2025)
    let answer = talk.say(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\#(name)"}}"#).first
    #expect(answer?.errorCode == -32602 && talk.calls.isEmpty)
    let message = answer?["error"]?["message"]?.string ?? ""
    #expect(message.hasPrefix("Unknown tool: ") && message.contains(words), "\(message)")
  }

  @Test(arguments: [
    ModelContext.Toolbox.sample(), .sample(destructive: true, secrets: true), .sample(hasKey: false, hasLogin: false),
    .sample(service: "https://acme.vpngn.com"),
  ])
  func `The instructions say what is missing, and what needs an option`(toolbox: ModelContext.Toolbox) {
    let text = toolbox.instructions
    #expect(text.contains("sandbox") == toolbox.isSandbox)
    #expect(text.contains("https://acme.vpngn.com") == !toolbox.isSandbox)
    #expect(text.contains("--allow-secrets") == !toolbox.allowsSecrets)
    #expect(text.contains("--allow-destructive") == !toolbox.tools.contains { $0.command.consequence != .none })
    #expect(text.contains("--login-file") == !toolbox.hasLogin)
    #expect(text.utf8.count < 1000, "a model reads it each time")
  }
}
