/// Reads lines in both dialects.
///
/// The dialect is told line by line: an array, or an object with a `jsonrpc` member, is JSON-RPC; any other object is
/// native. A line that neither can be read from is answered as JSON-RPC if it holds `"jsonrpc"` or the last line that
/// could be read was JSON-RPC, and natively otherwise.
public struct EnvelopeReader: ~Copyable {
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
        unreadable(.unreadable(error), dialect: TokenSearch.isFound(in: line) ? .jsonRPC : lastDialect))
    }
    let root = document.root
    switch document.kind(of: root) {
    case .object:
      let envelope = Envelope(document, root)
      lastDialect = envelope.isJSONRPC ? .jsonRPC : .native
      return .single(envelope.isJSONRPC ? jsonRPC(envelope, root) : native(envelope, root))
    case .array:
      lastDialect = .jsonRPC
      if let failure = Self.refusal(ofBatchOf: document.count(of: root), bytes: line.count) {
        return .single(unreadable(failure, dialect: .jsonRPC))
      }
      return .batch(batch(root))
    case .null, .true, .false, .number, .string:
      return .single(
        unreadable(
          Failure(.invalidEnvelope, "a line holds a JSON object, such as {\"cmd\":1006}, or a JSON-RPC batch"),
          dialect: TokenSearch.isFound(in: line) ? .jsonRPC : lastDialect))
    }
  }

  /// Forgets the line: it may have held secrets.
  public mutating func forget() { document.reset() }

  /// Makes what can be made of a line over the limit: an error under the identifier that its start holds.
  public mutating func read(_ line: LineSplitter.OverlongLine, limit: Int) -> Message {
    // What was kept breaks off somewhere, so the scan ends in an error; the members before that are what is wanted.
    try? document.parse(line.start.span)
    return .single(
      unreadable(
        .overlong(line.count, limit: limit), dialect: line.mentionsJSONRPC ? .jsonRPC : lastDialect))
  }

  /// The elements of a batch.
  private func batch(_ root: Node) -> [Incoming] {
    var discoveries = 0
    return document.elements(of: root).map { element in
      let incoming = jsonRPC(Envelope(document, element), element)
      guard case .request(let request) = incoming, request.command === CommandTable.discover else { return incoming }
      discoveries += 1
      // The answers to a batch are held until the last is there. Those to a line of these would take hundreds of MiB.
      if discoveries == 1 { return incoming }
      let failure = Failure(.invalidEnvelope, field: "method", "a batch holds \(request.command.name) at most once")
      return .fault(Fault(failure, command: nil, request.reply))
    }
  }

  /// Why a batch can't be one of requests; nil if it can.
  static func refusal(ofBatchOf count: Int, bytes: Int) -> Failure? {
    if count == 0 { return Failure(.invalidEnvelope, "a batch holds at least one request") }
    // Each element is answered. Without this a line of ones would get an answer a hundred times its size.
    if count <= smallBatch || count <= bytes / shortestRequest { return nil }
    return Failure(.invalidEnvelope, "the batch has \(count) elements in \(bytes) bytes, which can't be requests")
  }

  /// A line that names no command, answered under the identifier that could be read before its fault.
  ///
  /// JSON-RPC wants null where a request can't be parsed (section 5), so only native answers have one.
  private func unreadable(_ failure: Failure, dialect: Dialect) -> Incoming {
    var id: Node?
    if dialect == .native, document.kind(of: document.root) == .object {
      for member in document.members(of: document.root) where document.string(of: member.name) == "id" {
        if id != nil { return .fault(Fault(failure, command: nil, .init(dialect, id: nil))) }
        id = member.value
      }
    }
    return .fault(Fault(failure, command: nil, .init(dialect, id: id.flatMap { requestID($0, orNull: false) })))
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
    @inline(__always)
    init?(_ document: borrowing JSONDocument, _ name: Node) {
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
    init(_ document: borrowing JSONDocument, _ node: Node) {
      document.forEachMember(of: node) { name, value in
        guard let member = Member(document, name) else {
          hasOthers = true
          return
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
    var command: Command?
    do throws(Failure) {
      var unnamed: Failure?
      if let cmd = envelope[.cmd] {
        do throws(Failure) { command = try self.command(cmd) } catch { unnamed = error }
      } else {
        unnamed = Failure(
          .invalidEnvelope, field: "cmd", "the envelope has no \"cmd\", the command's number or name")
      }
      try checkMembers(envelope, node, Member.native)
      if envelope[.id] != nil, id == nil {
        throw Failure(.invalidEnvelope, field: "id", "\"id\" must be a string or a number")
      }
      if let unnamed { throw unnamed }
      guard let command else { preconditionFailure("a command is found or not") }
      var parameters = Parameters(of: command)
      if let data = envelope[.data] {
        switch document.kind(of: data) {
        case .null: break
        case .object: put(data, in: &parameters)
        default: throw Failure(.invalidEnvelope, field: "data", "\"data\" must be an object")
        }
      }
      return .request(Request(parameters, timeout: try duration(envelope[.timeout]), reply: reply))
    } catch {
      return .fault(Fault(error, command: command, reply))
    }
  }

  private func jsonRPC(_ envelope: Envelope, _ node: Node) -> Incoming {
    let id = envelope[.id].flatMap { requestID($0, orNull: true) }
    // What is no request is answered even without an identifier (section 5).
    var reply = ReplyAddress(.jsonRPC, id: id)
    do throws(Failure) {
      guard document.kind(of: node) == .object else {
        throw Failure(.invalidEnvelope, "a request is a JSON object")
      }
      try checkMembers(envelope, node, Member.jsonRPC)
      if envelope[.id] != nil, id == nil {
        throw Failure(.invalidEnvelope, field: "id", "\"id\" must be a string, a number or null")
      }
      guard let version = envelope[.jsonrpc], document.kind(of: version) == .string, document.means("2.0", version)
      else { throw Failure(.invalidEnvelope, field: "jsonrpc", "\"jsonrpc\" must be \"2.0\"") }
      guard let method = envelope[.method], document.kind(of: method) == .string else {
        throw Failure(.invalidEnvelope, field: "method", "\"method\" must be a command's name, a string")
      }
      let params = envelope[.params]
      let kind = params.map { document.kind(of: $0) } ?? .object
      guard kind == .object || kind == .array else {
        throw Failure(.invalidEnvelope, field: "params", "\"params\" must be an object or an array")
      }
      let timeout = try duration(envelope[.timeout])

      reply = ReplyAddress(.jsonRPC, id: id, wantsAnswer: envelope[.id] != nil)
      let name = document.string(of: method)
      guard let command = table.method(name) else {
        throw unknownCommand(name, field: "method", others: [CommandTable.discover.name])
      }
      var parameters = Parameters(of: command)
      if let params, kind == .array {
        parameters = Parameters(
          positional: document.elements(of: params).map { element in document.value(of: element) }, of: command)
      } else if let params {
        put(params, in: &parameters)
      }
      return .request(Request(parameters, timeout: timeout, reply: reply))
    } catch {
      return .fault(Fault(error, command: nil, reply))
    }
  }

  // MARK: Members

  /// Throws what is wrong with an envelope's members as such.
  private func checkMembers(_ envelope: Envelope, _ node: Node, _ known: [Member]) throws(Failure) {
    if let (name, offset) = document.duplicate(in: node) {
      throw .duplicate(name, at: offset)
    }
    if envelope.hasOnly(known) { return }
    let names = document.members(of: node).map { member in document.string(of: member.name) }
    guard let name = names.first(where: { name in !known.contains { $0.name.description == name } }) else { return }
    // The dialects are told apart by "jsonrpc" alone, which is easily forgotten, or left over.
    let knownNames = known.map(\.name.description)
    let isOfTheOther = (Member.native + Member.jsonRPC).contains { $0.name.description == name }
    let hint =
      known == Member.jsonRPC
      ? "; a native envelope has no \"jsonrpc\"" : "; a JSON-RPC request has \"jsonrpc\":\"2.0\""
    throw Failure(
      .invalidEnvelope, field: name,
      "an envelope has no member \(quoted(name))\(suggestion(for: name, among: knownNames)); its members are "
        + knownNames.joined(separator: ", ") + (isOfTheOther ? hint : ""))
  }

  private func requestID(_ node: Node, orNull: Bool) -> RequestID? {
    switch document.kind(of: node) {
    case .string, .number: RequestID(text: document.text(of: node))
    case .null: orNull ? RequestID(text: "null") : nil
    case .true, .false, .array, .object: nil
    }
  }

  /// The command of a native `cmd`: its number, or its name as a string.
  private func command(_ node: Node) throws(Failure) -> Command {
    switch document.kind(of: node) {
    case .string:
      let name = document.string(of: node)
      if let command = table[name] { return command }
      if let number = Int(name), String(number) == name, table[number] != nil {
        throw Failure(
          .unknownCommand, field: "cmd", "a command's number is written without quotes: \"cmd\":\(name)")
      }
      throw unknownCommand(name, field: "cmd")
    case .number:
      if let number = document.integer(of: node), let command = table[number] { return command }
      let text = document.text(of: node)
      guard text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
      else { fallthrough }
      throw Failure(
        .unknownCommand, field: "cmd",
        "no command has the number \(text.prefix(20))\(text.utf8.count > 20 ? "…" : ""); ovs-bridge --commands lists them"
      )
    default:
      throw Failure(.invalidEnvelope, field: "cmd", "\"cmd\" must be a command's number, or its name as a string")
    }
  }

  private func unknownCommand(_ name: String, field: String, others: [String] = []) -> Failure {
    Failure(
      .unknownCommand, field: field,
      "no command is called \(quoted(name))\(suggestion(for: name, among: table.rows.map(\.name) + others));"
        + " ovs-bridge --commands lists them")
  }

  /// Puts the members of an object in their places.
  private func put(_ object: Node, in parameters: inout Parameters) {
    let row = parameters.command.parameters
    var expected = 0
    document.forEachMember(of: object) { name, value in
      // Most come in the order of the row.
      var index = expected
      while index < row.count, !document.means(row[index].name, name) { index += 1 }
      if index == row.count {
        index =
          row.firstIndex { document.means($0.name, name) || $0.alias.map { document.means($0, name) } ?? false } ?? -1
      }
      if index < 0 {
        parameters.putUnknown(document.string(of: name))
      } else {
        parameters.put(document.value(of: value), at: index)
        expected = index + 1
      }
    }
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
