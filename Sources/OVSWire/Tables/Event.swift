/// Something that happened beside a command's answer: a notification that nobody asked for.
public struct Event: Equatable, Sendable {
  /// What happened.
  public let kind: Kind
  /// What there is to know of it.
  public let data: [JSONValue.Member]

  /// An event.
  public init(_ kind: Kind, _ data: [JSONValue.Member]) {
    self.kind = kind
    self.data = data
  }

  /// The kinds of events: the one table of their numbers and names.
  public enum Kind: Int, CaseIterable, Sendable {
    /// The session is over, and nobody asked for it.
    case sessionExpired = 1100
    /// A command waits for its turn.
    case progress = 1101
    /// The sandbox has no mail of its own.
    case sandboxMail = 1200

    /// The event's name, `OVS_NOTIFY_…`.
    public var name: String {
      switch self {
      case .sessionExpired: "OVS_NOTIFY_SESSION_EXPIRED"
      case .progress: "OVS_NOTIFY_PROGRESS"
      case .sandboxMail: "OVS_NOTIFY_SANDBOX_MAIL"
      }
    }

    /// What its `data` holds.
    public var members: [Command.Member] {
      switch self {
      case .sessionExpired: [.init("email", .text, example: "ann@example.com", "whose session it was")]
      case .progress:
        [
          .init("id", .orNull(.requestID), example: 7, "the command's id; null if it has none"),
          .init("state", .choice(["waiting"]), example: "waiting", "what it does"),
          .init("eta_s", .number, example: 10, "for how long, in seconds"),
        ]
      case .sandboxMail:
        [
          .init("to", .text, example: "ann@example.com", "the end-user's e-mail"),
          .init("subject", .text, example: "Your new VPN password", "the mail's subject"),
          .init("password", .secret, example: "gHLfa2cUacW3RXk", "the new password"),
        ]
      }
    }

    /// What it means, in one sentence.
    public var summary: String {
      switch self {
      case .sessionExpired: "The session's tokens were refused and could not be renewed; log in again."
      case .progress:
        "The command of this `id` is `waiting` for its turn by --add-client-interval, for about `eta_s` seconds."
      case .sandboxMail: "What the sandbox would have mailed to the end-user."
      }
    }
  }
}
