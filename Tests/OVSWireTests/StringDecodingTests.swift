import Testing

@testable import OVSWire

/// What strings mean once their escapes are resolved.
struct StringDecodingTests {
  private func decoded(_ json: String) throws -> String {
    let document = try Document(json)
    return document.string(of: document.root)
  }

  @Test(arguments: [
    (#""""#, ""), (#""plain""#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""a\nb""#, "a\nb"),
    (#""\u0000""#, "\0"), (#""\u00e9\u00E9é""#, "ééé"), (#""\u20ac""#, "€"), (#""\ud83d\ude00""#, "😀"),
    (#""\uD800\uDC00\uDBFF\uDFFF""#, "\u{10000}\u{10FFFF}"), (#""\\u0041""#, #"\u0041"#), (#""\\\\""#, #"\\"#),
    (#""\u005c""#, #"\"#), (#""\u0022""#, "\""), (#""\uFFFE\uFFFF\uFEFF""#, "\u{FFFE}\u{FFFF}\u{FEFF}"),
    (#""😀é\u0041""#, "😀éA"), ("\"\u{2028}\u{2029}\u{7F}\u{85}\"", "\u{2028}\u{2029}\u{7F}\u{85}"),
    (#""e\u0301""#, "e\u{301}"), (#""\ud7ff\ue000""#, "\u{D7FF}\u{E000}"),
  ])
  func `A string means what its escapes say`(json: String, expected: String) throws {
    let text = try decoded(json)
    #expect(text.utf8.elementsEqual(expected.utf8), "\(json) was read as \(text.debugDescription)")
  }

  @Test func `Every character below U+10000 can be escaped, in digits of either case`() throws {
    for unit in UInt16.min ... .max {
      guard let scalar = Unicode.Scalar(unit) else { continue }
      let digits = String(unit, radix: 16)
      let padded = String(repeating: "0", count: 4 - digits.utf8.count) + digits
      for spelling in Set([padded, padded.uppercased()]) {
        let text = try decoded(#""<\u\#(spelling)>""#)
        guard text.unicodeScalars.elementsEqual(["<", scalar, ">"]) else {
          Issue.record("\\u\(spelling) was read as \(text.debugDescription)")
          continue
        }
      }
    }
  }

  @Test func `Every pair of escaped surrogates is one character`() throws {
    for value in stride(from: UInt32(0x10000), through: 0x10FFFF, by: 251) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let escape = Character(scalar).utf16.map { #"\u"# + String($0, radix: 16) }.joined()
      let text = try decoded(#""\#(escape)""#)
      guard text.unicodeScalars.elementsEqual([scalar]) else {
        Issue.record("\(escape) was read as \(text.debugDescription)")
        continue
      }
    }
  }

  @Test func `Names are decoded like strings`() throws {
    let document = try Document(#"{"\u0069d":1,"tab\t":2}"#)
    #expect(document.names(of: document.root) == ["id", "tab\t"])
  }
}
