import OVSWire

/// A method of the vendor's Account Management API: a row of the one table of what is known of it.
///
/// The vendor's pages document `POST https://{brand}.vpngn.com/api/amapi/{Method}` with form fields, AddClient with all
/// its fields, and the names NewProduct, UpgradeProduct and TokenRefresh. The rest had to be inferred, and is marked so
/// that it can be corrected here; a path can also be corrected without a rebuild, see ``AMAPIPaths``.
public struct AMAPIEndpoint: Sendable {
  /// Where a fact about the service comes from.
  public enum Source: String, Sendable {
    /// The vendor's pages say so.
    case documented
    /// No page that says it was to be had.
    case inferred

    /// What stands behind a name from there.
    var mark: String {
      switch self {
      case .documented: ""
      case .inferred: "?"
      }
    }
  }

  /// What a request shows to be allowed; one of these has to be there, or the caller's address be whitelisted
  /// (documented).
  public enum Credential: String, Sendable {
    /// The end-user's password, in the form.
    case password
    /// The end-user's short token, as Bearer (RFC 6750).
    case shortToken = "short token"
    /// The end-user's long token, as Bearer.
    case longToken = "long token"
    /// The server-side secret key, in the form.
    case secretKey = "secret key"
  }

  /// A form field or an answer's member, and where its name comes from.
  public struct Name<Value: RawRepresentable<String> & Sendable>: Sendable, CustomStringConvertible {
    /// The field or member.
    public let value: Value
    /// Where its name comes from.
    public let source: Source
    /// Whether it may be absent.
    public let isOptional: Bool

    /// The name, with `*` if it is always there and `?` if it is inferred.
    public var description: String { value.rawValue + (isOptional ? "" : "*") + source.mark }

    static func documented(_ value: Value, optional: Bool = false) -> Self {
      Self(value: value, source: .documented, isOptional: optional)
    }

    static func inferred(_ value: Value, optional: Bool = false) -> Self {
      Self(value: value, source: .inferred, isOptional: optional)
    }
  }

  /// The method, whose name is the last part of its path.
  public let method: AMAPIRequest.Method
  /// Where the method's name comes from.
  public let source: Source
  /// Whether it changes something, so that it must not be sent twice.
  public let isChange: Bool
  /// The form, in order.
  public let fields: [Name<AMAPIRequest.Field>]
  /// What a success holds beside `status`.
  public let answer: [Name<AMAPIReply.Member>]
  /// What the bridge shows with it.
  public let credentials: [Credential]

  /// The method's name, with `?` if it is inferred.
  public var name: String { method.rawValue + source.mark }

  /// All methods that the bridge uses.
  public static let all: [AMAPIEndpoint] = AMAPIRequest.Method.allCases.map(\.endpoint)
}

extension AMAPIRequest.Method {
  /// The method's row.
  public var endpoint: AMAPIEndpoint {
    Self.rows.firstIndex { $0.method == self }.map { Self.rows[$0] } ?? row
  }

  /// The rows, made once: every request asks for its own.
  private static let rows = allCases.map(\.row)

  private var row: AMAPIEndpoint {
    switch self {
    case .addClient:
      row(
        .documented, isChange: true,
        [
          .documented(.apiKey), .documented(.email), .documented(.password, optional: true), .documented(.country),
          .documented(.type), .documented(.firstName, optional: true), .documented(.lastName, optional: true),
          .documented(.companyName, optional: true), .inferred(.secretKey, optional: true),
        ],
        answer: [.documented(.username), .documented(.password)] + Self.tokens(optional: true),
        [.secretKey])
    case .newProduct:
      row(
        .documented, isChange: true, [.inferred(.apiKey), .inferred(.email), .inferred(.type)],
        answer: Self.tokens(optional: true), [.shortToken])
    case .upgradeProduct:
      row(
        .documented, isChange: true, [.inferred(.apiKey), .inferred(.email), .inferred(.type)],
        answer: Self.tokens(optional: true), [.shortToken])
    case .tokenRefresh:
      row(
        .documented, isChange: false,
        [.inferred(.apiKey), .inferred(.email), .inferred(.password, optional: true)],
        answer: Self.tokens(optional: false), [.password, .longToken])
    case .cancelClient:
      row(
        .inferred, isChange: true, [.inferred(.apiKey), .inferred(.email), .inferred(.when)], answer: [], [.shortToken])
    case .closeClient, .resetPassword:
      row(
        .inferred, isChange: true, [.inferred(.apiKey), .inferred(.email), .inferred(.secretKey, optional: true)],
        answer: [], [.shortToken, .secretKey])
    case .getClient:
      row(
        .inferred, isChange: false, [.inferred(.apiKey), .inferred(.email)],
        answer: [.inferred(.type), .inferred(.expirationDate), .inferred(.vpnUsername), .inferred(.vpnPassword)],
        [.shortToken])
    }
  }

  private static func tokens(optional: Bool) -> [AMAPIEndpoint.Name<AMAPIReply.Member>] {
    [.inferred(.shortToken, optional: optional), .inferred(.longToken, optional: optional)]
  }

  private func row(
    _ source: AMAPIEndpoint.Source, isChange: Bool, _ fields: [AMAPIEndpoint.Name<AMAPIRequest.Field>],
    answer: [AMAPIEndpoint.Name<AMAPIReply.Member>], _ credentials: [AMAPIEndpoint.Credential]
  ) -> AMAPIEndpoint {
    AMAPIEndpoint(
      method: self, source: source, isChange: isChange, fields: fields, answer: answer, credentials: credentials)
  }
}

/// The paths of the methods, which are `/api/amapi/{Method}` unless they were corrected.
public struct AMAPIPaths: Sendable {
  /// What is wrong with a correction, in words that follow the name of whatever gave it.
  public struct CorrectionError: Error, Equatable {
    /// The words.
    public let reason: String
  }

  private static let folder = "/api/amapi/"
  private var corrected: [AMAPIRequest.Method: String] = [:]

  /// The paths as they are documented and inferred.
  public init() {}

  /// The path of a method.
  public subscript(method: AMAPIRequest.Method) -> String { corrected[method] ?? Self.folder + method.rawValue }

  /// Takes a correction, `NAME=PATH`: a method's name, and its path from the host's root if it begins with a slash, or
  /// else the last part of it.
  public mutating func correct(_ text: String) throws(CorrectionError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let names = AMAPIRequest.Method.allCases.map(\.rawValue)
    guard parts.count == 2 else {
      throw CorrectionError(reason: "must be NAME=PATH, such as CancelClient=TerminateClient")
    }
    guard let method = AMAPIRequest.Method(rawValue: parts[0]) else {
      throw CorrectionError(
        reason: "names no method of the service: \(quoted(parts[0]))\(suggestion(for: parts[0], among: names)); "
          + "they are \(names.joined(separator: ", "))")
    }
    let path = parts[1].hasPrefix("/") ? parts[1] : Self.folder + parts[1]
    guard Self.isPath(path) else {
      throw CorrectionError(
        reason: "must have a path of letters, digits and -._~/ behind the =, such as /api/amapi/TerminateClient")
    }
    corrected[method] = path
  }

  /// Segments of unreserved characters (RFC 3986, section 2.3), none of which is empty or leads elsewhere.
  private static func isPath(_ path: String) -> Bool {
    path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).allSatisfy { segment in
      !segment.isEmpty && segment != "." && segment != ".." && segment.utf8.allSatisfy(\.isUnreserved)
    }
  }
}

extension UInt8 {
  /// Whether this is an unreserved character of a URI: a letter, a digit, or one of `-._~` (RFC 3986, section 2.3).
  var isUnreserved: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
