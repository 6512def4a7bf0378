import OVSWire

/// An end-user's account as the sandbox keeps it.
final class SandboxAccount {
  /// As it was written when the account was added.
  let email: String
  var password: String
  let country: String
  let firstName: String
  let lastName: String
  let companyName: String
  /// The account's own for OpenVPN, which stay the same.
  let credential: SandboxCredential
  /// The product that was bought, or changed to, last.
  private(set) var plan: Product
  /// When the last of the products before it ends.
  private(set) var earlierDue: UTCTime
  /// Whether the account ends at its due date.
  var isCancelled: Bool
  /// What the account's valid tokens have in common, and no others; another one kills them.
  var tokenNonce: Int

  /// An account with its first product, and when those before it ended, if there were any.
  init(
    email: String, password: String, country: String, firstName: String, lastName: String, companyName: String,
    product: Product, credential: SandboxCredential, tokenNonce: Int,
    earlierDue: UTCTime = UTCTime(seconds: .min), isCancelled: Bool = false
  ) {
    self.email = email
    self.password = password
    self.country = country
    self.firstName = firstName
    self.lastName = lastName
    self.companyName = companyName
    self.credential = credential
    self.tokenNonce = tokenNonce
    self.earlierDue = earlierDue
    self.isCancelled = isCancelled
    plan = product
  }

  /// An account like another, which can be changed without it.
  init(copying other: SandboxAccount) {
    email = other.email
    password = other.password
    country = other.country
    firstName = other.firstName
    lastName = other.lastName
    companyName = other.companyName
    credential = other.credential
    plan = other.plan
    earlierDue = other.earlierDue
    isCancelled = other.isCancelled
    tokenNonce = other.tokenNonce
  }

  /// Months that were bought.
  struct Product {
    var type: SandboxPlan
    /// The start of the day on which it ends.
    var due: UTCTime
  }

  /// The day the last of the products ends.
  var due: UTCTime { max(plan.due, earlierDue) }

  /// A new product becomes the current plan, and takes a cancellation back.
  func add(_ product: Product) {
    earlierDue = due
    plan = product
    isCancelled = false
  }

  /// Puts a product in place of the current plan.
  func change(to product: Product) {
    plan = product
  }

  /// Whether the account has come to its end.
  func isOver(at time: UTCTime) -> Bool { isCancelled && time >= due }
}

/// The user name and password of an account for OpenVPN, made of a random word when they are asked for, which many never
/// are. They open nothing, so that one may tell of the other.
struct SandboxCredential {
  let word: UInt64

  init(_ word: UInt64) {
    self.word = word
  }

  var username: String { "vpn-" + SandboxRandom.characters(10, of: word).text }

  var password: String { SandboxRandom.password(of: SandboxRandom.stretched(word)) }
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
    guard let id, let plan = Int(id).flatMap(Self.init), plan.id == id else { return nil }
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
  enum Kind {
    case short
    case long
  }

  let kind: Kind
  /// The account's place.
  let place: Int
  let nonce: Int
  let end: UTCTime

  init(_ kind: Kind, place: Int, nonce: Int, end: UTCTime) {
    self.kind = kind
    self.place = place
    self.nonce = nonce
    self.end = end
  }

  init?(_ text: String) {
    var text = text
    guard let token = text.withUTF8({ Self.read($0[...]) }) else { return nil }
    self = token
  }

  private static func read(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> SandboxToken? {
    var bytes = bytes
    let kind: Kind
    if skip("sandbox.short.", in: &bytes) {
      kind = .short
    } else if skip("sandbox.long.", in: &bytes) {
      kind = .long
    } else {
      return nil
    }
    guard let place = number(&bytes), skip(".", in: &bytes), let nonce = number(&bytes), skip(".", in: &bytes),
      let end = number(&bytes), bytes.isEmpty
    else { return nil }
    return SandboxToken(kind, place: place, nonce: nonce, end: UTCTime(seconds: Int64(end)))
  }

  private static func skip(_ text: StaticString, in bytes: inout Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    guard bytes.starts(with: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) else {
      return false
    }
    bytes.removeFirst(text.utf8CodeUnitCount)
    return true
  }

  /// Takes the digits of a number; nil where there are none, or too many.
  private static func number(_ bytes: inout Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    var value: Int?
    while let byte = bytes.first, byte &- UInt8(ascii: "0") < 10 {
      let (tenfold, isTooMany) = (value ?? 0).multipliedReportingOverflow(by: 10)
      let (sum, isTooMuch) = tenfold.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      if isTooMany || isTooMuch { return nil }
      value = sum
      bytes.removeFirst()
    }
    return value
  }

  var text: String {
    String(unsafeUninitializedCapacity: 80) { buffer in
      var text = Text(buffer: buffer)
      text.append(kind == .short ? "sandbox.short." : "sandbox.long.")
      text.append(place)
      text.append(".")
      text.append(nonce)
      text.append(".")
      text.append(Int(end.seconds))
      return text.count
    }
  }

  private struct Text {
    let buffer: UnsafeMutableBufferPointer<UInt8>
    var count = 0

    mutating func append(_ text: StaticString) {
      append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ number: Int) { withDecimalDigits(of: number) { append($0) } }

    private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
      _ = UnsafeMutableBufferPointer(rebasing: buffer[count...]).update(fromContentsOf: bytes)
      count += bytes.count
    }
  }
}
