import OVSWire

/// A line of the native dialect as the bridge says it: the answer to a command, or an event.
struct NativeMessage {
  private var members: [JSONValue.Member]

  /// Takes the line's value, an object.
  init(_ value: JSONValue) {
    guard case .object(let members) = value else { preconditionFailure("the native dialect has objects alone") }
    self.members = members
  }

  /// The line's value.
  var value: JSONValue { .object(members) }

  /// The number of the command that it answers; nil for an event.
  var id: Int? { integer("id") }

  var code: ErrorCode { integer("error").flatMap(ErrorCode.init) ?? .internal }

  var name: String { value["name"]?.string ?? "" }

  var data: JSONValue { value["data"] ?? .null }

  /// The sentence of an error; empty where there is none.
  var message: String {
    get { value["message"]?.string ?? "" }
    set {
      for index in members.indices where members[index].name == "message" { members[index].value = .string(newValue) }
    }
  }

  /// The members of `details`, which errors have.
  var details: [JSONValue.Member] {
    guard case .object(let details)? = value["details"] else { return [] }
    return details
  }

  private func integer(_ name: String) -> Int? {
    guard case .number(let text)? = value[name] else { return nil }
    return Int(text)
  }
}
