import Testing

@testable import OVSWire

/// The table of errors, which other programs rely on by number and name.
struct ErrorCodeTests {
  /// Number, name without its prefix, JSON-RPC code; whether to retry: never, always, or unless the outcome is unknown.
  private static let table: [(number: Int, name: String, jsonRPC: Int, retry: ErrorCode.Retry)] = [
    (0, "OK", 0, .never), (1, "INTERNAL", -32603, .never), (2, "PARSE", -32700, .never),
    (3, "INVALID_ENVELOPE", -32600, .never), (4, "UNKNOWN_COMMAND", -32601, .never),
    (5, "MISSING_PARAMS", -32602, .never), (6, "INVALID_PARAMS", -32602, .never), (7, "LINE_TOO_LONG", -32600, .never),
    (10, "API_KEY_NOT_SET", 10, .never), (11, "NOT_LOGGED_IN", 11, .never), (12, "UNAUTHORIZED", 12, .never),
    (13, "FORBIDDEN", 13, .never), (14, "CLIENT_EXISTS", 14, .never), (15, "CLIENT_NOT_FOUND", 15, .never),
    (16, "UNKNOWN_PLAN", 16, .never), (17, "RATE_LIMITED", 17, .always), (18, "REJECTED", 18, .never),
    (20, "NETWORK", 20, .unlessUnknownOutcome), (21, "TIMEOUT", 21, .unlessUnknownOutcome),
    (22, "BACKEND", 22, .unlessUnknownOutcome), (23, "CANCELLED", 23, .unlessUnknownOutcome),
    (24, "SHUTTING_DOWN", 24, .unlessUnknownOutcome),
  ]

  @Test(arguments: table)
  func `An error keeps its number, name and JSON-RPC code`(
    row: (number: Int, name: String, jsonRPC: Int, retry: ErrorCode.Retry)
  ) throws {
    let code = try #require(ErrorCode(rawValue: row.number), "no error has the number \(row.number)")
    #expect(code.row.name == "OVS_ERR_" + row.name)
    #expect(code.row.jsonRPCCode == row.jsonRPC, "of \(row.name)")
    #expect(code.row.summary.hasSuffix("."), "the summary of \(row.name) is one sentence")
  }

  @Test(arguments: table)
  func `What may be sent again follows from the error and the outcome`(
    row: (number: Int, name: String, jsonRPC: Int, retry: ErrorCode.Retry)
  ) throws {
    let code = try #require(ErrorCode(rawValue: row.number))
    for outcome in [nil, .notSent, .unknown] as [Failure.Outcome?] {
      let isRetryable =
        switch row.retry {
        case .never: false
        case .always: true
        case .unlessUnknownOutcome: outcome != .unknown
        }
      let failure = Failure(code, outcome: outcome, "…")
      #expect(failure.isRetryable == isRetryable, "\(row.name) with outcome \(outcome?.rawValue ?? "none")")
      #expect(failure[detail: "outcome"]?.string == outcome?.rawValue)
    }
  }

  @Test func `No error is missing from the table, and no two share a name`() {
    #expect(ErrorCode.allCases.map(\.rawValue) == Self.table.map(\.number))
    #expect(Set(ErrorCode.allCases.map(\.row.name)).count == ErrorCode.allCases.count)
  }

  @Test func `Outcomes are spelt as programs compare them`() {
    #expect(Failure.Outcome.notSent.rawValue == "not_sent" && Failure.Outcome.unknown.rawValue == "unknown")
  }

  @Test func `Events have numbers and names of their own`() {
    let kinds = Event.Kind.allCases
    #expect(
      Event.Kind.sessionExpired.rawValue == 1100 && Event.Kind.sessionExpired.name == "OVS_NOTIFY_SESSION_EXPIRED")
    #expect(Event.Kind.sandboxMail.rawValue == 1200 && Event.Kind.sandboxMail.name == "OVS_NOTIFY_SANDBOX_MAIL")
    let answers = Set(CommandTable.standard.rows.map(\.notificationName))
    for kind in kinds {
      #expect(CommandTable.standard[kind.rawValue] == nil, "\(kind.name) has a command's number")
      #expect(!answers.contains(kind.name), "\(kind.name) is the name of an answer")
      #expect(!kind.members.isEmpty && kind.summary.hasSuffix("."))
    }
    #expect(Set(kinds.map(\.name)).count == kinds.count)
  }
}
