extension ModelContext {
  /// What the messages look like that go out.
  enum Responses {
    /// The answer to a request.
    static func response(to id: JSONValue, _ result: JSONValue) -> JSONValue {
      ["jsonrpc": "2.0", "id": id, "result": result]
    }

    /// The answer to what can't be used; its `id` is nil if it can't be known.
    static func error(_ error: ProtocolError, to id: RequestID?, in version: Version) -> JSONValue {
      var members: [JSONValue.Member] = [.init("jsonrpc", "2.0")]
      if let id {
        members.append(.init("id", id.value))
      } else if !version.omitsUnknownIDs {
        members.append(.init("id", .null))
      }
      var object: [JSONValue.Member] = [.init("code", .integer(error.code)), .init("message", .string(error.message))]
      if !error.data.isEmpty { object.append(.init("data", .object(error.data))) }
      return .object(members + [.init("error", .object(object))])
    }

    /// A result with what each has: from the modern versions on its type, and who answers ("Overview", sections "Result
    /// Responses" and "Per-response protocol fields").
    static func result(
      _ members: [JSONValue.Member], meta: [JSONValue.Member] = [], by toolbox: Toolbox, in version: Version
    ) -> JSONValue {
      var all = members
      var meta = meta
      if version.isModern {
        all.insert(.init("resultType", "complete"), at: 0)
        meta.append(.init("io.modelcontextprotocol/serverInfo", toolbox.serverInfo(in: version)))
      }
      if !meta.isEmpty { all.append(.init("_meta", .object(meta))) }
      return .object(all)
    }

    /// How long a result holds that may be kept: the tools and all that is told of them stay as they are while the process
    /// runs, but depend on how it was started ("Caching", section "Cacheable Model").
    static func caching(in version: Version) -> [JSONValue.Member] {
      version.isModern ? [.init("ttlMs", 3_600_000), .init("cacheScope", "private")] : []
    }

    static func notification(_ method: String, _ params: [JSONValue.Member]) -> JSONValue {
      ["jsonrpc": "2.0", "method": .string(method), "params": .object(params)]
    }

    /// A log message. What it tells must not hold a secret, nor anything personal, an e-mail included ("Logging", section
    /// "Security").
    static func message(_ level: LogLevel, _ text: String, of event: String? = nil) -> JSONValue {
      var data: [JSONValue.Member] = [.init("message", .string(text))]
      if let event { data.insert(.init("event", .string(event)), at: 0) }
      return notification(
        "notifications/message",
        [.init("level", .string(level.rawValue)), .init("logger", "ovs-bridge"), .init("data", .object(data))])
    }
  }
}

extension JSONWriter {
  /// A value as text.
  static func text(of value: JSONValue) -> String {
    var writer = JSONWriter()
    writer.value(value)
    var bytes = writer.bytes.array
    defer { wipe(&bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
