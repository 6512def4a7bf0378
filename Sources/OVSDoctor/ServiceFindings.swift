import OVSAccounts
import OVSNetwork

/// What a probe of the service has shown, stage by stage.
struct ServiceFindings {
  /// The service.
  let domain: APIDomain
  /// What became of the probe.
  let probe: ServiceProbe
  /// What to do about what went wrong.
  let advice: TroubleAdvice

  /// A certificate that ends sooner is told of.
  private static let shortTime: Int64 = 14 * 24 * 60 * 60

  /// Whether requests would get so far that they are worth making.
  var isConnected: Bool { probe.fault.map { $0.trouble.stage == .answer } ?? true }

  /// All there is to say.
  var all: [Finding] {
    var findings: [Finding] = []
    for stage in ConnectionTrouble.Stage.allCases {
      if let fault = probe.fault, fault.trouble.stage <= stage {
        let isHere = fault.trouble.stage == stage
        findings.append(
          isHere
            ? Finding(.problem, fault.reason, advice: advice(fault.trouble))
            : Finding(.skipped, "\(Self.name(of: stage)): it does not come to that"))
      } else {
        findings += good(stage)
      }
    }
    findings.append(clock)
    return findings
  }

  private static func name(of stage: ConnectionTrouble.Stage) -> String {
    switch stage {
    case .name: "the service's name"
    case .connection: "the connection"
    case .encryption: "TLS and the service's certificate"
    case .answer: "the service's answer"
    }
  }

  private func good(_ stage: ConnectionTrouble.Stage) -> [Finding] {
    switch stage {
    case .name:
      let host = domain.host
      if probe.isProxied || probe.fault.map({ [.unknownProxy, .badProxy].contains($0.trouble) }) ?? false {
        return [Finding(.skipped, "the name \(host): the proxy looks it up")]
      }
      if domain.isAddress { return [Finding(.skipped, "\(host) is an address, so there is no name to look up")] }
      // Which of the two is asked for by its name, libcurl tells for some proxies only.
      let holder = advice.proxy == nil ? host : "\(host), or the proxy,"
      return [Finding(.ok, "\(holder) has \(probe.address.map { "the address \($0)" } ?? "an address")")]
    case .connection:
      let place = probe.isProxied ? domain.description : "port \(probe.port) of \(probe.address ?? domain.host)"
      return [Finding(.ok, "\(place) can be reached\(probe.isProxied ? " through the proxy" : "")")]
    case .encryption: return domain.isEncrypted ? certificate : [Finding(.note, Self.plain)]
    case .answer: return [answer]
    }
  }

  private static let plain = "there is no TLS and no certificate: it is plain HTTP, which stays on this machine"

  private var certificate: [Finding] {
    let version = probe.tlsVersion.map { " (\($0))" } ?? ""
    let trusted = Finding(.ok, "TLS works\(version), and the service's certificate is trusted")
    guard let end = probe.certificateEnd else { return [trusted] }
    let left = end.seconds - probe.end.seconds
    guard left < Self.shortTime else { return [trusted, Finding(.ok, "the certificate ends on \(end.date)")] }
    let days = max(0, left / 86_400)
    return [
      trusted,
      Finding(
        .note, "the certificate ends in \(days) day\(days == 1 ? "" : "s"), at \(end.description)",
        advice: "the service's operator has to renew it by then"),
    ]
  }

  /// What stands at the root is of no matter: a 404, a redirect to a page for people, or a refusal are all the same.
  private var answer: Finding {
    guard probe.status >= 500 else { return Finding(.ok, "HTTP is answered (with status \(probe.status) at the root)") }
    return Finding(
      .note, "HTTP is answered, but with status \(probe.status)",
      advice: "the service, or a gateway before it, may be down: try again later")
  }

  private var clock: Finding {
    guard probe.fault == nil else { return Finding(.skipped, "the service's clock: there is no answer that tells it") }
    guard let date = probe.date else { return Finding(.skipped, "the service's clock: its answer has no date") }
    return ClockSkew(of: date, start: probe.start, end: probe.end).finding
  }
}
