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
  private(set) var products: [Product]
  /// When the last of the products but the current plan ends.
  private var earlierDue = UTCTime(seconds: .min)
  /// Whether the account ends at its due date.
  var isCancelled = false
  /// What the account's valid tokens have in common; another one kills them.
  var tokenNonce = UInt64.random(in: .min ... .max)

  init(
    email: String, password: String, country: String, firstName: String, lastName: String, companyName: String,
    product: Product
  ) {
    self.email = email
    self.password = password
    self.country = country
    self.firstName = firstName
    self.lastName = lastName
    self.companyName = companyName
    vpnUsername = "vpn-" + SandboxRandom.text(10)
    vpnPassword = SandboxRandom.password()
    products = [product]
  }

  /// Months that were bought.
  struct Product {
    var type: SandboxPlan
    /// The start of the day on which it ends.
    var due: UTCTime
  }

  /// The product that was bought, or changed to, last.
  var plan: Product { products[products.count - 1] }

  /// The day the last of the products ends.
  var due: UTCTime { max(plan.due, earlierDue) }

  /// A new product becomes the current plan, and takes a cancellation back.
  mutating func add(_ product: Product) {
    earlierDue = due
    products.append(product)
    isCancelled = false
  }

  /// Puts a product in place of the current plan.
  mutating func change(to product: Product) {
    products[products.count - 1] = product
  }

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

/// A token as the sandbox makes it: whose it is, until when, and the account's nonce. Nobody but the bridge holds one,
/// so that it needs no signature.
struct SandboxToken {
  enum Kind: String {
    case short
    case long
  }

  let kind: Kind
  /// The account's place.
  let place: Int
  let nonce: UInt64
  let end: UTCTime

  init(_ kind: Kind, place: Int, nonce: UInt64, end: UTCTime) {
    self.kind = kind
    self.place = place
    self.nonce = nonce
    self.end = end
  }

  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0] == "sandbox", let kind = Kind(rawValue: String(parts[1])),
      let place = Int(parts[2]), let nonce = UInt64(parts[3]), let end = Int64(parts[4])
    else { return nil }
    self.init(kind, place: place, nonce: nonce, end: UTCTime(seconds: end))
  }

  var text: String { "sandbox.\(kind.rawValue).\(place).\(nonce).\(end.seconds)" }
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
