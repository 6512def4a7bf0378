import Testing

@testable import OVSWire

/// Lines over the limit get one error, under the identifier that their start holds.
struct OverlongEnvelopeTests {
  private static let limit = 64

  private func overlong(_ line: String) throws -> LineSplitter.OverlongLine {
    var splitter = LineSplitter(limit: Self.limit)
    let bytes = Array((line + "\n").utf8)
    splitter.append(bytes.span)
    guard case .tooLong(let overlong) = splitter.next() else {
      throw Failure(.internal, "the line was not over the limit: \(line)")
    }
    return overlong
  }

  private static let padding = String(repeating: "x", count: 100)

  @Test(arguments: [
    (#"{"cmd":21,"id":"long","data":{"p":"\#(padding)"}}"#, #"native id="long" lineTooLong"#),
    (#"{"cmd":21,"data":{"p":"\#(padding)"},"id":"late"}"#, "native lineTooLong"),
    (#"{"cmd":21,"data":{"id":1,"p":"\#(padding)"}}"#, "native lineTooLong"),
    (#"{"id":"\#(padding)"}"#, "native lineTooLong"), (padding, "native lineTooLong"),
    (#"{"cmd":21,"id":7}"# + String(repeating: " ", count: 100), "native id=7 lineTooLong"),
    (#"{"id":1,"id":2,"p":"\#(padding)"}"#, "native lineTooLong"),
    (#"{"jsonrpc":"2.0","id":7,"method":"\#(padding)"}"#, "json-rpc lineTooLong"),
    (#"{"id":7,"method":"\#(padding)","jsonrpc":"2.0"}"#, "json-rpc lineTooLong"),
    (#"{"id":7,"p":"\#(String(repeating: "é", count: 50))"}"#, "native id=7 lineTooLong"),
  ])
  func `A line over the limit is answered under what its start holds`(line: String, summary: String) throws {
    var reader = EnvelopeReader(table: .standard)
    let heard = Heard(reader.read(try overlong(line), limit: Self.limit))
    #expect(heard.summary == summary, "\(line)")
    let failure = try #require(heard.only?.failure)
    #expect(failure[detail: "limit"] == .integer(Self.limit) && failure[detail: "bytes"] == .integer(line.utf8.count))
  }

  @Test func `Without jsonrpc in it, it is answered in the dialect of the last line that could be read`() throws {
    var reader = EnvelopeReader(table: .standard)
    _ = reader.read("[1]")
    #expect(Heard(reader.read(try overlong(Self.padding), limit: Self.limit)).summary == "json-rpc lineTooLong")
    _ = reader.read("{}")
    #expect(Heard(reader.read(try overlong(Self.padding), limit: Self.limit)).summary == "native lineTooLong")
    let mention = #"{"jsonrpc":"2.0","p":"\#(Self.padding)"}"#
    #expect(Heard(reader.read(try overlong(mention), limit: Self.limit)).summary == "json-rpc lineTooLong")
    #expect(
      Heard(reader.read("oops")).summary == "native parse", "an overlong line was not read, so it sets no dialect")
  }
}
