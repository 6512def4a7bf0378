import Testing

@testable import OVSWire

/// The scanner against texts that were judged by hand.
struct CorpusTests {
  @Test func `Both folders of the corpus are there to be read`() {
    #expect(CorpusText.accepted.count >= 70, "texts are missing from Corpus/accept")
    #expect(CorpusText.rejected.count >= 130, "texts are missing from Corpus/reject")
  }

  @Test(arguments: CorpusText.accepted)
  func `A valid text is taken, and survives being written and read again`(text: CorpusText) throws {
    let read = try valueText(text.bytes)
    var writer = JSONWriter()
    writer.value(read.value)
    let again = try valueText(writer.bytes.array)
    #expect(read.value.isIdentical(to: again.value), "\(text.name) came back changed: \(again.text.prefix(200))")
    #expect(!writer.bytes.array.contains(UInt8(ascii: "\n")), "\(text.name) was written over more than one line")
  }

  @Test(arguments: CorpusText.rejected)
  func `An invalid text is refused, with a byte of it to blame`(text: CorpusText) {
    let document = Document()
    do throws(JSONError) {
      try document.parse(text.bytes)
      Issue.record("\(text.name) was taken for JSON: \(String(decoding: text.bytes.prefix(200), as: UTF8.self))")
    } catch {
      #expect(
        (0...text.bytes.count).contains(error.offset),
        "\(text.name) has \(text.bytes.count) bytes, but byte \(error.offset) is blamed: \(error.reason)")
    }
  }

  private func valueText(_ bytes: [UInt8]) throws -> (value: JSONValue, text: String) {
    let document = Document()
    try document.parse(bytes)
    return (document.value(of: document.root), String(decoding: bytes, as: UTF8.self))
  }
}
