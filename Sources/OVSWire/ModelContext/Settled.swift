extension ModelContext {
  /// What a line comes to that is no call of a tool.
  public final class Settled: Sendable {
    /// The answer to it, if it is answered.
    public let answer: JSONValue?
    /// What is to be told beside.
    public let notices: [JSONValue]
    /// The `id` of calls to be taken back.
    public let cancelled: JSONValue?
    /// The code of the error it is answered with, if it is one.
    public let refusal: Int?

    init(answer: JSONValue? = nil, notices: [JSONValue] = [], cancelled: JSONValue? = nil, refusal: Int? = nil) {
      self.answer = answer
      self.notices = notices
      self.cancelled = cancelled
      self.refusal = refusal
    }
  }
}
