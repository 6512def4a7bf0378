import OVSWire

/// Which account a request is about, as far as its order among others goes.
public enum AccountName: Equatable, Sendable {
  /// No account.
  case none
  /// The account of this e-mail; compare it as it is.
  case named(String)
  /// The session's account.
  case session

  /// The account that `request` names by its `email`, or by leaving it to the session.
  ///
  /// This looks at the parameters before they are checked: a command that will be refused for another parameter still
  /// answers in its account's turn.
  public init(of request: Request) {
    switch request.command.effect {
    case .immediate, .process:
      self = .none
      return
    case .sessionRead:
      // The commands before it on the session's account may end the session.
      self = .session
      return
    case .session, .accountRead, .accountChange: break
    }
    let values = request.parameters.values
    if let index = request.command.accountParameter, index < values.count, case .string(let text) = values[index],
      !text.isEmpty
    {
      self = .named(Self.key(text))
    } else {
      self = request.command.needs == .login ? .session : .none
    }
  }

  /// The form of an e-mail by which accounts are told apart: without case.
  public static func key(_ email: String) -> String {
    var copy = email
    let isLower = copy.withUTF8 { utf8 in
      for byte in utf8 where byte >= 0x80 || byte &- UInt8(ascii: "A") < 26 { return false }
      return true
    }
    return isLower ? email : email.lowercased()
  }
}
