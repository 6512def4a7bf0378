/// The JSON-RPC dialect as an OpenRPC document (https://spec.open-rpc.org, 1.3): what ``CommandTable/discover`` answers.
public enum OpenRPC {
  /// The version of the specification that documents follow.
  public static let version = "1.3.2"

  /// The document for the commands of a table.
  ///
  /// - Parameters:
  ///   - table: the commands.
  ///   - programVersion: the version of the program that carries them out.
  public static func document(of table: CommandTable, programVersion: String) -> JSONValue {
    [
      "openrpc": .string(version),
      "info": [
        "title": "ovs-bridge",
        "version": .string(programVersion),
        "description": """
        The User Management of the OVS VPN SDK over standard input and output, one JSON-RPC 2.0 message a line. A \
        request may also have "timeout_ms", beside "params". Events come as notifications before the response of the \
        request that caused them.
        """,
      ],
      "servers": [["name": "stdio", "url": "stdio:ovs-bridge", "summary": "the process's standard input and output"]],
      "methods": .array(table.rows.map { $0.method(in: table) }),
      "components": ["errors": .object(ErrorCode.allFailures.map { .init($0.row.name, $0.errorObject) })],
      "x-events": .array(Event.Kind.allCases.map(\.description)),
    ]
  }
}

extension Command {
  fileprivate func method(in table: CommandTable) -> JSONValue {
    [
      "name": .string(name),
      "summary": .string(summary),
      "description": .string(summary + needs.sentence),
      "paramStructure": isInOrder ? "either" : "by-name",
      "params": .array(positions.map { parameters[$0].contentDescriptor(at: $0) }),
      "result": ["name": "data", "schema": result.schema],
      // In place, not by reference: there are generators that don't follow one.
      "errors": .array(errors.filter(\.hasOwnCode).map(\.errorObject)),
      "examples": .array(examples(in: table).map(\.pairing)),
      "x-number": .integer(number),
    ]
  }

  /// Where its parameters stand in the row, those first that can't be left out. The specification wants them in this
  /// order, which is not always the SDK's.
  private var positions: [Int] {
    parameters.indices.filter { parameters[$0].isRequired } + parameters.indices.filter { !parameters[$0].isRequired }
  }

  /// Whether the order of the document is also the order of positional parameters.
  private var isInOrder: Bool { positions.elementsEqual(parameters.indices) }
}

extension Command.Needs {
  /// What must be set before, as a sentence behind another one; empty if nothing must.
  public var sentence: String {
    switch self {
    case .nothing: ""
    case .key: " Needs the API key."
    case .login: " Needs the API key and a session."
    }
  }
}

extension Command.Parameter {
  /// - Parameter position: its place among positional parameters, from 0.
  fileprivate func contentDescriptor(at position: Int) -> JSONValue {
    var description: [JSONValue.Member] = [.init("name", .string(name)), .init("summary", .string(summary))]
    if let alias { description.append(.init("description", .string("by name, it may also be called \(alias)"))) }
    description += [
      .init("required", .bool(isRequired)), .init("schema", schema), .init("x-position", .integer(position)),
    ]
    return .object(description)
  }
}

extension Example {
  /// Parameters and result as the specification's Example Pairing Object has them.
  fileprivate var pairing: JSONValue {
    [
      "name": .string(name),
      "params": .array(parameters.map { ["name": .string($0.name), "value": $0.value] }),
      "result": ["name": "data", "value": data],
    ]
  }
}

extension ErrorCode {
  /// All but that there is none.
  static let allFailures = allCases.filter { $0 != .ok }

  /// Whether its code in JSON-RPC is not one that the specification defines, and shared by others then.
  fileprivate var hasOwnCode: Bool { row.jsonRPCCode == rawValue }

  fileprivate var errorObject: JSONValue {
    [
      "code": .integer(row.jsonRPCCode),
      "message": .string(row.summary),
      "data": ["name": .string(row.name), "retryable": .bool(row.retry != .never)],
    ]
  }
}

extension Event.Kind {
  fileprivate var description: JSONValue {
    [
      "name": .string(name), "summary": .string(summary), "params": Command.Member.schema(of: members),
      "x-number": .integer(rawValue),
    ]
  }
}
