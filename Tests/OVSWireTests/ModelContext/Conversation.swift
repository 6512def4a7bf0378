@testable import OVSWire

/// A conversation with a server of tools, by lines.
final class Conversation {
  private var reader: ModelContext.Reader
  /// The calls that it came to.
  private(set) var calls: [Request] = []
  /// The `id` of calls that were to be taken back.
  private(set) var cancelled: [JSONValue] = []

  init(
    _ toolbox: ModelContext.Toolbox = .sample(), handshake version: ModelContext.Version? = nil,
    subscriptionLimit: Int = 10
  ) {
    reader = ModelContext.Reader(toolbox, subscriptionLimit: subscriptionLimit)
    if let version { _ = say(Self.initialize(version.rawValue)) }
  }

  static func initialize(_ version: String, id: String = "0") -> String {
    """
    {"jsonrpc":"2.0","id":\(id),"method":"initialize","params":{"protocolVersion":"\(version)","capabilities":{},\
    "clientInfo":{"name":"test","version":"1"}}}
    """
  }

  /// The members that a request of the modern versions has in `_meta`, and others.
  static func meta(_ version: String = "2026-07-28", _ others: String = "") -> String {
    #""_meta":{"io.modelcontextprotocol/protocolVersion":"\#(version)","io.modelcontextprotocol/clientCapabilities":{}\#(others)}"#
  }

  /// A request of a version: with its `_meta` where that is how a version is told.
  static func request(_ method: String, _ params: String = "", in version: ModelContext.Version) -> String {
    let all = [params, version.isModern ? meta() : ""].filter { !$0.isEmpty }.joined(separator: ",")
    return #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{\#(all)}}"#
  }

  /// What is said to a line: notices and the answer.
  func say(_ line: String) -> [JSONValue] {
    let bytes = Array(line.utf8)
    switch reader.read(bytes.span) {
    case .single(let incoming): return take(incoming)
    case .batch(let list): return list.flatMap(take)
    }
  }

  /// What is said to a line as text, an answer a line.
  func text(_ line: String) -> String { say(line).map(JSONWriter.text(of:)).joined(separator: "\n") }

  func end() -> [JSONValue] { reader.end() }

  private func take(_ incoming: Incoming) -> [JSONValue] {
    switch incoming {
    case .request(let request):
      calls.append(request)
      return []
    case .fault: preconditionFailure("a message of another protocol")
    case .settled(let settled):
      if let id = settled.cancelled { cancelled.append(id) }
      return settled.notices + (settled.answer.map { [$0] } ?? [])
    }
  }
}

extension ModelContext.Toolbox {
  static func sample(
    _ table: CommandTable = .standard, destructive: Bool = false, secrets: Bool = false, service: String? = nil,
    hasKey: Bool = true, hasLogin: Bool = true
  ) -> ModelContext.Toolbox {
    var policy = ModelContext.Policy()
    policy.allowsDestructive = destructive
    policy.allowsSecrets = secrets
    return ModelContext.Toolbox(
      table, policy, serverVersion: "1.2.3", service: service, hasKey: hasKey, hasLogin: hasLogin)
  }

  /// What a call of a tool answers, by its name.
  func result(
    of name: String, _ outcome: Result<JSONValue, Failure>, in version: ModelContext.Version = .november2025,
    after events: [Event] = []
  ) throws -> JSONValue {
    let call = ModelContext.Call(try tool(name), of: self, in: version, progressToken: nil, logLevel: nil)
    return call.answer(outcome, after: events, to: RequestID(text: "1"))["result"] ?? .null
  }
}

extension JSONValue {
  /// The names of an object's members.
  var names: [String] {
    guard case .object(let members) = self else { return [] }
    return members.map(\.name)
  }

  /// The elements of an array.
  var elements: [JSONValue] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }

  /// The texts of a tool's result.
  var texts: [String] { (self["content"]?.elements ?? []).compactMap { $0["text"]?.string } }

  /// The error code of a response; nil if it is none.
  var errorCode: JSONValue? { self["error"]?["code"] }
}
