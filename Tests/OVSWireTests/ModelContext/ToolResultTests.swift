import Testing

@testable import OVSWire

/// What a call of a tool answers, and what is told meanwhile.
struct ToolResultTests {
  private static let credentials: JSONValue = ["username": "vpn-1", "password": "hidden"]

  @Test(arguments: ModelContext.Version.allCases)
  func `A success is text in every version, and from 2025-06-18 on a structure too`(
    version: ModelContext.Version
  ) throws {
    let result = try ModelContext.Toolbox.sample().result(
      of: "OVS_CMD_GET_ACCOUNT_TYPE", .success(["type": "12"]), in: version)
    let names =
      version.isModern
      ? ["resultType", "content", "structuredContent", "_meta"]
      : version >= .june2025 ? ["content", "structuredContent"] : ["content"]
    #expect(result.names == names)
    #expect(result.texts == [#"{"type":"12"}"#])
    #expect(result["structuredContent"] == (version >= .june2025 ? ["type": "12"] : nil))
  }

  @Test func `No data is an object that says that it is done`() throws {
    let result = try ModelContext.Toolbox.sample().result(of: "OVS_CMD_NEW_PRODUCT", .success(.null))
    #expect(result["structuredContent"] == ["done": true] && result.texts == [#"{"done":true}"#])
  }

  @Test func `A password is withheld, and the answer says so and what to do`() throws {
    let name = "OVS_CMD_GET_ACCOUNT_CREDENTIAL"
    let result = try ModelContext.Toolbox.sample().result(of: name, .success(Self.credentials))
    #expect(result["structuredContent"] == ["username": "vpn-1"] && result.texts.first == #"{"username":"vpn-1"}"#)
    let note = try #require(result.texts.last)
    #expect(result.texts.count == 2 && note.contains("--allow-secrets"))
    // A reset would cost the end-user another password, and not bring this one back.
    #expect(!note.contains("OVS_CMD_RESET_PASSWORD"), "\(note)")
    #expect(!JSONWriter.text(of: result).contains("hidden"))
    let shown = try ModelContext.Toolbox.sample(secrets: true).result(of: name, .success(Self.credentials))
    #expect(shown["structuredContent"] == Self.credentials && shown.texts.count == 1)
    // Null where there is no password to tell, and nothing to withhold then.
    let none = try ModelContext.Toolbox.sample().result(of: "OVS_CMD_ADD_CLIENT", .success(.null))
    #expect(none["structuredContent"] == [:] && none.texts == ["{}"])
  }

  @Test(arguments: [
    (false, "OVS_CMD_RESET_PASSWORD (with --allow-destructive) has"), (true, "OVS_CMD_RESET_PASSWORD has"),
  ])
  func `Of a new client's password the answer says what has another made, and what that takes`(
    destructive: Bool, words: String
  ) throws {
    let result = try ModelContext.Toolbox.sample(destructive: destructive).result(
      of: "OVS_CMD_ADD_CLIENT", .success(["username": "a@b.de", "password": "hidden"]))
    let note = try #require(result.texts.last)
    #expect(note.contains(words) && !note.contains("hidden"), "\(note)")
  }

