/// A call of a command and what comes of it, made from the values that its table row has as examples.
public struct Example: Sendable {
  /// What it shows.
  public let name: String
  /// The parameters, in the order of the row.
  public let parameters: [JSONValue.Member]
  /// The `data` of its success.
  public let data: JSONValue
}

extension Command {
  /// The calls of this command that the documents show: with all its parameters and, if some can be left out, without
  /// those.
  ///
  /// - Parameter table: the commands that there are, which one of them tells.
  public func examples(in table: CommandTable) -> [Example] {
    let all = parameters.map { JSONValue.Member($0.name, $0.example) }
    let required = parameters.filter(\.isRequired).map { JSONValue.Member($0.name, $0.example) }
    let object: JSONValue = .object(result.members.map { .init($0.name, $0.example(in: table)) })
    let (dataOfAll, dataOfRequired): (JSONValue, JSONValue) =
      switch result {
      case .null: (.null, .null)
      case .object: (object, object)
      case .objectOrNull: (.null, object)
      }
    if required.count == all.count { return [Example(name: name, parameters: all, data: dataOfAll)] }
    return [
      Example(name: "\(name) with all it takes", parameters: all, data: dataOfAll),
      Example(name: "\(name) with what it needs", parameters: required, data: dataOfRequired),
    ]
  }
}

extension Command.Member {
  fileprivate func example(in table: CommandTable) -> JSONValue {
    switch form {
    case .commandNumbers: table.numbers
    case .text, .secret, .choice, .date, .time, .count, .number, .bool, .requestID, .orNull: example
    }
  }
}

extension CommandTable {
  /// Each command's number by its name.
  public var numbers: JSONValue { .object(rows.map { .init($0.name, .integer($0.number)) }) }
}
