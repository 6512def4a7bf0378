import Testing

@testable import OVSWire

/// Which name a misspelt one was probably meant to be.
struct NearestMatchTests {
  private static let names = ["email", "password", "countrycode", "type", "first_name", "last_name", "company_name"]

  @Test(arguments: [
    ("compny_name", "company_name"), ("e-mail", "email"), ("Email", "email"), ("EMAIL", "email"), ("emial", "email"),
    ("pasword", "password"), ("passwd", "password"), ("country_code", "countrycode"), ("countryCode", "countrycode"),
    ("firstname", "first_name"), ("lastName", "last_name"), ("tpye", "type"), ("typ", "type"), ("types", "type"),

  ])
  func `A slip of the pen leads to the name that was meant`(word: String, name: String) {
    #expect(nearestMatch(to: word, among: Self.names) == name)
  }

  @Test(arguments: ["", "x", "zzzzzz", "foo", "zip", "état", "😀", String(repeating: "type", count: 30)])
  func `Where no name is close there is no suggestion`(word: String) {
    #expect(nearestMatch(to: word, among: Self.names) == nil, "for \(word)")
    #expect(suggestion(for: word, among: Self.names) == "")
  }

  @Test(arguments: [
    ("ab", "ba", true), ("abcd", "abxy", true), ("abc", "axy", false), ("abcd", "abdc", true), ("abcdef", "abc", true),
    ("abcdefg", "abc", false), ("a", "b", false),
  ])
  func `Close means that no more than half of the letters change`(word: String, name: String, isClose: Bool) {
    #expect(nearestMatch(to: word, among: [name]) == (isClose ? name : nil), "\(word) against \(name)")
  }

  @Test func `Of names equally close the first is suggested, and of others the closest`() {
    #expect(nearestMatch(to: "cat", among: ["bat", "hat"]) == "bat")
    #expect(nearestMatch(to: "cat", among: ["bats", "hat"]) == "hat")
    #expect(nearestMatch(to: "cat", among: [String]()) == nil)
  }

  @Test func `A suggestion is put in words`() {
    #expect(suggestion(for: "typ", among: Self.names) == #" (did you mean "type"?)"#)
  }
}
