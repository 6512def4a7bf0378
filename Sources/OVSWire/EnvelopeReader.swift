/// Reads lines in both dialects.
///
/// The dialect is told line by line: an array, or an object with a `jsonrpc` member, is JSON-RPC; any other object is
/// native. A line that neither can be read from is answered as JSON-RPC if it holds `"jsonrpc"` or the last line that
/// could be read was JSON-RPC, and natively otherwise.
public struct EnvelopeReader {
  /// Bytes that no JSON-RPC request goes without.
  private static let shortestRequest = 30
  /// A batch of so many elements may hold anything.
  private static let smallBatch = 1000

  private let table: CommandTable
  private var document = JSONDocument()
  private var lastDialect = Dialect.native

  /// A reader that knows the commands of `table`.
  public init(table: CommandTable) {
    self.table = table
  }

  /// Reads a line.
  public mutating func read(_ line: Span<UInt8>) -> Message {
    do {
      try document.parse(line)
    } catch {
      return .single(
        unreadable(
          Failure(
            .parse, "the line can't be read as JSON: at byte \(error.offset): \(error.reason)",
            details: [.init("offset", .integer(error.offset))]),
          dialect: TokenSearch.isFound(in: line) ? .jsonRPC : lastDialect))
    }
    let root = document.root
    switch document.kind(of: root) {
    case .object:
      let envelope = Envelope(document, root)
      lastDialect = envelope.isJSONRPC ? .jsonRPC : .native
      return .single(envelope.isJSONRPC ? jsonRPC(envelope, root) : native(envelope, root))
    case .array:
      lastDialect = .jsonRPC
      let count = document.count(of: root)
      // Each element is answered. Without this a line of ones would get an answer a hundred times its size.
      guard count <= Self.smallBatch || count <= line.count / Self.shortestRequest else {
        return .single(
          .fault(
            Failure(
              .invalidEnvelope, "the batch has \(count) elements in \(line.count) bytes, which can't be requests"),
            command: nil, .init(.jsonRPC, id: nil)))
      }
      guard count > 0 else {
        return .single(
          .fault(
            Failure(.invalidEnvelope, "a batch holds at least one request"), command: nil, .init(.jsonRPC, id: nil)))
      }
      return .batch(document.elements(of: root).map { jsonRPC(Envelope(document, $0), $0) })
    case .null, .true, .false, .number, .string:
      return .single(
        unreadable(
          Failure(.invalidEnvelope, "a line holds a JSON object, such as {\"cmd\":1006}, or a JSON-RPC batch"),
          dialect: TokenSearch.isFound(in: line) ? .jsonRPC : lastDialect))
    }
  }

  /// Makes what can be made of a line over the limit: an error under the identifier that its start holds.
  public mutating func read(_ line: LineSplitter.OverlongLine, limit: Int) -> Message {
    // What was kept breaks off somewhere, so the scan ends in an error; the members before that are what is wanted.
    try? document.parse(line.start.span)
    return .single(
      unreadable(
        Failure(
          .lineTooLong,
          "the line has \(line.count) bytes; at most \(limit) are taken (--max-line-bytes)",
          details: [.init("limit", .integer(limit)), .init("bytes", .integer(line.count))]),
        dialect: line.mentionsJSONRPC ? .jsonRPC : lastDialect))
  }

  /// A line that names no command, answered under the identifier that could be read before its fault.
  ///
  /// JSON-RPC wants null where a request can't be parsed (section 5), so only native answers have one.
  private func unreadable(_ failure: Failure, dialect: Dialect) -> Incoming {
    var id: Node?
    if dialect == .native, document.kind(of: document.root) == .object {
      for member in document.members(of: document.root) where document.string(of: member.name) == "id" {
        if id != nil { return .fault(failure, command: nil, .init(dialect, id: nil)) }
        id = member.value
      }
    }
    return .fault(failure, command: nil, .init(dialect, id: id.flatMap { requestID($0, orNull: false) }))
  }

  // MARK: The dialects

  private typealias Node = JSONDocument.Node

  /// A member of an envelope, of either dialect.
  private enum Member: UInt8 {
    case cmd, data, id, timeout, jsonrpc, method, params

    static let native: [Member] = [.cmd, .data, .id, .timeout]
    static let jsonRPC: [Member] = [.jsonrpc, .method, .params, .id, .timeout]

