import Testing

@testable import OVSNetwork

/// The proxy that libcurl will use, without what only the proxy should know.
@Suite struct EnvironmentProxyTests {
  @Test("The first variable that is set and not empty names it, in libcurl's order")
  func order() {
    let all = ["https_proxy": "a", "HTTPS_PROXY": "b", "all_proxy": "c", "ALL_PROXY": "d"]
    var rest = all
    for (name, value) in [("https_proxy", "a"), ("HTTPS_PROXY", "b"), ("all_proxy", "c"), ("ALL_PROXY", "d")] {
      let proxy = EnvironmentProxy.named { rest[$0] }
      #expect(proxy?.variable == name && proxy?.address == value)
      rest[name] = ""
    }
    #expect(EnvironmentProxy.named { rest[$0] } == nil)
    #expect(EnvironmentProxy.named { ["http_proxy": "e"][$0] } == nil)
  }

  @Test(
    "Nothing that may be a name, a password or a path is told",
    arguments: [
      ("proxy:3128", "proxy:3128"), ("http://proxy.example.com:3128", "http://proxy.example.com:3128"),
      ("http://ann:secret@proxy:3128", "http://***@proxy:3128"), ("ann:secret@proxy", "***@proxy"),
      ("socks5h://ann@proxy:1080", "socks5h://***@proxy:1080"), ("http://ann:se@cret@proxy", "http://***@proxy"),
      ("http://ann:se/cret@proxy", "http://***@proxy"), ("http://proxy/secret?token=secret", "http://proxy"),
      ("ann:sec://ret@proxy", "***@proxy"), ("http://[::1]:3128", "http://[::1]:3128"), ("@", "***@"),
    ])
  func secrets(_ value: String, _ told: String) {
    #expect(EnvironmentProxy.named { $0 == "https_proxy" ? value : nil }?.address == told)
  }

  @Test("What is reached without it is told as it is listed")
  func exceptions() {
    let both = ["all_proxy": "p", "no_proxy": "", "NO_PROXY": "localhost,.example.com"]
    #expect(EnvironmentProxy.named { both[$0] }?.exceptions == "localhost,.example.com")
    #expect(EnvironmentProxy.named { ["all_proxy": "p"][$0] }?.exceptions == nil)
  }
}
