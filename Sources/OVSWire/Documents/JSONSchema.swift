/// What the tables say of values, in JSON Schema (https://json-schema.org, draft 2020-12), with no keyword that draft 7
/// doesn't have too.

extension Command {
  /// What its parameters must be, as one object: what it takes as `data`, and as `params` by name.
  public var parametersSchema: JSONValue { Parameter.schema(of: parameters) }
}

extension Command.Parameter {
  /// What its value must be; of an optional one that it may be null or, of a string, empty.
  public var schema: JSONValue { schema(orNull: !isRequired) }

  private func schema(orNull: Bool) -> JSONValue {
    var members: [JSONValue.Member] = [.init("description", .string(summary))]
    let types = rule.types
    let all = orNull ? types + ["null"] : types
    members.append(.init("type", all.count == 1 ? all[0] : .array(all)))
    if let pattern = rule.pattern {
      members.append(.init("pattern", .string(isRequired ? "^\(pattern)$" : "^(\(pattern))?$")))
    } else if isRequired, rule.isNeverEmpty {
      members.append(.init("minLength", 1))
    }
    if let maximum = rule.maximumLength { members.append(.init("maxLength", .integer(maximum))) }
    if rule.isSecret { members.append(.init("writeOnly", true)) }
    members.append(.init("examples", [example]))
    return .object(members)
  }

  /// An object of the parameters given.
  static func schema(of parameters: [Command.Parameter]) -> JSONValue {
    var properties: [JSONValue.Member] = []
    var required: [JSONValue] = []
    var choices: [JSONValue] = []
    for parameter in parameters {
      guard let alias = parameter.alias else {
        properties.append(.init(parameter.name, parameter.schema))
        if parameter.isRequired { required.append(.string(parameter.name)) }
        continue
      }
      // Under either name; the other may be null.
      let names = [parameter.name, alias]
      properties += names.map { .init($0, parameter.schema(orNull: true)) }
      if parameter.isRequired {
        let isGiven = names.map { name -> JSONValue in
          [
            "required": [.string(name)],
            "properties": .object([.init(name, ["type": .array(parameter.rule.types)])]),
          ]
        }
        choices.append(["anyOf": .array(isGiven)])
      }
    }
    var schema: [JSONValue.Member] = [.init("type", "object"), .init("properties", .object(properties))]
    if !required.isEmpty { schema.append(.init("required", .array(required))) }
    if !choices.isEmpty { schema.append(.init("allOf", .array(choices))) }
    schema.append(.init("additionalProperties", false))
    return .object(schema)
  }
}

extension Command.Rule {
  /// Whether nobody else may see the value.
  public var isSecret: Bool {
    switch self {
    case .secret: true
    case .text, .email, .countryCode, .planType, .apiDomain, .requestID: false
    }
  }

  fileprivate var types: [JSONValue] {
    switch self {
    case .text, .secret, .email, .countryCode, .apiDomain: ["string"]
    case .planType: ["string", "integer"]
    case .requestID: ["string", "number"]
    }
  }

  /// A regular expression by ECMA-262 for the whole of a string.
  fileprivate var pattern: String? {
    switch self {
    case .email: #"[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+"#
    case .countryCode: "[A-Za-z]{2}"
    case .text, .secret, .planType, .apiDomain, .requestID: nil
    }
  }

  /// In characters, of which an e-mail may have fewer: its limit is one of bytes.
  fileprivate var maximumLength: Int? {
    switch self {
    case .email: 254
    case .text, .secret, .countryCode, .planType, .apiDomain, .requestID: nil
    }
  }

  fileprivate var isNeverEmpty: Bool {
    switch self {
    case .requestID: false
    case .text, .secret, .email, .countryCode, .planType, .apiDomain: true
    }
  }
}

extension Command.Result {
  /// The members of the object; none where there is never one.
  public var members: [Command.Member] {
    switch self {
    case .null: []
    case .object(let members), .objectOrNull(let members, _): members
    }
  }

  /// What the `data` of a success is.
  public var schema: JSONValue {
    switch self {
    case .null: ["type": "null"]
    case .object(let members): Command.Member.schema(of: members)
    case .objectOrNull(let members, let condition):
      [
        "description": .string("an object when \(condition), else null"),
        "oneOf": [Command.Member.schema(of: members), ["type": "null"]],
      ]
    }
  }
}

extension Command.Member {
  /// An object of the members given, all of which are there.
  public static func schema(of members: [Command.Member]) -> JSONValue {
    [
      "type": "object",
      "properties": .object(members.map { .init($0.name, $0.schema) }),
      "required": .array(members.map { .string($0.name) }),
      "additionalProperties": false,
    ]
  }

  /// What its value is.
  public var schema: JSONValue {
    var schema: [JSONValue.Member] = [.init("description", .string(summary))]
    let types = form.types
    schema.append(.init("type", types.count == 1 ? types[0] : .array(types)))
    schema += form.keywords
    if form.isSecret { schema.append(.init("readOnly", true)) }
    return .object(schema)
  }
}

extension Command.Form {
  /// Whether not everybody may see the value.
  public var isSecret: Bool {
    switch self {
    case .secret: true
    case .orNull(let form): form.isSecret
    case .text, .choice, .date, .time, .count, .number, .bool, .requestID, .commandNumbers: false
    }
  }

  fileprivate var types: [JSONValue] {
    switch self {
    case .text, .secret, .choice, .date, .time: ["string"]
    case .count: ["integer"]
    case .number: ["number"]
    case .bool: ["boolean"]
    case .requestID: ["string", "number"]
    case .commandNumbers: ["object"]
    case .orNull(let form): form.types + ["null"]
    }
  }

  fileprivate var keywords: [JSONValue.Member] {
    switch self {
    case .text, .secret, .bool, .requestID: []
    case .choice(let texts): [.init("enum", .array(texts.map { .string($0) }))]
    case .date: [.init("format", "date")]
    case .time: [.init("format", "date-time")]
    case .count, .number: [.init("minimum", 0)]
    case .commandNumbers: [.init("additionalProperties", ["type": "integer"])]
    case .orNull(let form): form.keywords
    }
  }
}
