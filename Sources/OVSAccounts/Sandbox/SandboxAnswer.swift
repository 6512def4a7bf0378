/// A success of the sandbox. The texts of its members are made when they are asked for, which most never are.
final class SandboxAnswer: AMAPIReply, @unchecked Sendable {
  /// What it is about.
  enum Subject {
    /// Nothing but that it was done.
    case none
    /// A new client.
    case newClient(email: String, password: String)
    /// A client: the plan, the due date, the OpenVPN credentials.
    case client(SandboxPlan, due: UTCTime, SandboxCredential)
  }

  private let subject: Subject
  private let tokens: (short: SandboxToken, long: SandboxToken)?

  init(_ subject: Subject, tokens: (short: SandboxToken, long: SandboxToken)?, mail: Mail?) {
    self.subject = subject
    self.tokens = tokens
    super.init(status: 200, body: .null, mail: mail)
  }

  override var isSuccess: Bool { true }

  override subscript(member: Member) -> String? {
    switch (member, subject) {
    case (.shortToken, _): tokens?.short.text
    case (.longToken, _): tokens?.long.text
    case (.username, .newClient(let email, _)): email
    case (.password, .newClient(_, let password)): password
    case (.type, .client(let plan, _, _)): plan.id
    case (.expirationDate, .client(_, let due, _)): due.date
    case (.vpnUsername, .client(_, _, let credential)): credential.username
    case (.vpnPassword, .client(_, _, let credential)): credential.password
    case (.username, _), (.password, _), (.type, _), (.expirationDate, _), (.vpnUsername, _), (.vpnPassword, _): nil
    }
  }
}
