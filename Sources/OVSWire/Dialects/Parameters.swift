/// The parameters that came with a command, each in its place in the command's table row; their values are not checked
/// yet.
///
/// What can't be put in a place is a ``fault``, to be told in the command's turn. A null, and an empty optional string,
/// count as absent.
public struct Parameters: Sendable {
  /// The command they came with.
  public let command: Command
  /// The values in the order of the row, up to the last that came; nil for one that is absent.
  public private(set) var values: [JSONValue?] = []
  /// The first that has no place: INVALID_PARAMS with the `field` at fault, never with a value.
  public private(set) var fault: Failure?

  /// No parameters yet.
  public init(of command: Command) {
    self.command = command
  }

  /// Parameters in the order of the row: a JSON-RPC `params` array.
  public init(positional list: [JSONValue], of command: Command) {
    self.init(of: command)
    let row = command.parameters
    for (index, value) in list.enumerated().prefix(row.count) { put(value, at: index) }
    if list.count > row.count {
      fault = Failure(
        .invalidParams, field: "params",
        "\(command.name) takes \(row.isEmpty ? "no parameters" : "at most \(row.count)"), not \(list.count)")
    }
  }

  /// Puts a value in its place. Where another is there already, under the parameter's other name, they must be the same.
  mutating func put(_ value: consuming JSONValue, at index: Int) {
    let parameter = command.parameters[index]
    if value.isNull || !parameter.isRequired && value.isEmptyString { return }
    if values.isEmpty { values.reserveCapacity(command.parameters.count) }
    while values.count < index { values.append(nil) }
    if index == values.count {
      values.append(value)
    } else if let first = values[index] {
      guard first != value, fault == nil else { return }
      fault = Failure(
        .invalidParams, field: parameter.name,
        "\"\(parameter.name)\" and \"\(parameter.alias ?? "")\" are two names of one parameter, but their values differ"
      )
    } else {
      values[index] = value
    }
  }

  /// Says that there was a parameter that the command doesn't have.
  mutating func putUnknown(_ name: String) {
    guard fault == nil else { return }
    let names = command.parameters.map(\.name)
    fault = Failure(
      .invalidParams, field: name,
      "\(command.name) has no parameter \(quoted(name))\(suggestion(for: name, among: names))"
        + (names.isEmpty ? "; it takes none" : "; it takes " + names.joined(separator: ", ")))
  }

  /// Says what is wrong with the parameters, unless it is said already.
  mutating func refuse(_ failure: Failure) {
    if fault == nil { fault = failure }
  }
}

extension JSONValue {
  fileprivate var isNull: Bool {
    if case .null = self { true } else { false }
  }

  fileprivate var isEmptyString: Bool {
    if case .string(let text) = self { text.isEmpty } else { false }
  }
}
