import Testing

@testable import OVSWire

/// The dialect is told line by line; a line that no dialect can be read from follows its bytes, or the line before.
struct DialectChoiceTests {
  private static let native = #"{"cmd":1006}"#
  private static let jsonRPC = #"{"jsonrpc":"2.0","method":"OVS_CMD_GET_INFO","id":1}"#

  @Test(
    arguments: [
      ([], "oops", Dialect.native), ([native], "oops", .native), ([jsonRPC], "oops", .jsonRPC),
      ([jsonRPC, native], "oops", .native), ([native, jsonRPC], "oops", .jsonRPC), (["[1]"], "oops", .jsonRPC),
      ([jsonRPC, "oops", "oops"], "oops", .jsonRPC), ([jsonRPC, "true"], "7", .jsonRPC),
      ([native, "true"], "7", .native),
      ([], #"{"jsonrpc":"2.0", oops"#, .jsonRPC), ([native], #"["jsonrpc""#, .jsonRPC),
      ([native], #""jsonrpc""#, .jsonRPC),
      ([native], "{jsonrpc:", .native), ([native], #"{"jsonrpc "#, .native), ([jsonRPC], #"{"cmd":21,"#, .jsonRPC),
      ([], #"""jsonrpc""#, .jsonRPC), ([native, #"{"jsonrpc":"#], "oops", .native),
      ([jsonRPC, "[]"], "oops", .jsonRPC),
      ([jsonRPC, "{}"], "oops", .native), ([native, #"{"jsonrpc":"9"}"#], "oops", .jsonRPC),
    ] as [([String], String, Dialect)])
  func `A line that can't be read is answered in the dialect it most probably meant`(
    before: [String], line: String, dialect: Dialect
  ) {
    var reader = EnvelopeReader(table: .standard)
    for earlier in before { _ = reader.read(earlier) }
    let reply = Heard(reader.read(line)).only?.reply
    #expect(reply?.dialect == dialect, "\(line) after \(before)")
    #expect(reply?.wantsAnswer == true, "a line that can't be read is always answered")
  }

  @Test(arguments: [
    (#"{"cmd":18,"id":7,"data":{"type":.5}}"#, "native id=7 parse"), (#"{"cmd":18 "id":7}"#, "native parse"),
    (#"{"id":7,"cmd":18"#, "native id=7 parse"), (#"{"id":7"#, "native parse"),
    (#"{"id":"x","cmd":18}}"#, #"native id="x" parse"#),
    (#"{"data":{"id":7},"cmd":,"#, "native parse"), (#"{"id":1,"id":2,"cmd":"#, "native parse"),
    (#"{"\u0069d":1,"cmd":"#, "native id=1 parse"), (#"{"id":null,"cmd":"#, "native parse"),
    (#"{"id":[1],"cmd":"#, "native parse"),
    (#"{"jsonrpc":"2.0","id":7,"method":"#, "json-rpc parse"), (#"[{"id":7},"#, "native parse"), ("", "native parse"),
    ("null", "native invalidEnvelope"), ("true", "native invalidEnvelope"), ("-1", "native invalidEnvelope"),
    (#""id""#, "native invalidEnvelope"),
  ])
  func `A native line that can't be read is answered under the identifier before its fault`(
    line: String, summary: String
  ) {
    #expect(Heard(line).summary == summary, "\(line)")
  }

  @Test(arguments: [("x", 0), (#"{"cmd":18,}"#, 10), ("[1 2]", 3)])
  func `An unreadable line says where its fault is`(line: String, offset: Int) throws {
    let failure = try #require(Heard(line).only?.failure)
    #expect(failure[detail: "offset"] == .integer(offset), "\(line)")
    #expect(failure.message.contains("at byte \(offset)"), "\(failure.message)")
  }

  @Test func `A member called jsonrpc makes an object JSON-RPC wherever it stands, and only at the top`() {
    #expect(Heard(#"{"cmd":1006,"jsonrpc":"2.0"}"#).only?.reply.dialect == .jsonRPC)
    #expect(Heard(#"{"cmd":1006,"data":{"jsonrpc":"2.0"}}"#).only?.reply.dialect == .native)
    #expect(Heard(#"{"cmd":1006,"id":"jsonrpc"}"#).only?.reply.dialect == .native)
  }

  @Test func `What one line leaves behind never shows in the answer to the next`() {
    var reader = EnvelopeReader(table: .standard)
    _ = reader.read(#"{"id":7,"cmd":"#)
    for line in ["oops", "", "[", "{", "nul"] {
      #expect(Heard(reader.read(line)).summary == "native parse", "\(line) after a line with an identifier")
    }
  }
}
