/// A request to the vendor's Account Management API, apart from how it is carried.
///
/// What is known of the methods and fields, and where from, stands in the table of ``AMAPIEndpoint``.
public struct AMAPIRequest: Equatable {
  /// The last part of the path.
  public enum Method: String, CaseIterable, Sendable {
    /// Makes an account with a first product.
    case addClient = "AddClient"
    /// Adds a product to an account.
    case newProduct = "NewProduct"
    /// Replaces an account's current plan.
    case upgradeProduct = "UpgradeProduct"
    /// Makes tokens, by the password or the long token.
    case tokenRefresh = "TokenRefresh"
    /// Ends an account at its due date.
    case cancelClient = "CancelClient"
    /// Ends an account at once.
    case closeClient = "CloseClient"
    /// Makes and mails a new password.
    case resetPassword = "ResetPassword"
    /// Tells what there is to know of an account.
    case getClient = "GetClient"
  }

  /// A form field.
  public enum Field: String, Sendable {
    /// The reseller's key.
    case apiKey = "apikey"
    /// The end-user.
    case email
    /// The end-user's password.
    case password
    /// The end-user's country (ISO 3166-1 alpha-2).
    case country
    /// The plan's API ID.
    case type
    /// The end-user's first name.
    case firstName = "first_name"
    /// The end-user's last name.
    case lastName = "last_name"
    /// The end-user's company.
    case companyName = "company_name"
    /// When a cancellation takes effect.
    case when
    /// The server-side secret key.
    case secretKey = "secretkey"
  }

  /// What is asked for.
  public let method: Method
  /// The form, in the order of the method's row.
  public let fields: [(field: Field, value: String)]
  /// The token of the `Authorization: Bearer` header (RFC 6750).
  public let bearer: String?
  /// Whose service it goes to; nil for the sandbox.
  public let domain: APIDomain?

  /// A request with fields of the method's row, in its order.
  init(
    _ method: Method, bearer: Secret? = nil, form fields: [(field: Field, value: String)], to domain: APIDomain? = nil
  ) {
    self.method = method
    self.bearer = bearer?.value
    self.fields = fields
    self.domain = domain
  }

  /// The value of a field; nil if the form lacks it.
  public subscript(field: Field) -> String? {
    for index in fields.indices where fields[index].field == field { return fields[index].value }
    return nil
  }

  /// Whether two requests would look the same on the wire.
  public static func == (a: AMAPIRequest, b: AMAPIRequest) -> Bool {
    a.method == b.method && a.bearer == b.bearer && a.domain == b.domain && a.fields.elementsEqual(b.fields, by: ==)
  }

  /// The fields as `application/x-www-form-urlencoded` (the WHATWG's URL standard, section 5.2).
  public var form: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(256)
    for (field, value) in fields {
      if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
      appendFormEncoded(field.rawValue, to: &bytes)
      bytes.append(UInt8(ascii: "="))
      appendFormEncoded(value, to: &bytes)
    }
    return bytes
  }
}

/// Appends the bytes of `text` in UTF-8, those that a form can't hold as they are in their percent form, a space as `+`.
func appendFormEncoded(_ text: String, to bytes: inout [UInt8]) {
  func append(percent byte: UInt8) {
    func digit(_ value: UInt8) -> UInt8 { value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "A") - 10) }
    bytes.append(UInt8(ascii: "%"))
    bytes.append(digit(byte >> 4))
    bytes.append(digit(byte & 15))
  }
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: " "): bytes.append(UInt8(ascii: "+"))
    case UInt8(ascii: "~"): append(percent: byte)
    case _ where byte.isUnreserved || byte == UInt8(ascii: "*"): bytes.append(byte)
    default: append(percent: byte)
    }
  }
}
