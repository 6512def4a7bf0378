extension ModelContext {
  /// A call of a tool: how its answer and what happens meanwhile are told.
  public final class Call: Sendable {
    let toolbox: Toolbox
    let tool: Tool
    let version: Version
    /// What its client knows its progress by.
    private let progressToken: JSONValue?
    /// What its client wants to be told; nil for nothing.
    private let logLevel: LogLevel?

    init(_ tool: Tool, of toolbox: Toolbox, in version: Version, progressToken: JSONValue?, logLevel: LogLevel?) {
      self.tool = tool
      self.toolbox = toolbox
      self.version = version
      self.progressToken = progressToken
      self.logLevel = logLevel
    }

    // MARK: The result

    /// The answer to the call, what happened meanwhile included.
    public func answer(
      _ outcome: Result<JSONValue, Failure>, after events: [Event] = [], to id: RequestID
    ) -> JSONValue {
      switch outcome {
      case .success(let data): Responses.response(to: id.value, success(data, events))
      case .failure(let failure): Responses.response(to: id.value, self.failure(toolbox.translated(failure)))
      }
    }

    /// The failure of the call where the login in front of it has failed, so that it was not sent.
    public func failure(ofLogin failure: Failure) -> Failure {
      var failure = toolbox.translated(ofLogin: failure)
      if tool.command.effect == .accountChange { failure.details.append(Failure.Outcome.notSent.detail) }
      return failure
    }

    private func success(_ data: JSONValue, _ events: [Event]) -> JSONValue {
      let returned = tool.returned(of: data)
      var texts = [JSONWriter.text(of: returned)]
      if let note = tool.noteOnSecrets(in: data, reset: toolbox.reset) { texts.append(note) }
      texts += events.map { text(of: $0) }
      var members: [JSONValue.Member] = [content(texts)]
      if version.hasStructuredContent { members.append(.init("structuredContent", returned)) }
      return Responses.result(members, by: toolbox, in: version)
    }

    /// An error as the model is to see it. A structured result would have to keep the tool's schema, which is one of
    /// successes ("Tools", section "Output Schema"), so that what programs can act on is beside it.
    private func failure(_ failure: Failure) -> JSONValue {
      let isRetryable = toolbox.isRetryable(failure)
      let retryAfter = failure.details.first { $0.name == Failure.Detail.retryAfter.rawValue }?.value
      var text = "\(failure.code.row.name): \(failure.message)"
      if isRetryable {
        if case .number(let seconds) = retryAfter {
          text += "; the same call may be made again in \(seconds) s"
        } else {
          text += "; the same call may be made again"
        }
      }
      let error: JSONValue = [
        "error": .integer(failure.code.rawValue), "error_name": .string(failure.code.row.name),
        "message": .string(failure.message), "retryable": .bool(isRetryable), "details": .object(failure.details),
      ]
      return Responses.result(
        [content([text]), .init("isError", true)], meta: [.init("ovs-bridge/error", error)], by: toolbox, in: version)
    }

    private func content(_ texts: [String]) -> JSONValue.Member {
      .init("content", .array(texts.map { ["type": "text", "text": .string($0)] }))
    }

    private func text(of event: Event) -> String {
      let hidden = event.kind.members.filter { $0.form.isSecret && !toolbox.allowsSecrets }.map(\.name)
      let shown = JSONWriter.text(of: .object(event.data.filter { !hidden.contains($0.name) }))
      let note = hidden.isEmpty ? "" : " Without \(hidden.joined(separator: ", ")), which --allow-secrets returns."
      return "\(event.kind.name): \(shown) \(toolbox.summary(of: event.kind))\(note)"
    }

    // MARK: Meanwhile

    /// The notifications that tell of an event: its progress where the client asked for that, and a log message where it
    /// wants one.
    public func notifications(of event: Event) -> [JSONValue] {
      var notifications: [JSONValue] = []
      if event.kind == .progress, let progressToken { notifications.append(progress(event, progressToken)) }
      if let message = message(event.kind.logLevel, toolbox.summary(of: event.kind), of: event.kind.name) {
        notifications.append(message)
      }
      return notifications
    }

    /// A command is held back once, before it is sent: all there is to tell is when that will be over.
    private func progress(_ event: Event, _ token: JSONValue) -> JSONValue {
      let data: JSONValue = .object(event.data)
      let eta = data["eta_s"] ?? 0
      var params: [JSONValue.Member] = [.init("progressToken", token), .init("progress", 0), .init("total", eta)]
      if version.hasProgressMessages, case .number(let seconds) = eta {
        params.append(
          .init("message", .string("waiting for its turn by --add-client-interval, for about \(seconds) s")))
      }
      return Responses.notification("notifications/progress", params)
    }

    /// A log message about the call; nil where the client doesn't want it.
    public func message(_ level: LogLevel, _ text: String, of event: String? = nil) -> JSONValue? {
      guard let logLevel, level >= logLevel else { return nil }
      return Responses.message(level, text, of: event)
    }
  }
}

extension Event.Kind {
  /// How much it matters to whoever reads a log.
  fileprivate var logLevel: ModelContext.LogLevel {
    switch self {
    case .sessionExpired: .warning
    case .progress, .sandboxMail: .info
    }
  }
}
