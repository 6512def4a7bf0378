import OVSWire
import Testing

@testable import OVSAccounts

extension Request {
  /// The request that a line asks for.
  static func line(_ line: String) throws -> Request {
    var reader = EnvelopeReader(table: .standard)
    let bytes = Array(line.utf8)
    guard case .single(.request(let request)) = reader.read(bytes.span) else {
      throw Failure(.invalidEnvelope, "not a request: \(line)")
    }
    return request
  }

  /// A request for the command `OVS_CMD_` + `name` with `data`, an object.
  static func named(_ name: String, _ data: String = "{}") throws -> Request {
    try line(#"{"cmd":"OVS_CMD_\#(name)","data":\#(data)}"#)
  }

  /// A request for the command `OVS_CMD_` + `name` with parameters by position.
  static func positional(_ name: String, _ params: String) throws -> Request {
    try line(#"{"jsonrpc":"2.0","method":"OVS_CMD_\#(name)","params":\#(params),"id":1}"#)
  }

  /// The parameters after their checks.
  var arguments: Arguments { get throws(Failure) { try Arguments(parameters) } }

  /// Why the parameters are refused.
  var refusal: Failure {
    get throws {
      do throws(Failure) {
        _ = try arguments
      } catch {
        return error
      }
      throw Failure(.ok, "the parameters were taken: \(parameters)")
    }
  }
}

extension Failure {
  subscript(detail name: String) -> JSONValue? { details.first { $0.name == name }?.value }

  var field: String? { self[detail: "field"]?.string }

  var outcome: String? { self[detail: "outcome"]?.string }
}

extension JSONValue {
  /// The value that `text` holds.
  init(json text: String) throws {
    var document = JSONDocument()
    let bytes = Array(text.utf8)
    try document.parse(bytes.span)
    self = document.value(of: document.root)
  }
}
