import OVSWire

/// What carries requests to an account service: the only seam between the commands' meaning and the world.
public protocol Transport: AnyObject {
  /// The service's clock at `now`, which counts from the start of the process.
  func time(at now: Duration) -> UTCTime

  /// Starts a request under a `ticket` of the caller's. The answer comes back at once if it can be had at once, and
  /// from ``receive(at:)`` if not.
  func send(_ request: AMAPIRequest, as ticket: Int, at now: Duration) -> AMAPIReply?

  /// An answer that has come in since, with its ticket; nil when there is none for now.
  func receive(at now: Duration) -> (ticket: Int, reply: AMAPIReply)?

  /// When ``receive(at:)`` is worth asking again at the latest; nil when nothing is under way.
  var wakeTime: Duration? { get }

  /// Gives a request up, so that its answer does not come back, and says what became of it.
  func abandon(_ ticket: Int) -> Failure.Outcome
}
