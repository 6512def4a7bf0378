import Testing

@testable import OVSWire

/// Where a fault is said to stand: the first byte that can't be right.
struct ErrorOffsetTests {
  @Test(arguments: [
    ("", 0), ("  ", 2), ("x", 0), (" x", 1), ("'a'", 0), ("/**/1", 0), ("\u{FEFF}1", 0),
    ("{", 1), ("{]", 1), ("{1:2}", 1), ("{'a':1}", 1), (#"{"a""#, 4), (#"{"a" 1}"#, 5), (#"{"a":"#, 5),
    (#"{"a":}"#, 5), (#"{"a":1"#, 6), (#"{"a":1,}"#, 7), (#"{"a":1 "b":2}"#, 7), (#"{"a":1]"#, 6), (#"{,"a":1}"#, 1),
    (#"{"a":[1,{"b":nul}]}"#, 16),
    ("[", 1), ("[1", 2), ("[1 2]", 3), ("[1,]", 3), ("[,1]", 1), ("[1}", 2), ("]", 0), ("[1]]", 3), ("[1],", 3),
    ("{}{}", 2), ("1 2", 2), ("1\n2", 2),
    ("tru", 3), ("trux", 3), ("truex", 4), ("True", 0), ("nul ", 3), ("nan", 1), ("NaN", 0), ("falsee", 5),
    ("01", 1), ("-", 1), ("-x", 1), ("-01", 2), ("00", 1), ("1.", 2), ("1.e1", 2), ("1e", 2), ("1e+", 3), ("1.5.", 3),
    (".5", 0), ("+1", 0), ("0x1", 1), ("1_000", 1),
    (#""a"#, 2), ("\"a\n\"", 2), ("\"\u{1F}\"", 1), (#""\x""#, 1), (#""ab\"#, 3), (#""ab\u12G4""#, 3),
    (#""ab\u12"#, 3), (#""\ud800""#, 1), (#""a\udc00""#, 2), (#""\ud800\u0041""#, 1), (#""\ud800\n""#, 1),
    (#""\ud800\ud800\udc00""#, 1), (#"["ok","\uDFFF\uD800"]"#, 7),
  ])
  func `The fault of a text stands at its first impossible byte`(text: String, offset: Int) throws {
    let fault = try #require(Document.fault(in: Array(text.utf8)), "\(text.debugDescription) was taken for JSON")
    #expect(fault.offset == offset, "\(text.debugDescription): \(fault.reason)")
    #expect(!fault.reason.isEmpty)
  }

  @Test(arguments: [
    ("a lone continuation byte", #"["a"#, [0x80], 3), ("an overlong NUL", #"""#, [0xC0, 0x80], 1),
    ("an overlong slash", #"""#, [0xE0, 0x80, 0xAF], 1), ("a surrogate", #"""#, [0xED, 0xA0, 0x80], 1),
    ("above U+10FFFF", #""é"#, [0xF4, 0x90, 0x80, 0x80], 3), ("Latin-1", #"{"a":"caf"#, [0xE9], 9),
    ("no byte of UTF-8", "", [0xFF], 0), ("between tokens", "[1,", [0xC2], 3),
    ("cut short at the end", #""€"#, [0xE2, 0x82], 4), ("behind the value", "{} ", [0xFE], 3),
  ])
  func `Invalid UTF-8 is a fault where its sequence starts`(
    what: String, before: String, bad: [UInt8], offset: Int
  ) throws {
    for rest in ["", "\"}]"] {
      let fault = try #require(Document.fault(in: Array(before.utf8) + bad + Array(rest.utf8)), "\(what) was taken")
      #expect(fault.offset == offset, "\(what) before \(rest.debugDescription): \(fault.reason)")
    }
  }

  @Test(arguments: ["x ", "[1 2] ", #"{"a":01,"b":""#, "1 2", #""\ud800"#])
  func `Invalid UTF-8 is blamed wherever it stands, also behind a fault of the grammar`(before: String) throws {
    let fault = try #require(Document.fault(in: Array(before.utf8) + [0xFF]))
    #expect(
      fault.offset == before.utf8.count, "of \(before.debugDescription) and the byte FF behind it: \(fault.reason)")
  }
}
