import OVSWire
import Testing

@testable import OVSAccounts

/// The table of the service's methods, and how requests look on the wire.
struct AMAPIEndpointTests {
  @Test(
    arguments: [
      ("a", "a"), ("a b", "a+b"), ("a+b", "a%2Bb"), ("a&b=c", "a%26b%3Dc"), ("100%", "100%25"), ("ü", "%C3%BC"),
      ("€😀", "%E2%82%AC%F0%9F%98%80"), ("a@b.de", "a%40b.de"), ("-._*", "-._*"), ("~", "%7E"), ("\r\n\0", "%0D%0A%00"),
      ("", ""), ("/?#[]!$'(),;:", "%2F%3F%23%5B%5D%21%24%27%28%29%2C%3B%3A"),
    ])
  func `A form holds any text`(text: String, encoded: String) {
    var bytes: [UInt8] = []
    appendFormEncoded(text, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == encoded)
  }

  @Test func `A form holds the fields in the order of the method's row, and no other`() {
    let request = AMAPIRequest(
      .addClient,
      [.type: "12", .country: "DE", .email: "a+b@c", .apiKey: "k&y", .firstName: "Änne", .secretKey: "s"])
    #expect(
      String(decoding: request.form, as: UTF8.self)
        == "apikey=k%26y&email=a%2Bb%40c&country=DE&type=12&first_name=%C3%84nne&secretkey=s")
  }

  @Test func `What is documented is marked so, and the rest as inferred`() {
    let documented = AMAPIEndpoint.all.filter { $0.source == .documented }.map(\.method)
    #expect(documented == [.addClient, .newProduct, .upgradeProduct, .tokenRefresh])
    for endpoint in AMAPIEndpoint.all {
      let fields = endpoint.fields.filter { $0.source == .documented }.map(\.value.rawValue)
      let expected =
        endpoint.method == .addClient
        ? ["apikey", "email", "password", "country", "type", "first_name", "last_name", "company_name"] : []
      #expect(fields == expected, "\(endpoint.method)")
      #expect(endpoint.fields.first?.value == .apiKey, "every request carries the key")
    }
  }

  @Test func `Only what changes nothing may be repeated`() {
    let repeatable = AMAPIEndpoint.all.filter { !$0.isChange }.map(\.method)
    #expect(repeatable == [.tokenRefresh, .getClient])
    for command in CommandTable.standard.rows {
      guard case .account(let operation) = command.operation else { continue }
      let method = AccountExchange.method(of: operation)
      #expect(method.endpoint.isChange == (command.effect == .accountChange), "\(command.name)")
    }
  }

  @Test(arguments: AMAPIRequest.Method.allCases)
  func `A path is the documented one unless it was corrected`(method: AMAPIRequest.Method) throws {
    var paths = AMAPIPaths()
    #expect(paths[method] == "/api/amapi/\(method.rawValue)")
    try paths.correct("\(method.rawValue)=Other")
    #expect(paths[method] == "/api/amapi/Other")
    try paths.correct("\(method.rawValue)=/v2/other-one")
    #expect(paths[method] == "/v2/other-one")
    for other in AMAPIRequest.Method.allCases where other != method {
      #expect(paths[other] == "/api/amapi/\(other.rawValue)")
    }
  }

  @Test(
    arguments: [
      ("CancelClient", "must be NAME=PATH"), ("", "must be NAME=PATH"),
      ("CancelCleint=x", #"did you mean "CancelClient"?"#), ("=x", "names no method"),
      ("CancelClient=", "must have a path"), ("CancelClient=/", "must have a path"),
      ("CancelClient=a b", "must have a path"), ("CancelClient=a?b=c", "must have a path"),
      ("CancelClient=a#b", "must have a path"), ("CancelClient=../x", "must have a path"),
      ("CancelClient=/a//b", "must have a path"), ("CancelClient=//host/x", "must have a path"),
      ("CancelClient=/a/./b", "must have a path"), ("CancelClient=ä", "must have a path"),
      ("CancelClient=a%2e", "must have a path"), ("CancelClient=/a\r\nb", "must have a path"),
    ])
  func `A correction that makes no path is refused with the reason`(text: String, reason: String) {
    var paths = AMAPIPaths()
    do {
      try paths.correct(text)
      Issue.record("\(text) was taken")
    } catch {
      #expect(error.reason.contains(reason), "\(text): \(error.reason)")
    }
  }

  @Test func `A long text costs no more than is told of it`() {
    let secret = String(repeating: "a", count: 1023) + "b"
    let text = masked(String(repeating: "a", count: 1 << 20), hiding: [secret])
    #expect(text == String(repeating: "a", count: 1000) + "…")
    #expect(masked(String(repeating: "ab", count: 600), hiding: ["b"]).utf8.count < 1010)
  }

  @Test(
    arguments: [
      ("a+b/c", "a+b/c and a%2Bb%2Fc", "*** and ***"), ("key", "monkey", "mon***"), ("", "text", "text"),
      ("p w&~", "p w&~, p+w%26~, p%20w%26%7e, p+w&%7E", "***, ***, ***, ***"), ("a/b", #"a\/b"#, "***"),
      ("a\"b", #"a\"b a%22b"#, "*** ***"), ("50%25", "50%25 50%2525", "*** ***"),
      ("é", "é %C3%A9 %c3%a9", "*** *** ***"),
      ("a\nb\t", #"a\nb\t a\u000ab%09"#, "*** ***"), ("n", #"\n n"#, "*** ***"), ("k", "the key", "the ***ey"),
      ("abc", "abab abcabc ab", "abab ****** ab"), ("a b", "a-b a%2 b a%", "a-b a%2 b a%"),
      ("pä😀", #"p\u00e4\uD83D\ude00 p\u00E4😀 p\u00e4"#, #"*** *** p\u00e4"#),
      (String(repeating: "\\", count: 60), String(repeating: "\\", count: 120), "***"),
    ])
  func `A secret is masked as it is and as URLs, forms and escapes write it`(
    secret: String, text: String, expected: String
  ) {
    #expect(masked(text, hiding: [secret]) == expected)
  }
}
