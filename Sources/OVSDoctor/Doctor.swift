import OVSAccounts
import OVSBridge
import OVSNetwork

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Looks for what keeps a bridge of some configuration from its work, one thing after the other, by the code that the
/// bridge itself uses.
///
/// What is found in one check never stops a later one that can still be made. Nothing is changed anywhere: the service
/// is asked for nothing, then for a login and an account, and the sandbox's file is only looked at. Each step has a
/// limit: `--connect-timeout` for a connection, `--timeout` for each answer.
public struct Doctor {
  private let configuration: Configuration
  private let programName: String

  /// A doctor for bridges of this configuration, whose network is a `LibcurlTransport`; it says which program it is in
  /// the words that `--version` has for that.
  public init(_ configuration: Configuration, program: String) {
    self.configuration = configuration
    programName = program
  }

  /// Makes all checks, and tells what each has found as soon as it is known.
  ///
  /// - Returns: how many problems there are.
  public func run(_ tell: (Finding) -> Void) -> Int {
    var problems = 0
    func report(_ finding: Finding) {
      if finding.verdict == .problem { problems += 1 }
      tell(finding)
    }
    report(program)
    let network = libcurl(report)
    report(certificates(network))
    report(proxy)
    guard let domain = configuration.apiDomain else {
      sandbox(report)
      return problems
    }
    report(Finding(.ok, "commands go to the real service at \(domain)"))
    let isConnected = service(domain, network, report)
    report(key)
    login(domain, isConnected ? network : nil, report)
    return problems
  }

  // MARK: This machine

  private var program: Finding {
    var system = utsname()
    uname(&system)
    func text(_ field: UnsafeRawBufferPointer) -> String { String(decoding: field.prefix { $0 != 0 }, as: UTF8.self) }
    let platform = [
      withUnsafeBytes(of: &system.sysname, text), withUnsafeBytes(of: &system.release, text),
      withUnsafeBytes(of: &system.machine, text),
    ]
    return Finding(.ok, "\(programName) on \(platform.joined(separator: " "))")
  }

  /// How it stands if something is missing that only a real service needs.
  private var missing: Finding.Verdict { configuration.apiDomain == nil ? .note : .problem }

  private func libcurl(_ report: (Finding) -> Void) -> LibcurlTransport? {
    do throws(TransportFailure) {
      guard let network = try configuration.network() as? LibcurlTransport else {
        preconditionFailure("the doctor knows no other network than libcurl's")
      }
      report(Finding(.ok, "libcurl \(Libcurl.version) (\(Libcurl.tls)), \(Libcurl.path)"))
      if !Libcurl.canReuseHandles {
        report(
          Finding(
            .note,
            "this libcurl has the fault of 7.83 to 8.0, so that each request gets a handle of its own; with another "
              + "version requests are a little faster"))
      }
      return network
    } catch {
      let end = "; \(Libcurl.advice)"
      let isAbout = error.reason.hasSuffix(end)
      report(
        Finding(
          missing, isAbout ? String(error.reason.dropLast(end.count)) : error.reason,
          advice: isAbout ? Libcurl.advice : nil))
      return nil
    }
  }

  private func certificates(_ network: LibcurlTransport?) -> Finding {
    guard let network else { return Finding(.skipped, "the CA certificates: only libcurl knows where they are") }
    let isNeeded = configuration.apiDomain?.isEncrypted ?? false
    return CACertificates.finding(
      file: network.options.caFile, library: Libcurl.caCertificates, missing: isNeeded ? .problem : .note)
  }

  private var proxy: Finding {
    guard let proxy = EnvironmentProxy.named else { return Finding(.ok, "the environment names no proxy") }
    let exceptions = proxy.exceptions.map { ", but not to \($0) (no_proxy)" } ?? ""
    return Finding(.note, "HTTPS goes through the proxy \(proxy.address) (\(proxy.variable))\(exceptions)")
  }

  // MARK: The sandbox

  private func sandbox(_ report: (Finding) -> Void) {
    report(
      Finding(
        .note, "no domain is set: commands go to the sandbox, and the real service is not touched",
        advice: "--api-domain DOMAIN or OVS_API_DOMAIN names the real service"))
    report(Finding(.skipped, "the service's name, connection, certificate, answer and clock: they need a domain"))
    if let file = configuration.sandbox.file { report(SandboxFindings.finding(file: file)) }
    report(key)
    report(Finding(.skipped, "the login: it needs a domain"))
  }

  // MARK: The service

  /// Whether a request would get as far as being sent.
  private func service(_ domain: APIDomain, _ network: LibcurlTransport?, _ report: (Finding) -> Void) -> Bool {
    guard let network else {
      report(Finding(.skipped, "the service's name, connection, certificate, answer and clock: they need libcurl"))
      return false
    }
    let advice = TroubleAdvice(
      domain: domain, proxy: domain.isEncrypted ? .named : nil, hasCAFile: network.options.caFile != nil, now: .now)
    let findings = ServiceFindings(
      domain: domain, probe: network.probe(domain, within: configuration.timeout), advice: advice)
    findings.all.forEach(report)
    return findings.isConnected
  }

  private var key: Finding {
    configuration.apiKey != nil
      ? Finding(.ok, "an API key is set")
      : Finding(
        .note, "no API key is set, so that each client has to set it by OVS_CMD_SET_API_KEY",
        advice: "OVS_API_KEY or --api-key-file PATH sets it from the start")
  }

  private func login(_ domain: APIDomain, _ network: LibcurlTransport?, _ report: (Finding) -> Void) {
    guard let network else { return report(Finding(.skipped, "the login: the service can't be reached")) }
    guard configuration.apiKey != nil else { return report(Finding(.skipped, "the login: it needs the API key")) }
    guard let login = configuration.login else {
      return report(
        Finding(
          .skipped, "the login: whether the service takes the API key is only known with one",
          advice: "OVS_EMAIL and OVS_PASSWORD, or --login-file PATH, have it tried; nothing is changed by that"))
    }
    LoginFindings.all(configuration, login, domain: domain, over: network).forEach(report)
  }
}