    var name: StaticString {
      switch self {
      case .cmd: "cmd"
      case .data: "data"
      case .id: "id"
      case .timeout: "timeout_ms"
      case .jsonrpc: "jsonrpc"
      case .method: "method"
      case .params: "params"
      }
    }

    /// The member that a name means; nil for any other.
    init?(_ document: JSONDocument, _ name: Node) {
      var number: UInt8 = 0
      while let member = Member(rawValue: number) {
        if document.means(member.name, name) {
          self = member
          return
        }
        number += 1
      }
      return nil
    }
  }

  /// The values of an envelope's members.
  private struct Envelope {
    private var nodes = InlineArray<7, Node?>(repeating: nil)
    private var counts = InlineArray<7, UInt8>(repeating: 0)
    private var hasOthers = false

    /// The members of an object; none of anything else.
    init(_ document: JSONDocument, _ node: Node) {
      for (name, value) in document.members(of: node) {
        guard let member = Member(document, name) else {
          hasOthers = true
          continue
        }
        nodes[Int(member.rawValue)] = value
        counts[Int(member.rawValue)] = min(2, counts[Int(member.rawValue)] + 1)
      }
    }

    /// The value of a member that stands once: which of two was meant can't be known.
    subscript(member: Member) -> Node? { counts[Int(member.rawValue)] == 1 ? nodes[Int(member.rawValue)] : nil }

    var isJSONRPC: Bool { counts[Int(Member.jsonrpc.rawValue)] > 0 }

    /// Whether all its members are among `known`.
    func hasOnly(_ known: [Member]) -> Bool {
      if hasOthers { return false }
      var count = 0
      for index in counts.indices where counts[index] > 0 { count += 1 }
      return known.count { counts[Int($0.rawValue)] > 0 } == count
    }
  }

  private func native(_ envelope: Envelope, _ node: Node) -> Incoming {
    let id = envelope[.id].flatMap { requestID($0, orNull: false) }
    let reply = ReplyAddress(.native, id: id)
    let named = envelope[.cmd].map(command)
    let command = try? named?.get()

    func fault(_ failure: Failure) -> Incoming { .fault(failure, command: command, reply) }
    if let failure = memberFault(envelope, node, Member.native) { return fault(failure) }
    if envelope[.id] != nil, id == nil {
      return fault(Failure(.invalidEnvelope, field: "id", "\"id\" must be a string or a number"))
    }
    switch named {
    case nil:
      return fault(Failure(.invalidEnvelope, field: "cmd", "the envelope has no \"cmd\", the command's number or name"))
    case .failure(let failure): return fault(failure)
    case .success(let command):
      let parameters: [JSONValue.Member]
      let data = envelope[.data]
      switch data.map(document.kind) {
      case nil, .null: parameters = []
      case .object: parameters = data.map(members) ?? []
      default: return fault(Failure(.invalidEnvelope, field: "data", "\"data\" must be an object"))
      }
      do {
        return .request(
          Request(command, .named(parameters), timeout: try duration(envelope[.timeout]), reply: reply))
      } catch {
        return fault(error)
      }
    }
  }

  private func jsonRPC(_ envelope: Envelope, _ node: Node) -> Incoming {
    let id = envelope[.id].flatMap { requestID($0, orNull: true) }

    func invalid(_ field: String?, _ message: String) -> Incoming {
      .fault(
        field.map { Failure(.invalidEnvelope, field: $0, message) } ?? Failure(.invalidEnvelope, message),
        command: nil, .init(.jsonRPC, id: id))
    }
    guard document.kind(of: node) == .object else { return invalid(nil, "a request is a JSON object") }
    if let failure = memberFault(envelope, node, Member.jsonRPC) {
      return .fault(failure, command: nil, .init(.jsonRPC, id: id))
    }
    if envelope[.id] != nil, id == nil { return invalid("id", "\"id\" must be a string, a number or null") }
    guard let version = envelope[.jsonrpc], document.kind(of: version) == .string, document.means("2.0", version) else {
      return invalid("jsonrpc", "\"jsonrpc\" must be \"2.0\"")
    }
    guard let method = envelope[.method], document.kind(of: method) == .string else {
      return invalid("method", "\"method\" must be a command's name, a string")
    }
    let parameters: Request.Parameters
    let params = envelope[.params]
    switch params.map(document.kind) {
    case nil: parameters = .named([])
    case .object: parameters = .named(params.map(members) ?? [])
    case .array: parameters = .positional(params.map { document.elements(of: $0).map(document.value) } ?? [])
    default: return invalid("params", "\"params\" must be an object or an array")
    }
    let milliseconds: Duration?
    do { milliseconds = try duration(envelope[.timeout]) } catch {
      return .fault(error, command: nil, .init(.jsonRPC, id: id))
    }

    let reply = ReplyAddress(.jsonRPC, id: id, wantsAnswer: envelope[.id] != nil)
    let name = document.string(of: method)
    guard let command = table[name] else { return .fault(unknownCommand(name, field: "method"), command: nil, reply) }
    return .request(Request(command, parameters, timeout: milliseconds, reply: reply))
  }

