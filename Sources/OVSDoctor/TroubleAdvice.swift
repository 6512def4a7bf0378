import OVSAccounts
import OVSNetwork

/// What to do about a connection that does not come about: the one table of that.
struct TroubleAdvice {
  /// The service.
  let domain: APIDomain
  /// The proxy that the environment names.
  let proxy: EnvironmentProxy?
  /// Whether --ca-file says whom to trust.
  let hasCAFile: Bool
  /// This machine's time.
  let now: UTCTime

  /// What to do about a trouble.
  func callAsFunction(_ trouble: ConnectionTrouble) -> String {
    switch trouble {
    case .unknownName:
      "check how the domain is spelt, and whether this machine finds any names: getent hosts \(host)"
    case .slowName:
      "this machine's name servers don't answer: look at its network and /etc/resolv.conf, and try getent hosts \(host)"
    case .unknownProxy: "correct \(variable), or unset it if there is no proxy here"
    case .badProxy:
      "look at \(variable), such as http://user:password@proxy.example.com:3128, and ask whoever runs the proxy "
        + "whether \(domain) may be reached through it; no_proxy lists what is reached without"
    case .refused:
      "nothing listens on that port\(proxy == nil ? "" : ", the proxy's or the service's"), or a firewall refuses it: "
        + "check \(whereTo)"
    case .silentPort:
      "a firewall may drop what is sent there: check \(whereTo); --connect-timeout SECONDS waits longer"
    case .noConnection: "look at this machine's network and its routes\(proxy == nil ? "" : ", and at \(variable)")"
    case .noTLS: "what listens on that port speaks no TLS: check the domain's port, which is 443 if it names none"
    case .oldTLS: "the service has to offer TLS 1.2 or later, which is for its operator to turn on"
    case .slowTLS:
      "what listens on that port takes connections but says nothing: check the domain's port; --connect-timeout "
        + "SECONDS waits longer"
    case .failedTLS:
      "what listens on that port, or a firewall before it, breaks TLS off: check the domain and its port"
    case .expired:
      "the service's operator has to renew its certificate, if this machine's clock is right: it says \(now.description)"
    case .notYetValid:
      "this machine's clock may be wrong: it says \(now.description); timedatectl set-ntp true has it kept right"
    case .wrongHost:
      "use the name that the certificate is for as the domain; if that is no name of the service, somebody else answers"
    case .selfSigned, .unknownCA, .untrusted:
      hasCAFile
        ? "the file of --ca-file has not the CA of this certificate: name the one that has, if the service is yours"
        : "if the service has a private CA, --ca-file PATH names its certificates; if not, update the system's ("
          + CACertificates.installation + "), or somebody else answers"
    case .badCAFile: CACertificates.advice
    case .slowAnswer: "the service may be overloaded: try again later; --timeout SECONDS waits longer"
    case .noHTTP: "what listens on that port is something else: check the domain's port"
    case .lost: "try again later; if it stays so, something before the service may break connections off"
    }
  }

  /// What says where a connection goes.
  private var whereTo: String { "\(proxy.map { "\($0.variable), and " } ?? "")the domain and its port" }

  private var variable: String { proxy?.variable ?? "https_proxy" }

  private var host: String { domain.host }
}
