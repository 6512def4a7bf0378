import OVSAccounts
import OVSNetwork
import Testing

@testable import OVSDoctor

/// What a probe of the service is told as.
@Suite struct ServiceFindingsTests {
  private static let proxy = EnvironmentProxy(variable: "https_proxy", address: "http://proxy", exceptions: nil)

  private func findings(
    _ domain: String = "acme.example.com", proxy: EnvironmentProxy? = nil, _ change: (inout ServiceProbe) -> Void
  ) throws -> ServiceFindings {
    let domain = try #require(APIDomain(domain))
    var probe = ServiceProbe(at: UTCTime(seconds: 1_800_000_000))
    probe.address = "192.0.2.1"
    probe.port = 443
    probe.tlsVersion = "TLS 1.3"
    probe.status = 404
    probe.date = probe.start
    change(&probe)
    return ServiceFindings(
      domain: domain, probe: probe,
      advice: TroubleAdvice(domain: domain, proxy: proxy, hasCAFile: false, now: probe.start))
  }

  @Test("Where all is well, each stage is")
  func allWell() throws {
    let all = try findings { $0.certificateEnd = UTCTime(seconds: 1_900_000_000) }.all
    #expect(
      all.map(\.lines) == [
        "ok       acme.example.com has the address 192.0.2.1\n",
        "ok       port 443 of 192.0.2.1 can be reached\n",
        "ok       TLS works (TLS 1.3), and the service's certificate is trusted\n",
        "ok       the certificate ends on 2030-03-17\n",
        "ok       HTTP is answered (with status 404 at the root)\n",
        "ok       this machine's clock agrees with the service's\n",
      ])
  }

  @Test(
    "A trouble is one problem with an advice, at its stage; those before are fine, and those after are skipped",
    arguments: ConnectionTrouble.allCases)
  func troubles(_ trouble: ConnectionTrouble) throws {
    for proxy in [nil, Self.proxy] {
      let findings = try findings(proxy: proxy) { $0.fault = .init(trouble, "it can't be reached") }
      let verdicts = findings.all.map(\.verdict)
      let index = try #require(verdicts.firstIndex(of: .problem))
      #expect(index == trouble.stage.rawValue, "\(findings.all)")
      #expect(verdicts[..<index].allSatisfy { $0 == .ok || $0 == .skipped })
      #expect(verdicts[(index + 1)...].allSatisfy { $0 == .skipped } && verdicts.count == 5)
      #expect(findings.all[index].text == "it can't be reached" && !(findings.all[index].advice ?? "").isEmpty)
      #expect(findings.isConnected == (trouble.stage == .answer))
    }
  }

  @Test("A certificate that ends within two weeks is told of in time")
  func endingCertificate() throws {
    for (days, words) in [(13, "ends in 13 days, at 2027-01-28T"), (1, "in 1 day,"), (14, "ends on 2027-01-29")] {
      let all = try findings { $0.certificateEnd = UTCTime(seconds: 1_800_000_000 + Int64(days) * 86_400) }.all
      let finding = try #require(all.first { $0.text.hasPrefix("the certificate ends") })
      #expect(finding.text.contains(words) && finding.verdict == (days < 14 ? .note : .ok), "\(finding)")
    }
  }

  @Test("Plain HTTP is said to be, an address has no name, and a status of 500 and above is told")
  func otherServices() throws {
    let all = try findings("http://127.0.0.1:8080") { probe in
      probe.tlsVersion = nil
      probe.status = 503
      probe.date = nil
    }.all
    #expect(all.map(\.verdict) == [.skipped, .ok, .note, .note, .skipped], "\(all)")
    #expect(all[0].text.contains("is an address") && all[2].text.contains("plain HTTP"))
    #expect(all[3].text.contains("503") && all[4].text.contains("no date"))
  }

  @Test(
    "Where a proxy may be what can't be reached, its variable is named",
    arguments: [.refused, .silentPort] as [ConnectionTrouble])
  func unreachableProxies(_ trouble: ConnectionTrouble) throws {
    for (proxy, words) in [(nil, "check the domain"), (Self.proxy, "check https_proxy, and the domain")] {
      let all = try findings(proxy: proxy) { $0.fault = .init(trouble, "it can't be reached") }.all
      #expect(all[1].advice?.contains(words) ?? false, "\(all)")
    }
  }

  @Test("What only the proxy knows is not claimed")
  func proxies() throws {
    let http = try findings(proxy: Self.proxy) { $0.isProxied = true }.all
    #expect(http[0] == Finding(.skipped, "the name acme.example.com: the proxy looks it up"))
    #expect(http[1].text == "acme.example.com can be reached through the proxy")
    let other = try findings(proxy: Self.proxy) { _ in }.all
    #expect(other[0].text == "acme.example.com, or the proxy, has the address 192.0.2.1")
  }
}
