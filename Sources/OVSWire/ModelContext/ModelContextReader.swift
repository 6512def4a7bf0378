extension ModelContext {
  /// Reads lines of the Model Context Protocol, and answers by itself all but calls of tools.
  ///
  /// It speaks the versions that begin with a handshake and those in which each request tells its own, side by side: a
  /// request that names its version in `_meta` is of that one, any other of the one that the handshake settled on
  /// ("Versioning and Compatibility", section "Backward Compatibility with Initialization-Based Versions").
  public struct Reader: ~Copyable {
    /// Messages of a batch: a list of tools is a hundred times as long as the request for it.
    private static let batchLimit = 1000

    private let toolbox: Toolbox
    private let subscriptionLimit: Int
    private var document = JSONDocument()
    /// What the handshake settled on; nil before there was one.
    private var version: Version?
    /// What a client wants to be told that began with a handshake. Before it says so, that is the server's choice
    /// ("LoggingMessageNotification" of the schema): nothing, for there are clients that stop at what they don't expect.
    private var logLevel: LogLevel?
    /// The requests that have a stream of notifications open, though there is never one to send: tools don't change.
    private var subscriptions: [JSONValue] = []
    private var hasEnded = false

    /// A reader of calls of the tools, which holds at most so many streams of notifications open at a time.
    public init(_ toolbox: Toolbox, subscriptionLimit: Int) {
      self.toolbox = toolbox
      self.subscriptionLimit = subscriptionLimit
    }

    /// Forgets the line: it may have held secrets.
    public mutating func forget() { document.reset() }

    // MARK: Lines

    /// Reads a line.
    public mutating func read(_ line: Span<UInt8>) -> Message {
      do {
        try document.parse(line)
      } catch {
        return .single(.settled(refusal(ProtocolError(.unreadable(error)), to: nil)))
      }
      let root = document.root
      if let (name, offset) = document.duplicate(in: root) {
        return .single(.settled(refusal(ProtocolError(.duplicate(name, at: offset)), to: onlyID)))
      }
      guard document.kind(of: root) == .array else { return .single(take(document.value(of: root))) }
      do throws(ProtocolError) {
        guard let version, version.hasBatches else {
          throw ProtocolError(
            .invalidEnvelope,
            "a line holds one message; batches are of \(Version.march2025.rawValue) alone, once initialize has settled on it"
          )
        }
        let count = document.count(of: root)
        if let failure = EnvelopeReader.refusal(ofBatchOf: count, bytes: line.count) { throw ProtocolError(failure) }
        guard count <= Self.batchLimit else {
          throw ProtocolError(.invalidEnvelope, "the batch has \(count) messages; at most \(Self.batchLimit) are taken")
        }
      } catch {
        return .single(.settled(refusal(error, to: nil)))
      }
      var incoming: [Incoming] = []
      for element in document.elements(of: root) {
        incoming.append(take(document.value(of: element), inBatch: true))
      }
      return .batch(incoming)
    }

    /// The line's `id`, unless it has more than one.
    private var onlyID: RequestID? {
      let ids = document.members(of: document.root).filter { member in document.string(of: member.name) == "id" }
      return ids.count == 1 ? try? RequestID(document.value(of: ids[0].value)) : nil
    }

    /// Makes an error of a line over the limit.
    public func read(_ line: LineSplitter.OverlongLine, limit: Int) -> Message {
      .single(.settled(refusal(ProtocolError(.overlong(line.count, limit: limit)), to: nil)))
    }

    /// What there is to say when all is answered and the process ends by itself: the streams of notifications end, as
    /// "Subscriptions" (section "Graceful Closure") and "Cancellation" want it.
    public mutating func end() -> [JSONValue] {
      guard !hasEnded else { return [] }
      hasEnded = true
      var messages: [JSONValue] = []
      for id in subscriptions {
        let meta = JSONValue.Member("io.modelcontextprotocol/subscriptionId", id)
        messages.append(
          Responses.response(to: id, Responses.result([], meta: [meta], by: toolbox, in: .july2026)))
        messages.append(
          Responses.notification(
            "notifications/cancelled", [.init("requestId", id), .init("reason", "the server is ending")]))
      }
      subscriptions = []
      if let logLevel, logLevel <= .notice { messages.append(Responses.message(.notice, "ending")) }
      return messages
    }

    // MARK: Messages

    private mutating func take(_ message: JSONValue, inBatch: Bool = false) -> Incoming {
      guard case .object = message else {
        return .settled(refusal(ProtocolError(.invalidEnvelope, "a message is a JSON object"), to: nil))
      }
      // No request ever goes out, so that there is nothing to respond to.
      if message["method"] == nil, message["result"] != nil || message["error"] != nil { return .settled(Settled()) }
      var id: RequestID?
      do throws(ProtocolError) {
        if let value = message["id"] { id = try RequestID(value) }
        guard message["jsonrpc"] == "2.0" else {
          throw ProtocolError(
            .invalidEnvelope, #""jsonrpc" must be "2.0": ovs-bridge mcp speaks the Model Context Protocol alone"#)
        }
        guard let method = message["method"]?.string else {
          throw ProtocolError(.invalidEnvelope, #""method" must be a string"#)
        }
        let params = message["params"] ?? .object([])
        guard let id else { return .settled(notified(method, params)) }
        guard case .object = params else { throw ProtocolError(.invalidParams, #""params" must be an object"#) }
        return try requested(method, params, id, inBatch: inBatch)
      } catch {
        return .settled(refusal(error, to: id))
      }
    }

    private func refusal(_ error: ProtocolError, to id: RequestID?) -> Settled {
      Settled(answer: Responses.error(error, to: id, in: version ?? .july2026), refusal: error.code)
    }

    /// Takes a notification, which is never answered; those that mean nothing here are nothing's fault.
    private mutating func notified(_ method: String, _ params: JSONValue) -> Settled {
      switch method {
      case "notifications/cancelled":
        guard let id = params["requestId"] else { return Settled() }
        subscriptions.removeAll { $0 == id }
        return Settled(cancelled: id)
      default: return Settled()
      }
    }

    private mutating func requested(
      _ method: String, _ params: JSONValue, _ id: RequestID, inBatch: Bool
    ) throws(ProtocolError) -> Incoming {
      if method == "initialize" {
        guard !inBatch else { throw ProtocolError(.invalidEnvelope, "initialize can't be part of a batch") }
        return .settled(Settled(answer: Responses.response(to: id.value, try initialize(params))))
      }
      let meta = try RequestMeta(params)
      let version = try version(of: method, meta)
      let known: [String]
      if version.isModern {
        guard !inBatch else { throw ProtocolError(.invalidEnvelope, "\(version.rawValue) has no batches") }
        try meta.checkModern()
        known = ["server/discover", "tools/list", "tools/call", "subscriptions/listen"]
      } else {
        known = ["ping", "logging/setLevel", "tools/list", "tools/call"]
      }
      guard known.contains(method) else {
        throw ProtocolError(
          .unknownCommand, "Method not found: \(quoted(method))\(suggestion(for: method, among: known))")
      }
      if method == "tools/call" { return .request(try call(params, meta, id, in: version)) }
      if method == "subscriptions/listen" { return .settled(try listen(params, id)) }
      var notices: [JSONValue] = []
      let result: [JSONValue.Member]
      switch method {
      case "server/discover": result = discovery()
      case "tools/list": result = try list(params, in: version)
      default:
        result = []
        if method == "logging/setLevel" { notices = try setLevel(params) }
      }
      let answer = Responses.response(to: id.value, Responses.result(result, by: toolbox, in: version))
      return .settled(Settled(answer: answer, notices: notices))
    }

    /// The version that a request is of.
    private func version(of method: String, _ meta: RequestMeta) throws(ProtocolError) -> Version {
      if let name = meta.version {
        guard let named = Version(rawValue: name) else { throw ProtocolError(unsupportedVersion: name) }
        if named.isModern { return named }
      }
      if let version { return version }
      // It is of no version in particular, and its answer neither ("Ping").
      if method == "ping" { return Version.negotiated(for: "") }
      throw ProtocolError(
        .invalidParams,
        "\(quoted(method)) must come after initialize, or with \(RequestMeta.versionName) and \(RequestMeta.capabilitiesName) in params._meta"
      )
    }

    // MARK: Requests

    private mutating func initialize(_ params: JSONValue) throws(ProtocolError) -> JSONValue {
      guard let requested = params["protocolVersion"]?.string else {
        throw ProtocolError(.invalidParams, "initialize needs \"protocolVersion\", a string")
      }
      let version = Version.negotiated(for: requested)
      self.version = version
      return [
        "protocolVersion": .string(version.rawValue), "capabilities": Self.capabilities,
        "serverInfo": toolbox.serverInfo(in: version), "instructions": .string(toolbox.instructions),
      ]
    }

    private static let capabilities: JSONValue = ["logging": [:], "tools": [:]]

    private func discovery() -> [JSONValue.Member] {
      [
        .init("supportedVersions", Version.names), .init("capabilities", Self.capabilities),
        .init("instructions", .string(toolbox.instructions)),
      ] + Responses.caching(in: .july2026)
    }

    private func list(_ params: JSONValue, in version: Version) throws(ProtocolError) -> [JSONValue.Member] {
      guard params["cursor"] == nil else {
        throw ProtocolError(.invalidParams, "\"cursor\" is none of this server's, whose list has one page")
      }
      let tools = JSONValue.array(toolbox.tools.map { $0.description(in: version) })
      return [.init("tools", tools)] + Responses.caching(in: version)
    }

    /// Takes what the client wants to be told; gives what there is to tell so far.
    private mutating func setLevel(_ params: JSONValue) throws(ProtocolError) -> [JSONValue] {
      let level = try LogLevel(params["level"], called: "level")
      logLevel = level
      guard toolbox.isSandbox, level <= .warning else { return [] }
      return [Responses.message(.warning, "this is the sandbox, and the real service is not touched")]
    }

    private func call(
      _ params: JSONValue, _ meta: RequestMeta, _ id: RequestID, in version: Version
    ) throws(ProtocolError) -> Request {
      guard let name = params["name"]?.string else {
        throw ProtocolError(.invalidParams, "tools/call needs \"name\", a string")
      }
      let tool = try toolbox.tool(name)
      let arguments: [JSONValue.Member]
      switch params["arguments"] {
      case nil, .null: arguments = []
      case .object(let members): arguments = members
      default: throw ProtocolError(.invalidParams, "\"arguments\" of tools/call must be an object")
      }
      let level = version.isModern ? meta.logLevel : logLevel
      let call = Call(tool, of: toolbox, in: version, progressToken: meta.progressToken, logLevel: level)
      return Request(tool.parameters(arguments), timeout: nil, reply: ReplyAddress(.jsonRPC, id: id), call: call)
    }

    /// Opens a stream of notifications, whose first message says that there won't be any of those asked for
    /// ("Subscriptions", section "Acknowledgment").
    private mutating func listen(_ params: JSONValue, _ id: RequestID) throws(ProtocolError) -> Settled {
      guard case .object = params["notifications"] else {
        throw ProtocolError(.invalidParams, "subscriptions/listen needs \"notifications\", an object")
      }
      guard !hasEnded else { throw ProtocolError(.internal, "the server is ending") }
      let id = id.value
      guard !subscriptions.contains(id) else {
        throw ProtocolError(.invalidEnvelope, "a request of this id is under way already")
      }
      guard subscriptions.count < subscriptionLimit else {
        throw ProtocolError(.internal, "\(subscriptions.count) streams are open, and no more may be")
      }
      subscriptions.append(id)
      return Settled(notices: [
        Responses.notification(
          "notifications/subscriptions/acknowledged",
          [
            .init("_meta", ["io.modelcontextprotocol/subscriptionId": id]),
            .init("notifications", [:]),
          ])
      ])
    }
  }
}

extension RequestID {
  /// The `id` of a request: a string or an integer ("Overview", section "Requests").
  fileprivate init(_ value: JSONValue) throws(ModelContext.ProtocolError) {
    switch value {
    case .string: break
    case .number(let text) where text.isInteger: break
    default: throw .init(.invalidEnvelope, "\"id\" must be a string or an integer")
    }
    self.init(text: JSONWriter.text(of: value))
  }
}