  @Test(arguments: ModelContext.Version.allCases)
  func `A failure is for the model to read, and beside it for programs, without a structure that breaks the schema`(
    version: ModelContext.Version
  ) throws {
    let failure = Failure(
      .rateLimited, "too many requests", details: [Failure.Detail.retryAfter(10), Failure.Detail.httpStatus(429)])
    let result = try ModelContext.Toolbox.sample().result(of: "OVS_CMD_ADD_CLIENT", .failure(failure), in: version)
    #expect(result["isError"] == true && result["structuredContent"] == nil)
    #expect(result.texts == ["OVS_ERR_RATE_LIMITED: too many requests; the same call may be made again in 10 s"])
    #expect(
      result["_meta"]?["ovs-bridge/error"] == [
        "error": 17, "error_name": "OVS_ERR_RATE_LIMITED", "message": "too many requests", "retryable": true,
        "details": ["retry_after_s": 10, "http_status": 429],
      ])
  }

  @Test(arguments: [
    (Failure(.apiKeyNotSet, "set it with OVS_CMD_SET_API_KEY"), true, "OVS_API_KEY or --api-key-file", false),
    (Failure(.notLoggedIn, "log in with OVS_CMD_LOGIN"), false, "--login-file", false),
    (
      Failure(.notLoggedIn, "log in with OVS_CMD_LOGIN"), true,
      "the next call logs in again; the same call may be made again", true
    ),
    (
      Failure(.unauthorized, "refused; set another with OVS_CMD_SET_API_KEY"), true, "another with OVS_API_KEY or",
      false
    ),
    (Failure(.forbidden, "needs it (OVS_CMD_SET_SECRET_KEY)"), true, "(OVS_SECRET_KEY)", false),
    (Failure(.unauthorized, "OVS_CMD_RESET_PASSWORD has"), true, "OVS_CMD_RESET_PASSWORD (with --allow-", false),
    (Failure(.clientNotFound, "OVS_CMD_ADD_CLIENT adds one"), true, "OVS_CMD_ADD_CLIENT adds one", false),
    (
      Failure(.clientExists, "exists; log in and add a product with OVS_CMD_NEW_PRODUCT"), true,
      "OVS_ERR_CLIENT_EXISTS: exists", false
    ),
    (Failure(.network, outcome: .notSent, "no route"), true, "no route; the same call may be made again", true),
    (Failure(.network, outcome: .unknown, "no answer"), true, "is not known", false),
  ])
  func `A failure names no command that is no tool, but what there is in its place`(
    failure: Failure, hasLogin: Bool, words: String, isRetryable: Bool
  ) throws {
    let result = try ModelContext.Toolbox.sample(hasLogin: hasLogin).result(
      of: "OVS_CMD_CHANGE_PLAN", .failure(failure))
    let text = try #require(result.texts.first)
    #expect(text.contains(words), "\(text)")
    for name in ["OVS_CMD_SET_", "OVS_CMD_LOGIN", "OVS_CMD_NEW_PRODUCT"] { #expect(!text.contains(name), "\(text)") }
    #expect(text.contains("may be made again") == isRetryable, "\(text)")
    #expect(result["_meta"]?["ovs-bridge/error"]?["retryable"] == .bool(isRetryable))
  }

  @Test func `What the sandbox would have mailed stands behind the answer, its password only if that is allowed`()
    throws
  {
    let mail = Event(.sandboxMail, [.init("to", "a@b.de"), .init("subject", "New"), .init("password", "hidden")])
    for secrets in [false, true] {
      let result = try ModelContext.Toolbox.sample(destructive: true, secrets: secrets).result(
        of: "OVS_CMD_RESET_PASSWORD", .success(.null), after: [mail])
      let text = try #require(result.texts.last)
      #expect(text.contains("a@b.de") && text.contains("hidden") == secrets, "\(text)")
      #expect(text.contains("--allow-secrets") == !secrets, "\(text)")
      #expect(result["structuredContent"] == ["done": true])
    }
  }

  @Test func `A login in front of a call fails the call in words that say whose it is; a change was not sent`() throws {
    let toolbox = ModelContext.Toolbox.sample()
    for (name, isChange) in [("OVS_CMD_CHANGE_PLAN", true), ("OVS_CMD_GET_ACCOUNT_TYPE", false)] {
      let call = ModelContext.Call(
        try toolbox.tool(name), of: toolbox, in: .june2025, progressToken: nil, logLevel: nil)
      let failure = call.failure(ofLogin: Failure(.unauthorized, "the password was refused"))
      #expect(failure.message.contains("OVS_PASSWORD") && failure.message.hasSuffix("the password was refused"))
      #expect(failure.details.contains(Failure.Outcome.notSent.detail) == isChange)
    }
  }

  @Test(arguments: [
    ("OVS_CMD_LOGIN got no answer within its timeout", "failed: the login got no answer within its timeout"),
    ("the password was refused; OVS_CMD_RESET_PASSWORD has a new one mailed", "failed: the password was refused"),
    ("no client has this e-mail; OVS_CMD_ADD_CLIENT adds one", "failed: no client has this e-mail"),
    ("the API key was refused; set another with OVS_CMD_SET_API_KEY", "set another with OVS_API_KEY or --api-key-file"),
    (
      #""email" of OVS_CMD_LOGIN must be an e-mail address"#, #"failed: "email" of the login must be an e-mail address"#
    ),
  ])
  func `A login that failed is told without what the model could do to accounts, which would not mend it`(
    message: String, words: String
  ) throws {
    let toolbox = ModelContext.Toolbox.sample()
    let call = ModelContext.Call(
      try toolbox.tool("OVS_CMD_GET_ACCOUNT_TYPE"), of: toolbox, in: .june2025, progressToken: nil, logLevel: nil)
    let failure = call.failure(ofLogin: Failure(.unauthorized, field: "email", message))
    // The tool may have an argument of that name, which is not meant.
    #expect(failure.details.isEmpty)
    let text = call.answer(.failure(failure), to: RequestID(text: "1"))["result"]?["content"]
    #expect(text == [["type": "text", "text": .string("OVS_ERR_UNAUTHORIZED: \(failure.message)")]])
    #expect(failure.message.hasSuffix(words), "\(failure.message)")
  }

  // MARK: Meanwhile

  private static func told(
    _ event: Event, in version: ModelContext.Version, token: JSONValue? = nil, level: ModelContext.LogLevel? = nil,
    secrets: Bool = true
  ) throws -> [JSONValue] {
    let toolbox = ModelContext.Toolbox.sample(secrets: secrets)
    let tool = try toolbox.tool("OVS_CMD_ADD_CLIENT")
    return ModelContext.Call(tool, of: toolbox, in: version, progressToken: token, logLevel: level)
      .notifications(of: event)
  }

  private static let waiting = Event(
    .progress, [.init("id", 1), .init("state", "waiting"), .init("eta_s", .number("9.5"))])

  @Test(arguments: ModelContext.Version.allCases)
  func `Progress is told where there is a token to tell it by`(version: ModelContext.Version) throws {
    let told = try Self.told(Self.waiting, in: version, token: "t")
    #expect(told.map { $0["method"] } == ["notifications/progress"])
    let params = told.first?["params"]
    #expect(params?["progressToken"] == "t" && params?["progress"] == 0 && params?["total"] == .number("9.5"))
    #expect((params?["message"] != nil) == (version >= .march2025))
    #expect(try Self.told(Self.waiting, in: version).isEmpty)
  }

  @Test(
    arguments: [
      (nil, [false, false, false]), (.debug, [true, true, true]), (.info, [true, true, true]),
      (.notice, [false, false, true]), (.warning, [false, false, true]), (.error, [false, false, false]),
    ] as [(ModelContext.LogLevel?, [Bool])])
  func `Log messages are of the level asked for, and hold nothing personal and no secret`(
    level: ModelContext.LogLevel?, expected: [Bool]
  ) throws {
    let events = [
      Self.waiting,
      Event(.sandboxMail, [.init("to", "a@b.de"), .init("subject", "New"), .init("password", "hidden")]),
      Event(.sessionExpired, [.init("email", "a@b.de")]),
    ]
    let told = try events.map { try Self.told($0, in: .july2026, level: level) }
    #expect(told.map { !$0.isEmpty } == expected)
    for message in told.joined() {
      let text = JSONWriter.text(of: message)
      #expect(message["method"] == "notifications/message" && message["params"]?["logger"] == "ovs-bridge")
      #expect(!text.contains("a@b.de") && !text.contains("hidden"), "\(text)")
    }
  }
}
