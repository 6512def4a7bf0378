import Testing

@testable import OVSWire

/// The structural rules of JSON-RPC 2.0.
struct JSONRPCEnvelopeTests {
  @Test(arguments: [
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":1}"#, "json-rpc 1001 id=1"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","params":{},"id":"a"}"#, #"json-rpc 1001 id="a""#),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","params":[],"id":1.5}"#, "json-rpc 1001 id=1.5"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":null}"#, "json-rpc 1001 id=null"),
    (#"{"id":1,"params":{},"method":"OVS_CMD_LOGOUT","jsonrpc":"2.0"}"#, "json-rpc 1001 id=1"),
    (#"{"\u006asonrpc":"\u0032.0","m\u0065thod":"OVS_CMD_LOGOUT","id":1}"#, "json-rpc 1001 id=1"),
  ])
  func `A request object is a request for the command it names`(line: String, summary: String) {
    #expect(Heard(line).summary == summary, "\(line)")
  }

  @Test(arguments: [
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT"}"#, "json-rpc 1001 unanswered"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","params":[1,2]}"#, "json-rpc 1001 unanswered"),
    (#"{"jsonrpc":"2.0","method":"foobar"}"#, "json-rpc unknownCommand field=method unanswered"),
  ])
  func `A request without an identifier is a notification, which nobody answers`(line: String, summary: String) {
    #expect(Heard(line).summary == summary, "\(line)")
  }

  @Test(arguments: [
    (#"{"jsonrpc":"1.0","method":"OVS_CMD_LOGOUT","id":1}"#, "id=1 invalidEnvelope field=jsonrpc"),
    (#"{"jsonrpc":2.0,"method":"OVS_CMD_LOGOUT","id":1}"#, "id=1 invalidEnvelope field=jsonrpc"),
    (#"{"jsonrpc":"2","method":"OVS_CMD_LOGOUT","id":1}"#, "id=1 invalidEnvelope field=jsonrpc"),
    (#"{"jsonrpc":null,"method":"OVS_CMD_LOGOUT"}"#, "invalidEnvelope field=jsonrpc"),
    (#"{"jsonrpc":"2.0","id":1}"#, "id=1 invalidEnvelope field=method"),
    (#"{"jsonrpc":"2.0"}"#, "invalidEnvelope field=method"),
    (#"{"jsonrpc":"2.0","method":1,"id":"x"}"#, #"id="x" invalidEnvelope field=method"#),
    (#"{"jsonrpc":"2.0","method":1001}"#, "invalidEnvelope field=method"),
    (#"{"jsonrpc":"2.0","method":null}"#, "invalidEnvelope field=method"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","params":null,"id":1}"#, "id=1 invalidEnvelope field=params"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","params":"bar"}"#, "invalidEnvelope field=params"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","params":1,"id":1}"#, "id=1 invalidEnvelope field=params"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":true}"#, "invalidEnvelope field=id"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":{}}"#, "invalidEnvelope field=id"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":[1]}"#, "invalidEnvelope field=id"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","parms":[],"id":1}"#, "id=1 invalidEnvelope field=parms"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","cmd":1001,"id":1}"#, "id=1 invalidEnvelope field=cmd"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","method":"x","id":1}"#, "id=1 invalidEnvelope field=method"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":1,"id":1}"#, "invalidEnvelope field=id"),
    (#"{"jsonrpc":"2.0","jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":1}"#, "id=1 invalidEnvelope field=jsonrpc"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","params":{"a":1,"a":1},"id":1}"#, "id=1 invalidEnvelope field=a"),
    (#"{"jsonrpc":"2.0","method":"OVS_CMD_CANCEL","params":{"id":1,"id":1},"id":7}"#, "id=7 invalidEnvelope field=id"),
    (#"{"jsonrpc":"2.0","method":"logout","id":1}"#, "id=1 unknownCommand field=method"),
    (#"{"jsonrpc":"2.0","method":"","id":null}"#, "id=null unknownCommand field=method"),
    (#"{"jsonrpc":"2.0","method":"1001","id":1}"#, "id=1 unknownCommand field=method"),
  ])
  func `A malformed request is answered with the member at fault`(line: String, summary: String) {
    #expect(Heard(line).summary == "json-rpc " + summary, "\(line)")
  }

  @Test(arguments: [
    ("[]", "json-rpc invalidEnvelope"), ("[1]", "[json-rpc invalidEnvelope]"),
    (#"[1,"x",null,[]]"#, "[" + Array(repeating: "json-rpc invalidEnvelope", count: 4).joined(separator: ", ") + "]"),
    (#"[{}]"#, "[json-rpc invalidEnvelope field=jsonrpc]"), (#"[{"cmd":21}]"#, "[json-rpc invalidEnvelope field=cmd]"),
    (
      #"[{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":2},{"foo":"boo"},{"jsonrpc":"2.0","method":"OVS_CMD_GET_INFO"},"#
        + #"{"jsonrpc":"2.0","method":"nope","id":3}]"#,
      "[json-rpc 1001 id=2, json-rpc invalidEnvelope field=foo, json-rpc 1006 unanswered, "
        + "json-rpc id=3 unknownCommand field=method]"
    ),
    (
      #"[{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":1,"id":2},{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT","id":3}]"#,
      "[json-rpc invalidEnvelope field=id, json-rpc 1001 id=3]"
    ),
  ])
  func `Each element of a batch is a message of its own, and an empty batch is one error`(line: String, summary: String)
  {
    #expect(Heard(line).summary == summary, "\(line)")
  }

  @Test(arguments: [1000, 1001, 100_000])
  func `A batch of elements too short for requests is one error, once it is long`(count: Int) {
    let heard = Heard("[" + repeatElement("1", count: count).joined(separator: ",") + "]")
    #expect(heard.isBatch == (count <= 1000) && heard.items.count == (count <= 1000 ? count : 1))
    #expect(heard.items.allSatisfy { $0.summary == "json-rpc invalidEnvelope" })
  }

  @Test func `A long batch of requests is taken`() {
    let request = #"{"jsonrpc":"2.0","method":"OVS_CMD_LOGOUT"}"#
    let heard = Heard("[" + repeatElement(request, count: 3000).joined(separator: ",") + "]")
    #expect(heard.items.count == 3000 && heard.items.allSatisfy { $0.failure == nil })
  }

  @Test func `A batch asks once what there is to call, since the answer is long`() {
    let discover = #"{"jsonrpc":"2.0","method":"rpc.discover","id":1}"#
    #expect(Heard(discover).summary == "json-rpc 0 id=1")
    #expect(
      Heard("[\(discover),\(discover),\(discover)]").summary
        == "[json-rpc 0 id=1, json-rpc id=1 invalidEnvelope field=method, json-rpc id=1 invalidEnvelope field=method]")
  }
}
