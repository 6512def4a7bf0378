/// The native dialect as a JSON Schema (draft 2020-12): what a line may be that is sent, and what one is that comes back.
///
/// It holds what a schema can say. Members that stand twice, different values under two names of one parameter, a number's
/// spelling, lengths in bytes and the addresses of services are left to the bridge.
public enum NativeSchema {
  /// The schema for the commands of a table, as a version of the protocol has them.
  public static func document(of table: CommandTable, protocolVersion: Int) -> JSONValue {
    var definitions: [JSONValue.Member] = [
      .init("command", ["description": "A line that is sent.", "oneOf": references(table.rows.map(\.name))]),
      .init(
        "notification",
        [
          "description": "A line that comes back: the answer to a command, or an event.",
          "oneOf": references(
            table.rows.map(\.notificationName) + [JSONWriter.nameOfNone] + Event.Kind.allCases.map(\.name)),
        ]),
      .init(
        "id", ["description": "Of the sender's choice; it comes back with the answer.", "type": ["string", "number"]]),
      .init("failure", failure),
    ]
    definitions += table.rows.map { .init($0.name, $0.envelope) }
    definitions += table.rows.map { .init($0.notificationName, $0.answer) }
    definitions.append(
      .init(
        JSONWriter.nameOfNone, failedAnswer(0, JSONWriter.nameOfNone, "The answer to a line that names no command.")))
    definitions += Event.Kind.allCases.map { .init($0.name, $0.envelope) }
    return [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "$id": .string("urn:ovs-bridge:protocol:\(protocolVersion)"),
      "title": "ovs-bridge, native dialect",
      "description": "One line of the conversation, either way.",
      "anyOf": references(["command", "notification"]),
      "$defs": .object(definitions),
    ]
  }

  fileprivate static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/$defs/\(name)")] }

  private static func references(_ names: [String]) -> JSONValue { .array(names.map(reference)) }

  /// What every error has, whatever was asked.
  private static var failure: JSONValue {
    let pairs = ErrorCode.allFailures.map { code -> JSONValue in
      [
        "title": .string(code.row.name), "description": .string(code.row.summary),
        "properties": ["error": ["const": .integer(code.rawValue)], "error_name": ["const": .string(code.row.name)]],
      ]
    }
    return [
      "description": "The members by which an answer tells that a command was not carried out.",
      "required": ["error", "error_name", "data", "message", "retryable", "details"],
      "properties": [
        "data": ["type": "null"],
        "message": ["description": "one sentence for a person", "type": "string"],
        "retryable": ["description": "whether the same command may be sent again as it is", "type": "boolean"],
        "details": Failure.Detail.schema,
      ],
      "oneOf": .array(pairs),
    ]
  }

  fileprivate static func head(_ number: Int, _ name: String) -> [JSONValue.Member] {
    [.init("notification", ["const": .integer(number)]), .init("name", ["const": .string(name)])]
  }

  fileprivate static var success: [JSONValue.Member] {
    [
      .init("error", ["const": .integer(ErrorCode.ok.rawValue)]),
      .init("error_name", ["const": .string(ErrorCode.ok.row.name)]),
    ]
  }

  /// An answer that can be nothing but a failure.
  fileprivate static func failedAnswer(_ number: Int, _ name: String, _ summary: String) -> JSONValue {
    let others = ["error", "error_name", "data", "message", "retryable", "details"]
    return [
      "description": .string(summary),
      "type": "object",
      "allOf": [reference("failure")],
      "properties": .object(
        head(number, name) + others.map { .init($0, true) } + [.init("id", reference("id"))]),
      "required": ["notification", "name"],
      "additionalProperties": false,
    ]
  }
}

extension Failure.Detail {
  /// An error's details. There may be others in later versions.
  static var schema: JSONValue {
    [
      "description": "what a program can act on", "type": "object",
      "properties": .object(allCases.map { .init($0.rawValue, $0.member.schema) }),
    ]
  }
}

extension Command {
  /// The envelope that sends it.
  fileprivate var envelope: JSONValue {
    let needsData = parameters.contains(where: \.isRequired)
    let data: JSONValue = needsData ? parametersSchema : ["oneOf": [parametersSchema, ["type": "null"]]]
    return [
      "title": .string(name),
      "description": .string(summary),
      "type": "object",
      "properties": [
        "cmd": ["enum": [.integer(number), .string(name)]],
        "data": data,
        "id": NativeSchema.reference("id"),
        "timeout_ms": [
          "description": "how long it may take, in milliseconds", "type": "integer", "minimum": 1,
          "maximum": .integer(Int(Int32.max)),
        ],
      ],
      "required": needsData ? ["cmd", "data"] : ["cmd"],
      "additionalProperties": false,
    ]
  }

  /// The envelope that answers it.
  fileprivate var answer: JSONValue {
    let success: JSONValue = [
      "title": "success",
      "type": "object",
      "properties": .object(
        NativeSchema.head(number, notificationName) + NativeSchema.success + [
          .init("data", result.schema), .init("id", NativeSchema.reference("id")),
        ]),
      "required": ["notification", "name", "error", "error_name", "data"],
      "additionalProperties": false,
    ]
    return [
      "title": .string(notificationName),
      "oneOf": [success, NativeSchema.failedAnswer(number, notificationName, "failure")],
    ]
  }
}

extension Event.Kind {
  /// The envelope that tells of it.
  fileprivate var envelope: JSONValue {
    [
      "title": .string(name),
      "description": .string(summary),
      "type": "object",
      "properties": .object(
        NativeSchema.head(rawValue, name) + NativeSchema.success + [.init("data", Command.Member.schema(of: members))]),
      "required": ["notification", "name", "error", "error_name", "data"],
      "additionalProperties": false,
    ]
  }
}
