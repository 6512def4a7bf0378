/// Why a command was not carried out: what an answer says of it in either dialect.
public struct Failure: Error, Equatable, Sendable {
  /// What became of a change that was not confirmed; reads have no outcome.
  public enum Outcome: String, CaseIterable, Sendable {
    /// It has certainly not taken effect.
    case notSent = "not_sent"
    /// It may have taken effect.
    case unknown

    /// The outcome as one of a failure's details.
    public var detail: JSONValue.Member { Detail.outcome(.string(rawValue)) }
  }

  /// What a program can act on: the one table of the members of an error's details.
  public enum Detail: String, CaseIterable, Sendable {
    case field
    case outcome
    case retryAfter = "retry_after_s"
    case httpStatus = "http_status"
    case backendCode = "backend_code"
    case backendMessage = "backend_message"
    case offset
    case limit
    case bytes

    /// Its name, and what its value is.
    public var member: Command.Member {
      switch self {
      case .field: member(.text, example: "email", "the parameter, or the member of the envelope, at fault")
      case .outcome:
        member(
          .choice(Outcome.allCases.map(\.rawValue)), example: "not_sent",
          "what became of a change that was not confirmed")
      case .retryAfter: member(.count, example: 10, "when to try again, in seconds from now")
      case .httpStatus: member(.count, example: 404, "the status of the service's answer")
      case .backendCode: member(.orNull(.text), example: "CLIENT_NOT_FOUND", "the service's own code")
      case .backendMessage: member(.orNull(.text), example: "client not found", "the service's own words")
      case .offset: member(.count, example: 17, "the byte of the line where it goes wrong, from 0")
      case .limit: member(.count, example: 1_048_576, "how many bytes a line may have")
      case .bytes: member(.count, example: 2_000_000, "how many it has")
      }
    }

    private func member(_ form: Command.Form, example: JSONValue, _ summary: String) -> Command.Member {
      Command.Member(rawValue, form, example: example, summary)
    }

    /// A detail with its value.
    public func callAsFunction(_ value: JSONValue) -> JSONValue.Member { .init(rawValue, value) }
  }

  /// The error.
  public var code: ErrorCode
  /// One sentence that a person can act on; never holds a key, password or token.
  public var message: String
  /// What a program can act on, each a ``Detail``.
  public var details: [JSONValue.Member]

  /// A failure with its details.
  public init(_ code: ErrorCode, _ message: String, details: [JSONValue.Member] = []) {
    self.code = code
    self.message = message
    self.details = details
  }

  /// A failure that one member of the envelope or one parameter is to blame for.
  public init(_ code: ErrorCode, field: String, _ message: String) {
    self.init(code, message, details: [Detail.field(.string(field))])
  }

  /// A failure with what became of the change, if it was one; the message says so too where that is not known.
  public init(_ code: ErrorCode, outcome: Outcome?, _ message: String) {
    self.init(
      code, message + (outcome == .unknown ? "; whether the change took effect is not known" : ""),
      details: outcome.map { [$0.detail] } ?? [])
  }

  /// Whether the same command may be sent again as it is.
  public var isRetryable: Bool {
    switch code.row.retry {
    case .never: false
    case .always: true
    case .unlessUnknownOutcome: !details.contains(Outcome.unknown.detail)
    }
  }
}

/// What is wrong with a line as such, whatever it was to say.
extension Failure {
  /// It is no JSON.
  static func unreadable(_ error: JSONError) -> Failure {
    Failure(
      .parse, "the line can't be read as JSON: at byte \(error.offset): \(error.reason)",
      details: [Detail.offset(.integer(error.offset))])
  }

  /// It is too long.
  static func overlong(_ count: Int, limit: Int) -> Failure {
    Failure(
      .lineTooLong, "the line has \(count) bytes; at most \(limit) are taken (--max-line-bytes)",
      details: [Detail.limit(.integer(limit)), Detail.bytes(.integer(count))])
  }

  /// A member stands twice in it, at this byte the second time.
  static func duplicate(_ name: String, at offset: Int) -> Failure {
    Failure(
      .invalidEnvelope,
      "the member \(quoted(name)) stands twice in one object, the second time at byte \(offset); say once what is meant",
      details: [Detail.field(.string(name)), Detail.offset(.integer(offset))])
  }
}
