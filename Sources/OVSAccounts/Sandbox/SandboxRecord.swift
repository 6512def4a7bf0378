import OVSWire

/// What a line of a ``SandboxFile`` tells: an account as it is from then on, or that it was closed.
///
/// An account has the members `email`, `password`, `country`, `first_name`, `last_name`, `company_name`, `vpn` (what its
/// OpenVPN credentials are made of, 16 hexadecimal digits), `type` (the current plan's API ID), `due` and `earlier_due`
/// (when the current plan and the last of those before it end, in seconds since 1970; null for none) and `cancelled`. One
/// that was closed has `email`, and `closed`, which is true.
enum SandboxRecord {
  case account(SandboxAccount)
  case closed(email: String)

  /// The record that a line tells, but for what lives in the process alone: the account has no tokens yet.
  init?(_ json: JSONValue) {
    guard let email = json["email"]?.string, !email.isEmpty else { return nil }
    if case .bool(true) = json["closed"] {
      self = .closed(email: email)
      return
    }
    guard let password = json["password"]?.string, let country = json["country"]?.string,
      let firstName = json["first_name"]?.string, let lastName = json["last_name"]?.string,
      let companyName = json["company_name"]?.string, let vpn = json["vpn"]?.string,
      let word = UInt64(vpn, radix: 16), let plan = SandboxPlan(id: json["type"]?.string),
      let due = json["due"].flatMap(Self.time), case .bool(let isCancelled) = json["cancelled"],
      let earlier = json["earlier_due"], let earlierDue = earlier == .null ? UTCTime(seconds: .min) : Self.time(earlier)
    else { return nil }
    self = .account(
      SandboxAccount(
        email: email, password: password, country: country, firstName: firstName, lastName: lastName,
        companyName: companyName, product: .init(type: plan, due: due), credential: SandboxCredential(word),
        tokenNonce: 0, earlierDue: earlierDue, isCancelled: isCancelled))
  }

  private static func time(_ json: JSONValue) -> UTCTime? {
    guard case .number(let text) = json else { return nil }
    return Int64(text).map(UTCTime.init(seconds:))
  }

  /// The record as it stands in the file.
  var json: JSONValue {
    switch self {
    case .closed(let email): .object([.init("email", .string(email)), .init("closed", .bool(true))])
    case .account(let account):
      .object([
        .init("email", .string(account.email)), .init("password", .string(account.password)),
        .init("country", .string(account.country)), .init("first_name", .string(account.firstName)),
        .init("last_name", .string(account.lastName)), .init("company_name", .string(account.companyName)),
        .init("vpn", .string(String(decoding: hexadecimal(account.credential.word), as: UTF8.self))),
        .init("type", .string(account.plan.type.id)), .init("due", .integer(account.plan.due.seconds)),
        .init(
          "earlier_due", account.earlierDue.seconds == .min ? .null : .integer(account.earlierDue.seconds)),
        .init("cancelled", .bool(account.isCancelled)),
      ])
    }
  }
}
