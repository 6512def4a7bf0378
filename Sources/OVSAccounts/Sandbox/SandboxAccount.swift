/// An end-user's account as the sandbox keeps it.
struct SandboxAccount {
  /// As it was written when the account was added.
  let email: String
  var password: String
  let country: String
  let firstName: String
  let lastName: String
  let companyName: String
  /// The account's OpenVPN credentials, which are its own and stay the same.
  let vpnUsername: String
  let vpnPassword: String
  /// In the order they were added; the last is the current plan.
  var products: [Product]
  /// Whether the account ends at its due date.
  var isCancelled = false
  var tokens: SandboxTokens?

  /// Months that were bought.
  struct Product {
    var type: SandboxPlan
    /// The start of the day on which it ends.
    var due: UTCTime
  }

  /// The day the last of the products ends.
  var due: UTCTime { products.lazy.map(\.due).max() ?? UTCTime(seconds: 0) }

  /// Whether the account has come to its end.
  func isOver(at time: UTCTime) -> Bool { isCancelled && time >= due }
}

/// The plans of the sandbox. Their API IDs are the months they last.
enum SandboxPlan: Int, CaseIterable {
  case oneMonth = 1
  case threeMonths = 3
  case sixMonths = 6
  case oneYear = 12
  case twoYears = 24
  case threeYears = 36

  /// The plan with this API ID.
  init?(id: String?) {
    guard let plan = Self.allCases.first(where: { $0.id == id }) else { return nil }
    self = plan
  }

  var id: String { String(rawValue) }

  /// The product that starts at `time`.
  func product(from time: UTCTime) -> SandboxAccount.Product {
    .init(type: self, due: time.startOfDay(addingMonths: rawValue))
  }
}

/// The two tokens of an account, made of the account's place and a nonce each.
struct SandboxTokens {
  var short: UInt128
  var shortEnd: UTCTime
  var long: UInt128
  var longEnd: UTCTime
}

/// Which of an account's tokens a text is, and whose.
struct SandboxToken {
  enum Kind: String {
    case short
    case long
  }

  let kind: Kind
  let place: Int
  let nonce: UInt128

  init(_ kind: Kind, place: Int, nonce: UInt128) {
    self.kind = kind
    self.place = place
    self.nonce = nonce
  }

  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "sandbox", let kind = Kind(rawValue: String(parts[1])),
      let place = Int(parts[2]), let nonce = UInt128(parts[3], radix: 16)
    else { return nil }
    self.init(kind, place: place, nonce: nonce)
  }

  var text: String { "sandbox.\(kind.rawValue).\(place).\(String(nonce, radix: 16))" }
}

/// Passwords and names that the sandbox makes up.
enum SandboxRandom {
  /// Letters and digits that can't be taken for one another.
  private static let alphabet = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789".utf8)

  /// A strong password by the vendor's rule: at least 10 characters, a digit, a letter and an upper-case letter.
  static func password() -> String {
    while true {
      let password = text(15)
      if password.contains(where: \.isNumber), password.contains(where: \.isLowercase),
        password.contains(where: \.isUppercase)
      {
        return password
      }
    }
  }

  /// At most 20 characters; their randomness comes in one piece from the system.
  static func text(_ count: Int) -> String {
    var number = UInt128.random(in: .min ... .max)
    return String(
      decoding: (0..<count).map { _ in
        let digit: UInt128
        (number, digit) = number.quotientAndRemainder(dividingBy: UInt128(alphabet.count))
        return alphabet[Int(digit)]
      }, as: UTF8.self)
  }
}
