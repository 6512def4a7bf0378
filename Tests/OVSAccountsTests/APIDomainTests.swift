import Testing

@testable import OVSAccounts

/// The addresses that are taken for a reseller's service.
struct APIDomainTests {
  private static let longLabel = String(repeating: "a", count: 63)

  @Test(arguments: [
    ("acme", "https://acme.vpngn.com", "acme.vpngn.com"), ("ACME", "https://acme.vpngn.com", "acme.vpngn.com"),
    ("a-1", "https://a-1.vpngn.com", "a-1.vpngn.com"), ("acme.vpngn.com", "https://acme.vpngn.com", "acme.vpngn.com"),
    ("Acme.VPNGN.com", "https://acme.vpngn.com", "acme.vpngn.com"),
    ("acme.vpngn.com:8443", "https://acme.vpngn.com:8443", "acme.vpngn.com:8443"),
    ("https://acme.vpngn.com", "https://acme.vpngn.com", "acme.vpngn.com"),
    ("https://acme.vpngn.com/", "https://acme.vpngn.com", "acme.vpngn.com"),
    ("HTTPS://acme.vpngn.com:1", "https://acme.vpngn.com:1", "acme.vpngn.com:1"),
    ("192.0.2.7", "https://192.0.2.7", "192.0.2.7"), ("localhost", "https://localhost", "localhost"),
    ("localhost:65535", "https://localhost:65535", "localhost:65535"),
    ("http://localhost:8080", "http://localhost:8080", "http://localhost:8080"),
    ("http://127.0.0.1:80/", "http://127.0.0.1:80", "http://127.0.0.1:80"),
    ("http://127.1.2.3", "http://127.1.2.3", "http://127.1.2.3"),
    (longLabel, "https://\(longLabel).vpngn.com", "\(longLabel).vpngn.com"),
  ])
  func `A brand, a host or a base is taken`(text: String, base: String, description: String) throws {
    let domain = try #require(APIDomain(text), "\(text) was refused")
    #expect(domain.base == base)
    #expect(domain.description == description)
  }

  @Test(arguments: [
    "", " ", ".", "acme.", ".acme", "a..b", "-acme", "acme-", "a.-b.c", "ac me", "acme ", "acme\n", "acme/",
    "acme/path",
    "https://", "https:///", "https://acme/path", "https://acme?x", "https://acme#x", "https://acme//",
    "https://user@acme",
    "user:pass@acme", "ftp://acme", "//acme", "https:acme", "acme:", "acme:0", "acme:65536", "acme:99999999", "acme:x",
    "acme:+1", "acme:1:2", "acme:1/", "[::1]", "::1", "acme_x", "bücher", "acme.vpngn.com\u{0}", "acme%2e",
    "http://acme.vpngn.com", "http://192.0.2.7", "http://localhost.example.com", "http://acme", longLabel + "a",
    (0..<64).map { _ in "abc" }.joined(separator: ".") + ".abc",
  ])
  func `Anything else is refused`(text: String) {
    #expect(APIDomain(text) == nil, "\(text.debugDescription) was taken as \(APIDomain(text)?.base ?? "")")
  }

  @Test(arguments: [
    "http://127.example.com", "http://127.0.0.1.example.com", "http://127.", "http://127.0.0.1.example.com:8080/",
  ])
  func `A name that merely begins like loopback is not loopback, where nobody can listen in`(text: String) {
    #expect(APIDomain(text) == nil, "\(text) would send keys in the clear to another machine")
  }

  @Test(arguments: ["\u{212A}ey", "https://\u{212A}ey.vpngn.com", "a\u{301}", "\u{FF41}cme"])
  func `A letter that is not ASCII is none of a host's, even where it looks like one`(text: String) {
    #expect(APIDomain(text) == nil, "\(text.debugDescription) was taken as \(APIDomain(text)?.base ?? "")")
  }

  @Test func `Two ways to write one address are equal`() {
    #expect(APIDomain("acme") == APIDomain("https://ACME.vpngn.com/"))
    #expect(APIDomain("acme") != APIDomain("acme.vpngn.com:443"))
  }
}
