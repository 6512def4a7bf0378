import Testing

@testable import OVSWire

/// Which parameter each value belongs to, however it came. LOGIN takes an e-mail and a password, CHANGE_PLAN may do
/// without its e-mail, and SET_API_KEY's key has two names.
struct ParametersTests {
  /// The parameters of the command `OVS_CMD_` + `name`, which came as `params`.
  private func parameters(_ name: String, _ params: String) throws -> Parameters {
    let line = #"{"jsonrpc":"2.0","method":"OVS_CMD_\#(name)","params":\#(params),"id":1}"#
    return try #require(Heard(line).only?.parameters, "\(line) is no request")
  }

  @Test(
    arguments: [
      ("LOGIN", "{}", []), ("LOGIN", "[]", []), ("LOGIN", #"["a"]"#, [.string("a")]),
      ("LOGIN", #"["a",3]"#, [.string("a"), .integer(3)]), ("LOGIN", #"[null,3]"#, [nil, .integer(3)]),
      ("LOGIN", #"{"email":"a","password":"b"}"#, [.string("a"), .string("b")]),
      ("LOGIN", #"{"password":"b","email":"a"}"#, [.string("a"), .string("b")]),
      ("LOGIN", #"{"password":"b"}"#, [nil, .string("b")]), ("LOGIN", #"{"email":null}"#, []),
      ("LOGIN", #"{"p\u0061ssword":"b"}"#, [nil, .string("b")]), ("LOGIN", #"{"email":""}"#, [.string("")]),
      ("CHANGE_PLAN", #"{"type":[1],"email":""}"#, [nil, .array([.integer(1)])]),
      ("CHANGE_PLAN", #"["",7]"#, [nil, .integer(7)]),
      ("SET_API_KEY", #"{"api_domain":"k"}"#, [.string("k")]),
      ("SET_API_KEY", #"{"api_domain":"k","api_key":"k"}"#, [.string("k")]),
      ("SET_API_KEY", #"{"api_domain":null,"api_key":"k"}"#, [.string("k")]), ("LOGOUT", "[]", []),
    ] as [(String, String, [JSONValue?])])
  func `A value stands in the place of its parameter`(name: String, params: String, values: [JSONValue?]) throws {
    let parameters = try parameters(name, params)
    #expect(parameters.values == values && parameters.fault == nil, "\(name) \(params)")
  }

  @Test(
    arguments: [
      ("LOGIN", #"{"mail":"a","email":"b"}"#, "mail", [.string("b")]),
      ("LOGIN", #"{"mail":1,"pass":2}"#, "mail", []),
      ("LOGIN", #"{"EMAIL":"a"}"#, "EMAIL", []), ("LOGIN", #"{"email ":"a"}"#, "email ", []),
      ("LOGIN", #"{"":"a"}"#, "", []), ("LOGIN", "[1,2,3]", "params", [.integer(1), .integer(2)]),
      ("LOGOUT", "[null]", "params", []), ("LOGOUT", #"{"a":1}"#, "a", []),
      ("SET_API_KEY", #"{"api_domain":"k","api_key":"l"}"#, "api_key", [.string("k")]),
      ("SET_API_KEY", #"{"x":1,"api_domain":"k","api_key":"l"}"#, "x", [.string("k")]),
    ] as [(String, String, String, [JSONValue?])])
  func `What has no place is the fault, by its name, and the others keep theirs`(
    name: String, params: String, field: String, values: [JSONValue?]
  ) throws {
    let parameters = try parameters(name, params)
    #expect(parameters.fault?.code == .invalidParams && parameters.fault?.field == field, "\(name) \(params)")
    #expect(parameters.values == values, "\(name) \(params)")
  }
}
