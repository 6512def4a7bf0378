/// How a line speaks, which decides how it is answered.
public enum Dialect: Sendable {
  /// The SDK's own envelope: `{"cmd": 21, "data": {…}, "id": 7}`.
  case native
  /// JSON-RPC 2.0 (https://www.jsonrpc.org/specification).
  case jsonRPC
}

/// The `id` of a request: a string or a number, or null in JSON-RPC.
public struct RequestID: Sendable {
  /// The very text it came with, quotes included; an answer echoes it.
  public let text: String

  /// An identifier that came as `text`, which is JSON.
  init(text: String) {
    self.text = text
  }

  /// What its text means.
  public var value: JSONValue {
    var document = JSONDocument()
    do {
      try document.parse(text.utf8.span)
    } catch {
      preconditionFailure("an identifier's text is no JSON: \(error.reason)")
    }
    return document.value(of: document.root)
  }

  /// Whether this is the identifier `value` means: the same string however it was escaped, or a number written the
  /// same way.
  public func matches(_ value: JSONValue) -> Bool { self.value == value }
}

/// Where an answer goes.
public struct ReplyAddress: Sendable {
  /// The dialect of the request.
  public let dialect: Dialect
  /// The request's identifier. A native answer to a request without one has none; a JSON-RPC answer then has null.
  public let id: RequestID?
  /// False for JSON-RPC notifications, which are never answered.
  public let wantsAnswer: Bool

  package init(_ dialect: Dialect, id: RequestID?, wantsAnswer: Bool = true) {
    self.dialect = dialect
    self.id = id
    self.wantsAnswer = wantsAnswer
  }
}

/// A command with its parameters, as a line asked for it. The parameters are not checked yet.
public final class Request: Sendable {
  /// The command.
  public let command: Command
  /// What came with it.
  public let parameters: Parameters
  /// Its own timeout, where it has one.
  public let timeout: Duration?
  /// Where the answer goes.
  public let reply: ReplyAddress
  /// The call of a tool that it is, or that it is done for.
  public let call: ModelContext.Call?

  package init(
    _ parameters: Parameters, timeout: Duration?, reply: ReplyAddress, call: ModelContext.Call? = nil
  ) {
    self.command = parameters.command
    self.parameters = parameters
    self.timeout = timeout
    self.reply = reply
    self.call = call
  }

  /// A command that no line asked for, done for a call of a tool.
  public convenience init(_ parameters: Parameters, for call: ModelContext.Call) {
    self.init(parameters, timeout: nil, reply: ReplyAddress(.jsonRPC, id: nil, wantsAnswer: false), call: call)
  }
}

/// What a line, or an element of a batch, turned out to be.
public enum Incoming: Sendable {
  /// A command to be carried out.
  case request(Request)
  /// It can't be carried out.
  case fault(Fault)
  /// A message of the Model Context Protocol that is no call of a tool.
  case settled(ModelContext.Settled)
}

/// What can't be carried out, and why.
public final class Fault: Sendable {
  /// What is wrong with it.
  public let failure: Failure
  /// The command it names, if it names one.
  public let command: Command?
  /// Where the answer goes.
  public let reply: ReplyAddress

  /// A fault.
  public init(_ failure: Failure, command: Command?, _ reply: ReplyAddress) {
    self.failure = failure
    self.command = command
    self.reply = reply
  }
}

/// A line of input.
public enum Message: Sendable {
  /// One message, answered by one object.
  case single(Incoming)
  /// A JSON-RPC batch (section 6), never empty; its answers make one array.
  case batch([Incoming])
}
