extension ModelContext {
  /// What a request says of itself in `params._meta` ("Overview", section "_meta").
  struct RequestMeta {
    static let versionName = "io.modelcontextprotocol/protocolVersion"
    static let capabilitiesName = "io.modelcontextprotocol/clientCapabilities"

    private let meta: JSONValue
    /// The version of the protocol that it names.
    let version: String?
    /// What its client wants to know its progress by: a string or an integer ("Progress").
    let progressToken: JSONValue?
    /// What its client wants to be told meanwhile; from the modern versions on.
    private(set) var logLevel: LogLevel?

    init(_ params: JSONValue) throws(ProtocolError) {
      let meta = params["_meta"] ?? .object([])
      guard case .object = meta else { throw ProtocolError(.invalidParams, "\"_meta\" must be an object") }
      self.meta = meta
      version = try meta.string(Self.versionName)
      switch meta["progressToken"] {
      case nil: progressToken = nil
      case .string(let text): progressToken = .string(text)
      case .number(let text) where text.isInteger: progressToken = .number(text)
      default: throw ProtocolError(.invalidParams, "\"progressToken\" must be a string or an integer")
      }
      if let level = meta[Self.logLevelName], version.flatMap(Version.init)?.isModern ?? false {
        logLevel = try LogLevel(level, called: Self.logLevelName)
      }
    }

    private static let logLevelName = "io.modelcontextprotocol/logLevel"

    /// Throws what each request of the modern versions must have and this one lacks ("Overview", section "Per-request
    /// protocol fields").
    func checkModern() throws(ProtocolError) {
      guard case .object = meta[Self.capabilitiesName] else {
        throw ProtocolError(.invalidParams, "params._meta needs \"\(Self.capabilitiesName)\", an object")
      }
      let infoName = "io.modelcontextprotocol/clientInfo"
      if let info = meta[infoName], info["name"]?.string == nil || info["version"]?.string == nil {
        throw ProtocolError(.invalidParams, "\"\(infoName)\" must be an object with \"name\" and \"version\", strings")
      }
    }
  }
}

extension ModelContext.LogLevel {
  /// The level that a member means.
  init(_ value: JSONValue?, called name: String) throws(ModelContext.ProtocolError) {
    guard let level = value?.string.flatMap(Self.init) else {
      let names = Self.allCases.map(\.rawValue)
      throw .init(.invalidParams, "\"\(name)\" must be one of \(names.joined(separator: ", "))")
    }
    self = level
  }
}

extension JSONValue {
  /// The string that is its member called `name`; nil without one.
  fileprivate func string(_ name: String) throws(ModelContext.ProtocolError) -> String? {
    guard let value = self[name] else { return nil }
    guard let string = value.string else { throw .init(.invalidParams, "\"\(name)\" must be a string") }
    return string
  }
}

extension String {
  /// Whether it is an integer as JSON writes it, without a fraction or an exponent.
  var isInteger: Bool { utf8.allSatisfy { $0 == UInt8(ascii: "-") || $0.isDigit } }
}
