import Testing

@testable import OVSWire

/// Lines of the SDK's own envelope.
struct NativeEnvelopeTests {
  @Test(arguments: [
    (#"{"cmd":21}"#, "native 21"), (#"{"cmd":"OVS_CMD_ADD_CLIENT"}"#, "native 21"),
    (#"{"cmd":"OVS_CMD_\u0041DD_CLIENT","id":"a"}"#, #"native 21 id="a""#),
    (#" { "cmd" : 1006 , "id" : 7 } "#, "native 1006 id=7"),
    (#"{"id":1.50,"cmd":10}"#, "native 10 id=1.50"), (#"{"cmd":10,"id":""}"#, #"native 10 id="""#),
    (#"{"cmd":10,"id":98765432109876543210}"#, "native 10 id=98765432109876543210"),
    (#"{"cmd":10,"data":null}"#, "native 10"), (#"{"cmd":10,"data":{}}"#, "native 10"),
    (#"{"\u0063md":10,"i\u0064":1}"#, "native 10 id=1"),
    (#"{"cmd":10,"timeout_ms":1,"data":{"x":1},"id":2}"#, "native 10 id=2"),
  ])
  func `An envelope is a request for the command it names`(line: String, summary: String) {
    #expect(Heard(line).summary == summary, "\(line)")
  }

  @Test(arguments: [
    ("{}", "native invalidEnvelope field=cmd"), (#"{"id":1}"#, "native id=1 invalidEnvelope field=cmd"),
    (#"{"cmd":null}"#, "native invalidEnvelope field=cmd"),
    (#"{"cmd":true,"id":1}"#, "native id=1 invalidEnvelope field=cmd"),
    (#"{"cmd":[21]}"#, "native invalidEnvelope field=cmd"), (#"{"cmd":21.5}"#, "native invalidEnvelope field=cmd"),
    (#"{"cmd":{}}"#, "native invalidEnvelope field=cmd"),
    (#"{"cmd":21,"data":[]}"#, "native 21 invalidEnvelope field=data"),
    (#"{"cmd":21,"data":"x","id":"y"}"#, #"native 21 id="y" invalidEnvelope field=data"#),
    (#"{"cmd":21,"data":false}"#, "native 21 invalidEnvelope field=data"),
    (#"{"cmd":21,"data":1}"#, "native 21 invalidEnvelope field=data"),
    (#"{"cmd":21,"id":null}"#, "native 21 invalidEnvelope field=id"),
    (#"{"cmd":21,"id":true}"#, "native 21 invalidEnvelope field=id"),
    (#"{"cmd":21,"id":[1]}"#, "native 21 invalidEnvelope field=id"),
    (#"{"cmd":21,"id":{}}"#, "native 21 invalidEnvelope field=id"),
    (#"{"cmd":21,"date":{},"id":1}"#, "native 21 id=1 invalidEnvelope field=date"),
    (#"{"cmd":21,"ID":1}"#, "native 21 invalidEnvelope field=ID"),
    (#"{"cmd":21,"":1}"#, "native 21 invalidEnvelope field="),
    (#"{"method":"OVS_CMD_LOGOUT","id":1}"#, "native id=1 invalidEnvelope field=method"),
  ])
  func `A malformed envelope names the member at fault, under its command and identifier`(line: String, summary: String)
  {
    #expect(Heard(line).summary == summary, "\(line)")
  }

  @Test(arguments: [
    (#"{"cmd":17,"id":1}"#, "native id=1 unknownCommand field=cmd"), (#"{"cmd":0}"#, "native unknownCommand field=cmd"),
    (#"{"cmd":-21}"#, "native unknownCommand field=cmd"),
    (#"{"cmd":99999999999999999999}"#, "native unknownCommand field=cmd"),
    (#"{"cmd":"21"}"#, "native unknownCommand field=cmd"), (#"{"cmd":""}"#, "native unknownCommand field=cmd"),
    (#"{"cmd":"ovs_cmd_add_client","id":"x"}"#, #"native id="x" unknownCommand field=cmd"#),
    ("{\"cmd\":\"OVS_CMD_SET_API_\u{212A}EY\"}", "native unknownCommand field=cmd"),
    (#"{"cmd":"ADD_CLIENT"}"#, "native unknownCommand field=cmd"),
  ])
  func `A number or name of no command is an unknown command`(line: String, summary: String) {
    #expect(Heard(line).summary == summary, "\(line)")
  }

  @Test(arguments: [
    (#"{"cmd":18,"cmd":19,"id":1}"#, "native id=1 invalidEnvelope field=cmd"),
    (#"{"cmd":18,"id":1,"id":2}"#, "native 18 invalidEnvelope field=id"),
    (#"{"cmd":18,"id":1,"\u0069d":1}"#, "native 18 invalidEnvelope field=id"),
    (#"{"cmd":18,"data":{},"data":{},"id":1}"#, "native 18 id=1 invalidEnvelope field=data"),
    (
      #"{"cmd":1000,"data":{"password":"x","p\u0061ssword":"y"},"id":3}"#,
      "native 1000 id=3 invalidEnvelope field=password"
    ),
    (#"{"cmd":18,"data":{"a":[{"b":1,"b":2}]},"id":3}"#, "native 18 id=3 invalidEnvelope field=b"),
    (#"{"cmd":18,"foo":1,"foo":2,"id":3}"#, "native 18 id=3 invalidEnvelope field=foo"),
  ])
  func `A member that stands twice is refused, and neither of its values is used`(line: String, summary: String) {
    #expect(Heard(line).summary == summary, "\(line)")
  }

  @Test(arguments: [
    (#"{"cmd":1005,"data":{"id":1,"id":2},"id":7}"#, "native 1005 id=7 invalidEnvelope field=id"),
    (#"{"cmd":18,"data":{"cmd":1,"cmd":2},"id":7}"#, "native 18 id=7 invalidEnvelope field=cmd"),
  ])
  func `A member of data that stands twice takes nothing away from the envelope around it`(
    line: String, summary: String
  ) {
    #expect(Heard(line).summary == summary, "\(line)")
  }

  @Test func `Of two members that stand twice, neither has a value that counts`() {
    let line = #"{"cmd":18,"cmd":19,"id":1,"id":2}"#
    #expect(Heard(line).only?.reply.id == nil, "an answer under either identifier would be a guess: \(line)")
    #expect(Heard(line).only?.command == nil)
  }

  @Test(arguments: [
    (#"{"cmd":21,"dat":{}}"#, #"did you mean "data"?"#),
    (#"{"cmd":"OVS_CMD_ADD_CLINT"}"#, #"did you mean "OVS_CMD_ADD_CLIENT"?"#),
    (#"{"cmd":21,"timeout":1}"#, #"did you mean "timeout_ms"?"#),
  ])
  func `A misspelt name is answered with the nearest one`(line: String, words: String) throws {
    let failure = try #require(Heard(line).only?.failure)
    #expect(failure.message.contains(words), "\(line): \(failure.message)")
  }

  @Test func `A very long name is quoted in part`() throws {
    let failure = try #require(Heard(#"{"cmd":"\#(String(repeating: "x", count: 5000))"}"#).only?.failure)
    #expect(failure.message.utf8.count < 300, "the message has \(failure.message.utf8.count) bytes")
    #expect(failure.message.contains(#""xxxx"#) && failure.message.contains("…"), "\(failure.message)")
  }
}
