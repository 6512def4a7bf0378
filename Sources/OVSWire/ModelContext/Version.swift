/// The Model Context Protocol (https://modelcontextprotocol.io/specification): the commands as tools for editors and
/// agents, over the same lines.
public enum ModelContext {
  /// A version of the protocol, by the date that names it.
  public enum Version: String, CaseIterable, Comparable, Sendable {
    case november2024 = "2024-11-05"
    case march2025 = "2025-03-26"
    case june2025 = "2025-06-18"
    case november2025 = "2025-11-25"
    case july2026 = "2026-07-28"

    /// Whether `a` came out before `b`.
    public static func < (a: Version, b: Version) -> Bool { a.rawValue < b.rawValue }

    /// Whether each request says itself which version it is of, and what its client can do; before, a handshake says so
    /// for all ("Versioning and Compatibility", section "Terminology").
    public var isModern: Bool { self >= .july2026 }

    /// Those that a handshake settles on.
    static let ofHandshake = allCases.filter { !$0.isModern }

    /// What a handshake settles on: the version asked for, or else the latest ("Lifecycle", section "Version
    /// Negotiation").
    static func negotiated(for requested: String) -> Version {
      ofHandshake.first { $0.rawValue == requested } ?? ofHandshake.max() ?? .november2025
    }

    /// The versions that a request may be of, the latest first.
    static let names: JSONValue = .array(allCases.reversed().map { .string($0.rawValue) })

    /// Whether a line may hold several messages.
    var hasBatches: Bool { self == .march2025 }
    /// Whether tools say what calling them does to things.
    var hasAnnotations: Bool { self >= .march2025 }
    /// Whether progress may be told in words.
    var hasProgressMessages: Bool { self >= .march2025 }
    /// Whether what tools return has a schema, and a member of its own.
    var hasStructuredContent: Bool { self >= .june2025 }
    /// Whether things have a title beside their name.
    var hasTitles: Bool { self >= .june2025 }
    /// Whether an error whose request's `id` can't be known leaves it out; before, the schema has no such error, and JSON-RPC
    /// wants null.
    var omitsUnknownIDs: Bool { self >= .november2025 }
  }

  /// How much a log message matters (RFC 5424, section 6.2.1).
  public enum LogLevel: String, CaseIterable, Comparable, Sendable {
    case debug, info, notice, warning, error, critical, alert, emergency

    /// Whether `a` matters less than `b`.
    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rank < b.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  /// What is wrong with a message itself: an error of JSON-RPC, not of a tool.
  struct ProtocolError: Error, Equatable {
    let code: Int
    let message: String
    /// What a program can act on.
    let data: [JSONValue.Member]

    init(_ code: ErrorCode, _ message: String, data: [JSONValue.Member] = []) {
      self.code = code.row.jsonRPCCode
      self.message = message
      self.data = data
    }

    init(_ failure: Failure) {
      self.init(failure.code, failure.message, data: failure.details)
    }

    /// A request is of a version that isn't spoken here ("Versioning and Compatibility", section "Protocol Version
    /// Negotiation").
    init(unsupportedVersion requested: String) {
      code = -32022
      message = "Unsupported protocol version"
      data = [.init("supported", Version.names), .init("requested", .string(requested))]
    }
  }
}