  // MARK: Members

  private func memberFault(_ envelope: Envelope, _ node: Node, _ known: [Member]) -> Failure? {
    if let (name, offset) = document.duplicate(in: node) {
      return Failure(
        .invalidEnvelope,
        "the member \(quoted(name)) stands twice in one object, the second time at byte \(offset); say once what is meant",
        details: [.init("field", .string(name)), .init("offset", .integer(offset))])
    }
    if envelope.hasOnly(known) { return nil }
    let unknown = document.members(of: node).first { member in !known.contains { document.means($0.name, member.name) }
    }
    guard let name = unknown.map({ document.string(of: $0.name) }) else { return nil }
    // The dialects are told apart by "jsonrpc" alone, which is easily forgotten, or left over.
    let names = known.map(\.name.description)
    let isOfTheOther = (Member.native + Member.jsonRPC).contains { $0.name.description == name }
    let hint =
      known == Member.jsonRPC
      ? "; a native envelope has no \"jsonrpc\"" : "; a JSON-RPC request has \"jsonrpc\":\"2.0\""
    return Failure(
      .invalidEnvelope, field: name,
      "an envelope has no member \(quoted(name))\(suggestion(for: name, among: names)); its members are "
        + names.joined(separator: ", ") + (isOfTheOther ? hint : ""))
  }

  private func requestID(_ node: Node, orNull: Bool) -> RequestID? {
    switch document.kind(of: node) {
    case .string, .number: RequestID(text: document.text(of: node))
    case .null: orNull ? RequestID(text: "null") : nil
    case .true, .false, .array, .object: nil
    }
  }

  /// The command of a native `cmd`: its number, or its name as a string.
  private func command(_ node: Node) -> Result<Command, Failure> {
    switch document.kind(of: node) {
    case .string:
      let name = document.string(of: node)
      if let command = table[name] { return .success(command) }
      if let number = Int(name), String(number) == name, table[number] != nil {
        return .failure(
          Failure(.unknownCommand, field: "cmd", "a command's number is written without quotes: \"cmd\":\(name)"))
      }
      return .failure(unknownCommand(name, field: "cmd"))
    case .number:
      if let number = document.integer(of: node), let command = table[number] { return .success(command) }
      let text = document.text(of: node)
      guard text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
      else { fallthrough }
      return .failure(
        Failure(
          .unknownCommand, field: "cmd",
          "no command has the number \(text.prefix(20))\(text.utf8.count > 20 ? "…" : ""); ovs-bridge --commands lists them"
        ))
    default:
      return .failure(
        Failure(.invalidEnvelope, field: "cmd", "\"cmd\" must be a command's number, or its name as a string"))
    }
  }

  private func unknownCommand(_ name: String, field: String) -> Failure {
    Failure(
      .unknownCommand, field: field,
      "no command is called \(quoted(name))\(suggestion(for: name, among: table.rows.lazy.map(\.name)));"
        + " ovs-bridge --commands lists them")
  }

  private func members(_ node: Node) -> [JSONValue.Member] {
    document.members(of: node).map { .init(document.string(of: $0.name), document.value(of: $0.value)) }
  }

  private func duration(_ node: Node?) throws(Failure) -> Duration? {
    guard let node else { return nil }
    guard document.kind(of: node) == .number, let milliseconds = Int32(document.text(of: node)), milliseconds > 0 else {
      throw Failure(
        .invalidEnvelope, field: "timeout_ms",
        "\"timeout_ms\" must be a whole number of milliseconds from 1 to \(Int32.max)")
    }
    return .milliseconds(Int(milliseconds))
  }
}
