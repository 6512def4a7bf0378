/// The error of an answer: the SDK's `OVS_ERR_…` family.
///
/// The SDK's documentation names OVS_ERR_OK and OVS_ERR_MISSING_PARAMS without numbers; these numbers are the bridge's
/// own. This is the one table of errors: everything that speaks of one reads it here, and ``Row/summary`` says what each
/// case means.
public enum ErrorCode: Int, CaseIterable, Sendable {
  case ok = 0
  case `internal` = 1
  case parse = 2
  case invalidEnvelope = 3
  case unknownCommand = 4
  case missingParams = 5
  case invalidParams = 6
  case lineTooLong = 7
  case apiKeyNotSet = 10
  case notLoggedIn = 11
  case unauthorized = 12
  case forbidden = 13
  case clientExists = 14
  case clientNotFound = 15
  case unknownPlan = 16
  case rateLimited = 17
  case rejected = 18
  case network = 20
  case timeout = 21
  case backend = 22
  case cancelled = 23
  case shuttingDown = 24

  /// Whether the same command may be sent again in the hope of another answer.
  public enum Retry: Sendable {
    /// Not before something else has changed.
    case never
    /// Yes; `details.retry_after_s`, in seconds, says when, where it is known.
    case always
    /// Yes, unless the command was a change that may have taken effect: `details.outcome` is `unknown`.
    case unlessUnknownOutcome
  }

  /// A row of the table.
  public struct Row: Sendable {
    /// The error's name, `OVS_ERR_…`.
    public let name: String
    /// The `code` of a JSON-RPC 2.0 error object: one of the specification's (section 5.1), or the error's number.
    public let jsonRPCCode: Int
    /// Whether to try again.
    public let retry: Retry
    /// What it means, in one sentence.
    public let summary: String
  }

  /// The error's row.
  public var row: Row {
    switch self {
    case .ok:
      row("OK", summary: "The command was carried out.")
    case .internal:
      row("INTERNAL", jsonRPC: -32603, summary: "The bridge itself is at fault.")
    case .parse:
      row("PARSE", jsonRPC: -32700, summary: "The line is not JSON; the message says where and why.")
    case .invalidEnvelope:
      row("INVALID_ENVELOPE", jsonRPC: -32600, summary: "The line is JSON, but no command in either dialect.")
    case .unknownCommand:
      row("UNKNOWN_COMMAND", jsonRPC: -32601, summary: "No command has this number or name.")
    case .missingParams:
      row("MISSING_PARAMS", jsonRPC: -32602, summary: "A required parameter is absent; `field` names it.")
    case .invalidParams:
      row("INVALID_PARAMS", jsonRPC: -32602, summary: "A parameter is malformed or unknown; `field` names it.")
    case .lineTooLong:
      row("LINE_TOO_LONG", jsonRPC: -32600, summary: "The line is over --max-line-bytes.")
    case .apiKeyNotSet:
      row("API_KEY_NOT_SET", summary: "The command needs the API key first: OVS_CMD_SET_API_KEY.")
    case .notLoggedIn:
      row("NOT_LOGGED_IN", summary: "The command needs a session first: OVS_CMD_LOGIN.")
    case .unauthorized:
      row("UNAUTHORIZED", summary: "The API key, secret key or password was refused.")
    case .forbidden:
      row("FORBIDDEN", summary: "The session or address has no right to this account.")
    case .clientExists:
      row("CLIENT_EXISTS", summary: "A client with this e-mail exists: use OVS_CMD_NEW_PRODUCT.")
    case .clientNotFound:
      row("CLIENT_NOT_FOUND", summary: "No client has this e-mail.")
    case .unknownPlan:
      row("UNKNOWN_PLAN", summary: "No plan has this API ID.")
    case .rateLimited:
      row("RATE_LIMITED", retry: .always, summary: "Too many requests; `retry_after_s` says when to try again.")
    case .rejected:
      row("REJECTED", summary: "The service refused for a reason of its own: `backend_code`, `backend_message`.")
    case .network:
      row("NETWORK", retry: .unlessUnknownOutcome, summary: "The service could not be reached.")
    case .timeout:
      row("TIMEOUT", retry: .unlessUnknownOutcome, summary: "No answer came within the command's timeout.")
    case .backend:
      row("BACKEND", retry: .unlessUnknownOutcome, summary: "The service's answer made no sense.")
    case .cancelled:
      row("CANCELLED", retry: .unlessUnknownOutcome, summary: "OVS_CMD_CANCEL took the command back.")
    case .shuttingDown:
      row(
        "SHUTTING_DOWN", retry: .unlessUnknownOutcome,
        summary: "The bridge is ending and did not carry the command through.")
    }
  }

  private func row(_ name: String, jsonRPC code: Int? = nil, retry: Retry = .never, summary: String) -> Row {
    Row(name: "OVS_ERR_" + name, jsonRPCCode: code ?? rawValue, retry: retry, summary: summary)
  }
}
