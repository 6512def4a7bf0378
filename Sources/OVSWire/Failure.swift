/// Why a command was not carried out: what an answer says of it in either dialect.
public struct Failure: Error, Equatable, Sendable {
  /// What became of a change that was not confirmed; reads have no outcome.
  public enum Outcome: String, Sendable {
    /// It has certainly not taken effect.
    case notSent = "not_sent"
    /// It may have taken effect.
    case unknown
  }

  /// The error.
  public var code: ErrorCode
  /// One sentence that a person can act on; never holds a key, password or token.
  public var message: String
  /// What a program can act on: `field`, `retry_after_s`, `outcome`, `backend_code`, ….
  public var details: [JSONValue.Member]

  /// A failure with its details.
  public init(_ code: ErrorCode, _ message: String, details: [JSONValue.Member] = []) {
    self.code = code
    self.message = message
    self.details = details
  }

  /// A failure that one member of the envelope or one parameter is to blame for.
  public init(_ code: ErrorCode, field: String, _ message: String) {
    self.init(code, message, details: [.init("field", .string(field))])
  }

  /// A failure with what became of the change, if it was one; the message says so too where that is not known.
  public init(_ code: ErrorCode, outcome: Outcome?, _ message: String) {
    self.init(
      code, message + (outcome == .unknown ? "; whether the change took effect is not known" : ""),
      details: outcome.map { [.init("outcome", .string($0.rawValue))] } ?? [])
  }

  /// Whether the same command may be sent again as it is.
  public var isRetryable: Bool {
    switch code.row.retry {
    case .never: false
    case .always: true
    case .unlessUnknownOutcome: !details.contains(.init("outcome", .string(Outcome.unknown.rawValue)))
    }
  }
}
