import OVSWire
import Testing

@testable import OVSAccounts

/// A transport that keeps what it is sent and answers what and when the test says.
final class ScriptedTransport: Transport {
  private(set) var sent: [(ticket: Int, request: AMAPIRequest)] = []
  private(set) var abandoned: [Int] = []
  private var replies: [(ticket: Int, reply: AMAPIReply)] = []
  private var unanswered: [Int] = []

  /// The requests that were sent, without their tickets.
  var requests: [AMAPIRequest] { sent.map(\.request) }

  func time(at now: Duration) -> UTCTime {
    UTCTime(seconds: SandboxBench.start.seconds + now.components.seconds)
  }

  func send(_ request: AMAPIRequest, as ticket: Int, at now: Duration) -> AMAPIReply? {
    sent.append((ticket, request))
    unanswered.append(ticket)
    return nil
  }

  func receive(at now: Duration) -> (ticket: Int, reply: AMAPIReply)? {
    replies.isEmpty ? nil : replies.removeFirst()
  }

  var wakeTime: Duration? { unanswered.isEmpty ? nil : .zero }

  func abandon(_ ticket: Int) -> Failure.Outcome {
    abandoned.append(ticket)
    return .unknown
  }

  /// Lets all others without an answer be answered before this one.
  func postpone(_ ticket: Int) {
    unanswered.removeAll { $0 == ticket }
    unanswered.append(ticket)
  }

  /// Answers the oldest request that has no answer yet.
  func reply(_ reply: AMAPIReply) throws {
    try #require(!unanswered.isEmpty, "there is no request to answer")
    replies.append((unanswered.removeFirst(), reply))
  }
}

extension AMAPIReply {
  /// A success with these members, all strings.
  static func success(_ members: [String: String] = [:]) -> AMAPIReply {
    AMAPIReply(
      status: 200, body: .object([.init("status", .string("success"))] + members.map { .init($0, .string($1)) }))
  }

  /// A success with the tokens `short-`, `long-` and `name`.
  static func tokens(_ name: String) -> AMAPIReply {
    .success(["short_token": "short-\(name)", "long_token": "long-\(name)"])
  }

  /// A refusal with this code.
  static func refusal(_ code: JSONValue?, _ message: String = "because", retryAfter: Int? = nil) -> AMAPIReply {
    AMAPIReply(
      status: 400, retryAfter: retryAfter,
      body: .object(
        [.init("status", .string("error"))] + (code.map { [.init("code", $0)] } ?? [])
          + [.init("message", .string(message))]))
  }

  static var refusedToken: AMAPIReply { refusal(.string("INVALID_TOKEN")) }

  /// An answer with this body.
  static func body(_ json: String) throws -> AMAPIReply { AMAPIReply(status: 200, body: try JSONValue(json: json)) }
}
