/// When a request that came to nothing is sent again.
///
/// What may be repeated, because it changes nothing, is sent again after connect failures and 502, 503 and 504; a
/// change only if it has certainly not been sent. The waits double from one time to the next, and vary, so that many
/// clients of a service that comes back don't all come at once.
struct RetryPolicy {
  /// How often a request is sent at most.
  static let attempts = 4
  /// The longest first wait.
  static let firstWait = Duration.milliseconds(200)

  /// How long to wait before the next attempt; nil where there is none.
  ///
  /// - Parameters:
  ///   - result: what became of the attempt before.
  ///   - attempt: its number, from 1.
  ///   - isChange: whether the request must not be carried out twice.
  static func wait(
    after result: Result<AMAPIReply, TransportFailure>, attempt: Int, isChange: Bool
  ) -> Duration? {
    guard attempt < attempts else { return nil }
    var least = Duration.zero
    switch result {
    case .failure(let failure):
      switch failure.kind {
      case .noConnection where !isChange: break
      case .noConnection, .lost: guard !failure.wasSent else { return nil }
      case .notTrusted, .timeout, .noAnswer: return nil
      }
    case .success(let reply):
      guard !isChange, (502...504).contains(reply.status) else { return nil }
      least = .seconds(reply.retryAfter ?? 0)
    }
    return max(least, firstWait * (1 << (attempt - 1)) * Double.random(in: 0.5...1))
  }
}
