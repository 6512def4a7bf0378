/// Writing answers and events in the dialect of the request they belong to.
extension JSONWriter {
  /// Writes the answer to a command, without a line's end.
  ///
  /// - Parameters:
  ///   - result: the success data, or why there is none.
  ///   - command: the command that was named; nil for a line that names none.
  ///   - reply: the dialect and the identifier.
  public mutating func answer(_ result: Result<JSONValue, Failure>, command: Command?, to reply: ReplyAddress) {
    switch reply.dialect {
    case .native: nativeAnswer(result, command: command, id: reply.id)
    case .jsonRPC: jsonRPCAnswer(result, id: reply.id)
    }
  }

  /// Writes an event, without a line's end.
  public mutating func event(_ event: Event, in dialect: Dialect) {
    switch dialect {
    case .native:
      nativeHead(event.kind.rawValue, event.kind.name, .ok)
      object(event.data)
      raw("}")
    case .jsonRPC:
      raw(#"{"jsonrpc":"2.0","method":"#)
      string(event.kind.name)
      raw(#","params":"#)
      object(event.data)
      raw("}")
    }
  }

  /// The SDK's callback has a notification, an error and data; the envelope has them as members.
  mutating func nativeHead(_ number: Int, _ name: String, _ code: ErrorCode) {
    raw(#"{"notification":"#)
    integer(number)
    raw(#","name":"#)
    string(name)
    raw(#","error":"#)
    integer(code.rawValue)
    raw(#","error_name":"#)
    string(code.row.name)
    raw(#","data":"#)
  }

  /// The name of an answer to a line that names no command.
  static var nameOfNone: String { "OVS_NOTIFY_ERROR" }

  private mutating func nativeAnswer(_ result: Result<JSONValue, Failure>, command: Command?, id: RequestID?) {
    switch result {
    case .success(let data):
      if let command { raw(command.successHead) } else { nativeHead(0, Self.nameOfNone, .ok) }
      value(data)
    case .failure(let failure):
      nativeHead(command?.number ?? 0, command?.notificationName ?? Self.nameOfNone, failure.code)
      raw(#"null,"message":"#)
      string(failure.message)
      raw(#","retryable":"#)
      bool(failure.isRetryable)
      raw(#","details":"#)
      object(failure.details)
    }
    if let id {
      raw(#","id":"#)
      token(id.text)
    }
    raw("}")
  }

  /// JSON-RPC 2.0, section 5.
  private mutating func jsonRPCAnswer(_ result: Result<JSONValue, Failure>, id: RequestID?) {
    raw(#"{"jsonrpc":"2.0","#)
    switch result {
    case .success(let data):
      raw(#""result":"#)
      value(data)
    case .failure(let failure):
      let row = failure.code.row
      raw(#""error":{"code":"#)
      integer(row.jsonRPCCode)
      raw(#","message":"#)
      string(failure.message)
      raw(#","data":"#)
      object(
        [.init("name", .string(row.name)), .init("retryable", .bool(failure.isRetryable))] + failure.details)
      raw("}")
    }
    raw(#","id":"#)
    if let id { token(id.text) } else { raw("null") }
    raw("}")
  }
}
