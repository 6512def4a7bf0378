extension Command {
  /// The errors that it may be answered with, beside what is wrong with the line it came on.
  public var errors: [ErrorCode] { ErrorCode.allFailures.filter(mayFail) }

  private func mayFail(with error: ErrorCode) -> Bool {
    switch error {
    case .ok, .parse, .invalidEnvelope, .unknownCommand, .lineTooLong: false
    case .internal, .invalidParams, .shuttingDown: true
    case .missingParams: parameters.contains(where: \.isRequired)
    case .apiKeyNotSet: needs != .nothing
    case .notLoggedIn: needs == .login
    case .clientExists: operation == .account(.addClient)
    case .unknownPlan: isAccountOperation && parameters.contains { $0.rule == .planType }
    case .unauthorized, .forbidden, .clientNotFound, .rateLimited, .rejected, .network, .timeout, .backend:
      isAccountOperation
    case .cancelled: effect != .immediate && effect != .process
    }
  }

  private var isAccountOperation: Bool {
    if case .account = operation { true } else { false }
  }
}
