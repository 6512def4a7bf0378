import Foundation
import OVSWire
import Testing

@testable import OVSAccounts

/// A transport that keeps what it is sent and answers what and when the test says.
final class ScriptedTransport: Transport {
  private(set) var sent: [(ticket: Int, request: AMAPIRequest)] = []
  private(set) var abandoned: [Int] = []
  private(set) var limits: [Duration?] = []
  private var results: [(ticket: Int, result: Result<AMAPIReply, TransportFailure>)] = []
  private var unanswered: [Int] = []

  /// The requests that were sent, without their tickets.
  var requests: [AMAPIRequest] { sent.map(\.request) }

  func time(at now: Duration) -> UTCTime {
    UTCTime(seconds: SandboxBench.start.seconds + now.components.seconds)
  }

  func send(_ request: AMAPIRequest, as ticket: Int, within limit: Duration?, at now: Duration) -> AMAPIReply? {
    limits.append(limit)
    sent.append((ticket, request))
    unanswered.append(ticket)
    return nil
  }

  func receive(at now: Duration) -> (ticket: Int, result: Result<AMAPIReply, TransportFailure>)? {
    results.isEmpty ? nil : results.removeFirst()
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
  func reply(_ reply: AMAPIReply) throws { try end(.success(reply)) }

  /// Lets the oldest request that has no answer yet fail.
  func fail(_ kind: TransportFailure.Kind, wasSent: Bool) throws {
    try end(.failure(TransportFailure(kind, wasSent: wasSent, "it broke")))
  }

  /// Ends the oldest request that has not ended yet.
  func end(_ result: Result<AMAPIReply, TransportFailure>) throws {
    try #require(!unanswered.isEmpty, "there is no request to answer")
    results.append((unanswered.removeFirst(), result))
  }
}

/// What the network has of its own: nothing is waited for here.
extension ScriptedTransport: NetworkTransport {
  func addTargets(to targets: inout [pollfd], at now: Duration) {}

  func take(_ targets: Span<pollfd>, at now: Duration) {}
}

extension Transport {
  /// Sends a request that may take any time.
  func send(_ request: AMAPIRequest, as ticket: Int, at now: Duration) -> AMAPIReply? {
    send(request, as: ticket, within: nil, at: now)
  }
}

extension Result<AMAPIReply, TransportFailure> {
  /// The answer; nil where there is none.
  var reply: AMAPIReply? { try? get() }
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
  static func refusal(
    _ code: JSONValue?, _ message: String = "because", status: Int = 400, retryAfter: Int? = nil
  ) -> AMAPIReply {
    AMAPIReply(
      status: status, retryAfter: retryAfter,
      body: .object(
        [.init("status", .string("error"))] + (code.map { [.init("code", $0)] } ?? [])
          + [.init("message", .string(message))]))
  }

  static var refusedToken: AMAPIReply { refusal(.string("INVALID_TOKEN")) }

  /// An answer with this body.
  static func body(_ json: String, status: Int = 200) throws -> AMAPIReply {
    AMAPIReply(status: status, body: try JSONValue(json: json))
  }
}
