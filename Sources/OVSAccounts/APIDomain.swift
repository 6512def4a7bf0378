/// The address of a reseller's Account Management API.
///
/// Taken are a bare brand (`acme`, for `https://acme.vpngn.com`), a host with or without a port
/// (`acme.vpngn.com:8443`), and a base (`https://acme.vpngn.com`). Plain `http://` is taken for loopback only, where
/// nobody can listen in.
public struct APIDomain: Equatable, Sendable, CustomStringConvertible {
  /// The base that requests' paths are appended to, such as `https://acme.vpngn.com`.
  public let base: String

  /// Whether requests go over TLS; if not, they go to this machine.
  public var isEncrypted: Bool { base.hasPrefix("https://") }

  /// The host, with its port if it has one; for plain `http://` the base.
  public var description: String {
    isEncrypted ? String(base.dropFirst("https://".count)) : base
  }

  /// The host without a port.
  public var host: String {
    let place = base.split(separator: "/").last ?? ""
    return String(place.prefix { $0 != ":" })
  }

  /// Whether the host is an address (IPv4), so that there is no name to look up.
  public var isAddress: Bool {
    Self.isAddress(host[...])
  }

  /// Reads an address; nil if it is none of the forms taken.
  public init?(_ text: String) {
    // Outside of ASCII a lower case may be another host's name.
    guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    let lower = text.lowercased()
    let scheme = ["https://", "http://"].first { lower.hasPrefix($0) }
    var rest = lower.dropFirst(scheme?.count ?? 0)
    if scheme != nil, rest.hasSuffix("/") { rest = rest.dropLast() }

    let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let host = parts.first, Self.isHost(host) else { return nil }
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
        let port = UInt16(parts[1]), port > 0
      else { return nil }
    }
    let isLoopback = host == "localhost" || Self.isLoopbackAddress(host)
    guard scheme != "http://" || isLoopback else { return nil }
    let isBrand = scheme == nil && parts.count == 1 && !host.contains(".") && !isLoopback
    base = (scheme ?? "https://") + rest + (isBrand ? ".vpngn.com" : "")
  }

  /// 127.0.0.0/8 in four decimal numbers.
  private static func isLoopbackAddress(_ host: Substring) -> Bool {
    host.hasPrefix("127.") && isAddress(host)
  }

  /// Four decimal numbers of a byte each.
  private static func isAddress(_ host: Substring) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }

  /// Labels of letters, digits and inner hyphens, with dots between (RFC 1123, section 2.1).
  private static func isHost(_ host: Substring) -> Bool {
    guard host.utf8.count <= 253 else { return false }
    return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
        && label.utf8.allSatisfy {
          $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") || $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")
            || $0 == UInt8(ascii: "-")
        }
    }
  }
}
