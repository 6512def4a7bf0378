import Testing

/// What `ovs-bridge doctor` finds where the environment names a proxy.
extension DoctorTests {
  @Test("The proxy is told without its user's name and password; one that can't be used is a problem")
  func proxies() throws {
    let server = try AMAPIServer()
    for proxy in ["http://ann:planted-proxy-password@127.0.0.1:1", "http://ann:planted-proxy-password@[::1"] {
      let report = try doctor(
        server.bridgeOptions, environment: Self.all.merging(["https_proxy": proxy, "no_proxy": "x.de"]) { $1 })
      #expect(report.description.contains("note     HTTPS goes through the proxy http://***@"), "\(report)")
      #expect(report.description.contains("(https_proxy), but not to x.de (no_proxy)") && report.status == 1)
    }
    let around = try doctor(
      server.bridgeOptions,
      environment: Self.keys.merging(["https_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.1"]) { $1 })
    #expect(around.status == 0, "\(around)")
  }

  @Test("A proxy that takes connections and says nothing is the problem, not the service that it is asked for")
  func silentProxy() throws {
    let server = try AMAPIServer()
    let proxy = try SpeakingPort(nil)
    let report = try doctor(
      server.bridgeOptions + ["--connect-timeout", "0.5"],
      environment: Self.all.merging(["https_proxy": "http://127.0.0.1:\(proxy.number)"]) { $1 })
    #expect(report.status == 1 && report.problems.count == 1, "\(report)")
    #expect(report.problems.first?.contains("look at https_proxy, ") ?? false, "\(report)")
    #expect(report.verdicts == ["skipped", "problem", "skipped", "skipped", "skipped", "ok", "skipped"], "\(report)")
  }
}
