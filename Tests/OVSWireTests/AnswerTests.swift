import Testing

@testable import OVSWire

/// The exact text of answers in both dialects.
struct AnswerTests {
  /// Answers the request in `line` with `result`.
  private func answer(_ line: String, _ result: Result<JSONValue, Failure>) throws -> String {
    let item = try #require(Heard(line).only)
    return JSONWriter.text { $0.answer(result, command: item.command, to: item.reply) }
  }

  private static let type = JSONValue.object([.init("type", .string("12"))])

  @Test(
    arguments: [
      (
        #"{"cmd":21}"#, .null,
        #"{"notification":21,"name":"OVS_NOTIFY_ADD_CLIENT","error":0,"error_name":"OVS_ERR_OK","data":null}"#
      ),
      (
        #"{"cmd":18,"id":7}"#, type,
        #"{"notification":18,"name":"OVS_NOTIFY_GET_ACCOUNT_TYPE","error":0,"error_name":"OVS_ERR_OK","data":{"type":"12"},"id":7}"#
      ),
      (
        #"{"cmd":1001,"id":"\u0061"}"#, .null,
        #"{"notification":1001,"name":"OVS_NOTIFY_LOGOUT","error":0,"error_name":"OVS_ERR_OK","data":null,"id":"\u0061"}"#
      ),
      (#"{"jsonrpc":"2.0","method":"OVS_CMD_ADD_CLIENT","id":1}"#, .null, #"{"jsonrpc":"2.0","result":null,"id":1}"#),
      (
        #"{"jsonrpc":"2.0","method":"OVS_CMD_GET_ACCOUNT_TYPE","id":"x"}"#, type,
        #"{"jsonrpc":"2.0","result":{"type":"12"},"id":"x"}"#
      ),
      (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":null}"#, .null, #"{"jsonrpc":"2.0","result":null,"id":null}"#),
    ] as [(String, JSONValue, String)])
  func `A success`(line: String, data: JSONValue, expected: String) throws {
    #expect(try answer(line, .success(data)) == expected)
  }

  private static let limited = Failure(
    .rateLimited, "wait a \"little\"", details: [.init("retry_after_s", .integer(7))])

  @Test(
    arguments: [
      (
        #"{"cmd":21,"id":7}"#, limited,
        #"{"notification":21,"name":"OVS_NOTIFY_ADD_CLIENT","error":17,"error_name":"OVS_ERR_RATE_LIMITED","data":null,"#
          + #""message":"wait a \"little\"","retryable":true,"details":{"retry_after_s":7},"id":7}"#
      ),
      (
        #"{"cmd":22}"#, Failure(.timeout, outcome: .unknown, "too late"),
        #"{"notification":22,"name":"OVS_NOTIFY_CLOSE_CLIENT","error":21,"error_name":"OVS_ERR_TIMEOUT","data":null,"#
          + #""message":"too late; whether the change took effect is not known","retryable":false,"details":{"outcome":"unknown"}}"#
      ),
      (
        #"{"cmd":22}"#, Failure(.notLoggedIn, "log in"),
        #"{"notification":22,"name":"OVS_NOTIFY_CLOSE_CLIENT","error":11,"error_name":"OVS_ERR_NOT_LOGGED_IN","data":null,"#
          + #""message":"log in","retryable":false,"details":{}}"#
      ),
      (
        #"{"jsonrpc":"2.0","method":"OVS_CMD_ADD_CLIENT","id":1}"#, limited,
        #"{"jsonrpc":"2.0","error":{"code":17,"message":"wait a \"little\"","data":{"name":"OVS_ERR_RATE_LIMITED","#
          + #""retryable":true,"retry_after_s":7}},"id":1}"#
      ),
      (
        #"{"jsonrpc":"2.0","method":"OVS_CMD_ADD_CLIENT","id":"x"}"#, Failure(.missingParams, field: "email", "email!"),
        #"{"jsonrpc":"2.0","error":{"code":-32602,"message":"email!","data":{"name":"OVS_ERR_MISSING_PARAMS","#
          + #""retryable":false,"field":"email"}},"id":"x"}"#
      ),
    ] as [(String, Failure, String)])
  func `A failure`(line: String, failure: Failure, expected: String) throws {
    #expect(try answer(line, .failure(failure)) == expected)
  }

  @Test(arguments: [
    (
      "oops",
      #"{"notification":0,"name":"OVS_NOTIFY_ERROR","error":2,"error_name":"OVS_ERR_PARSE","data":null,"message":"no",""#
        + #"retryable":false,"details":{}}"#
    ),
    (
      #"{"id":7,"cmd":"#,
      #"{"notification":0,"name":"OVS_NOTIFY_ERROR","error":2,"error_name":"OVS_ERR_PARSE","data":null,"message":"no",""#
        + #"retryable":false,"details":{},"id":7}"#
    ),
    (
      #"{"jsonrpc":"2.0","#,
      #"{"jsonrpc":"2.0","error":{"code":-32700,"message":"no","data":{"name":"OVS_ERR_PARSE","retryable":false}},"id":null}"#
    ),
  ])
  func `A line that names no command`(line: String, expected: String) throws {
    #expect(try answer(line, .failure(Failure(.parse, "no"))) == expected)
  }

  @Test func `An answer is one line even where what it holds breaks lines`() throws {
    let text = "a\n\u{2028}\u{2029}\r"
    for line in ["{\"cmd\":10,\"id\":\"\u{2028}\"}", "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"id\":\"\u{2029}\"}"] {
      for result in [.success(.string(text)), .failure(Failure(.rejected, text))] as [Result<JSONValue, Failure>] {
        let written = try answer(line, result)
        #expect(!written.contains { $0.isNewline }, "\(written.debugDescription)")
      }
    }
  }

  @Test(
    arguments: [
      (
        Event(.sessionExpired, [.init("email", .string("a@b"))]), Dialect.native,
        #"{"notification":1100,"name":"OVS_NOTIFY_SESSION_EXPIRED","error":0,"error_name":"OVS_ERR_OK","data":{"email":"a@b"}}"#
      ),
      (
        Event(.sessionExpired, [.init("email", .string("a@b"))]), .jsonRPC,
        #"{"jsonrpc":"2.0","method":"OVS_NOTIFY_SESSION_EXPIRED","params":{"email":"a@b"}}"#
      ),
      (
        Event(
          .sandboxMail, [.init("to", .string("a@b")), .init("subject", .string("s")), .init("password", .string("p"))]),
        .native,
        #"{"notification":1200,"name":"OVS_NOTIFY_SANDBOX_MAIL","error":0,"error_name":"OVS_ERR_OK","#
          + #""data":{"to":"a@b","subject":"s","password":"p"}}"#
      ),
    ] as [(Event, Dialect, String)])
  func `An event, which never has an identifier`(event: Event, dialect: Dialect, expected: String) {
    #expect(JSONWriter.text { $0.event(event, in: dialect) } == expected)
  }
}
