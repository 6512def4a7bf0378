import OVSWire
import Testing

@testable import OVSAccounts

/// Which parameters a command takes, and how they may be given.
struct ArgumentsTests {
  private static let whole = #""email":"a@b","countrycode":"us","type":12"#

  @Test func `All that the row names can be given by name, in any order`() throws {
    let request = try Request.named(
      "ADD_CLIENT",
      #"{"company_name":"C","type":12,"last_name":"L","email":"a@b","first_name":"F","countrycode":"us","password":"p"}"#
    )
    let arguments = try request.arguments
    let expected = [
      "email": "a@b", "password": "p", "countrycode": "US", "type": "12", "first_name": "F", "last_name": "L",
      "company_name": "C",
    ]
    for (name, value) in expected { #expect(arguments[name] == .string(value), "\(name)") }
    #expect(arguments["nothing"] == nil)
  }

  @Test(arguments: ["password", "first_name", "last_name", "company_name"])
  func `An optional parameter that is null, empty or not there is absent`(name: String) throws {
    for data in ["{\(Self.whole)}", #"{\#(Self.whole),"\#(name)":null}"#, #"{\#(Self.whole),"\#(name)":""}"#] {
      #expect(try Request.named("ADD_CLIENT", data).arguments[name] == nil, "\(data)")
    }
    let blank = try Request.named("ADD_CLIENT", #"{\#(Self.whole),"\#(name)":" "}"#)
    #expect(try blank.arguments[name] == .string(" "), "a space is a value")
  }

  @Test(arguments: [
    ("ADD_CLIENT", "{}", "email"), ("ADD_CLIENT", #"{"email":"a@b","type":1}"#, "countrycode"),
    ("ADD_CLIENT", #"{"email":"a@b","countrycode":"US","type":null}"#, "type"),
    ("LOGIN", #"{"email":null,"password":"x"}"#, "email"),
    ("LOGIN", #"{"email":"a@b"}"#, "password"), ("SET_API_KEY", "{}", "api_key"),
    ("SET_API_KEY", #"{"api_domain":null}"#, "api_key"),
    ("CHANGE_PLAN", #"{"email":"a@b"}"#, "type"), ("CANCEL", #"{"id":null}"#, "id"),
    ("SET_SECRET_KEY", "{}", "secret_key"),
  ])
  func `A required parameter that is null or not there is missing`(name: String, data: String, field: String) throws {
    let refusal = try Request.named(name, data).refusal
    #expect(refusal.code == .missingParams && refusal.field == field, "\(data): \(refusal.message)")
    #expect(refusal.message.contains("\"\(field)\""), "the message should name it: \(refusal.message)")
  }

  @Test(arguments: [
    ("LOGIN", #"{"email":"a@b","password":""}"#, "password"), ("LOGIN", #"{"email":"","password":"x"}"#, "email"),
    ("SET_API_KEY", #"{"api_key":""}"#, "api_key"), ("NEW_PRODUCT", #"{"type":""}"#, "type"),
  ])
  func `A required parameter that is empty is invalid`(name: String, data: String, field: String) throws {
    let refusal = try Request.named(name, data).refusal
    #expect(refusal.code == .invalidParams && refusal.field == field, "\(data): \(refusal.message)")
  }

  @Test(arguments: [
    #"{"api_key":"k"}"#, #"{"api_domain":"k"}"#, #"{"api_key":"k","api_domain":"k"}"#,
    #"{"api_key":null,"api_domain":"k"}"#,
    #"{"api_domain":null,"api_key":"k"}"#,
  ])
  func `Both names of the API key are taken, also together if they say the same`(data: String) throws {
    #expect(try Request.named("SET_API_KEY", data).arguments["api_key"] == .string("k"), "\(data)")
  }

  @Test(arguments: [#"{"api_key":"k","api_domain":"other"}"#, #"{"api_domain":"other","api_key":"k"}"#])
  func `Both names with different values are refused`(data: String) throws {
    let refusal = try Request.named("SET_API_KEY", data).refusal
    #expect(refusal.code == .invalidParams && refusal.field == "api_key", "\(data)")
    #expect(refusal.message.contains("\"api_key\"") && refusal.message.contains("\"api_domain\""))
  }

  @Test(arguments: [
    ("ADD_CLIENT", "compny_name", "company_name"), ("ADD_CLIENT", "Email", "email"),
    ("ADD_CLIENT", "country_code", "countrycode"),
    ("LOGIN", "pasword", "password"), ("SET_API_KEY", "apikey", "api_key"), ("CHANGE_PLAN", "typ", "type"),
  ])
  func `A parameter that the row doesn't name is refused with the nearest that it does`(
    command: String, name: String, nearest: String
  ) throws {
    let refusal = try Request.named(command, #"{"\#(name)":"x"}"#).refusal
    #expect(refusal.code == .invalidParams && refusal.field == name)
    #expect(refusal.message.contains("did you mean \"\(nearest)\"?"), "\(refusal.message)")
  }

  @Test(arguments: ["LOGOUT", "CANCEL_PLAN", "GET_ACCOUNT_EXP_DATE", "GET_INFO"])
  func `A command without parameters takes none`(name: String) throws {
    let refusal = try Request.named(name, #"{"email":"a@b"}"#).refusal
    #expect(refusal.code == .invalidParams && refusal.field == "email")
    #expect(refusal.message.contains("takes none"), "\(refusal.message)")
    #expect(try Request.positional(name, "[null]").refusal.field == "params")
  }

  @Test func `Parameters by position follow the row, and a null leaves one out`() throws {
    let arguments = try Request.positional("ADD_CLIENT", #"["a@b",null,"us",12,"",null,"C"]"#).arguments
    #expect(arguments["email"] == .string("a@b") && arguments["countrycode"] == .string("US"))
    #expect(arguments["type"] == .string("12") && arguments["company_name"] == .string("C"))
    #expect(arguments["password"] == nil && arguments["first_name"] == nil && arguments["last_name"] == nil)
  }

  @Test(arguments: [
    ("ADD_CLIENT", #"["a@b","p"]"#, ErrorCode.missingParams, "countrycode"),
    ("ADD_CLIENT", "[]", .missingParams, "email"),
    ("ADD_CLIENT", #"["a@b",null,"us",1,2]"#, .invalidParams, "first_name"),
    ("ADD_CLIENT", #"["a@b",null,"us",1,"F","L","C","x"]"#, .invalidParams, "params"),
    ("CHANGE_PLAN", #"["a@b"]"#, .missingParams, "type"), ("NEW_PRODUCT", #"["12",null]"#, .invalidParams, "params"),
  ])
  func `Parameters by position are checked like those by name, and too many are refused`(
    name: String, params: String, code: ErrorCode, field: String
  ) throws {
    let refusal = try Request.positional(name, params).refusal
    #expect(refusal.code == code && refusal.field == field, "\(params): \(refusal.message)")
  }

  @Test(arguments: [
    ("LOGIN", #"{"email":"s3cret","password":"x"}"#), ("LOGIN", #"{"email":"a@b","password":["s3cret"]}"#),
    ("LOGIN", #"{"email":"a@b","password":{"s3cret":1}}"#),
    ("SET_API_KEY", #"{"api_key":"s3cret","api_domain":"s3cret2"}"#),
    ("ADD_CLIENT", #"{"email":"a@b","countrycode":"s3cret","type":1}"#), ("ADD_CLIENT", #"{"password":"s3cret"}"#),
    ("ADD_CLIENT", #"{"passwort":"s3cret"}"#), ("SET_API_DOMAIN", #"{"api_domain":"s3cret s3cret"}"#),
    ("NEW_PRODUCT", #"{"type":["s3cret"]}"#), ("SET_SECRET_KEY", #"{"secretkey":"s3cret"}"#),
  ])
  func `A refusal never holds a value`(name: String, data: String) throws {
    let refusal = try Request.named(name, data).refusal
    #expect(!"\(refusal)".contains("s3cret"), "\(refusal)")
  }

  @Test func `A refusal of parameters by position never holds a value`() throws {
    for params in [#"["s3cret","s3cret"]"#, #"["a@b","x","s3cret"]"#, #"["a@b",["s3cret"]]"#] {
      let refusal = try Request.positional("LOGIN", params).refusal
      #expect(!"\(refusal)".contains("s3cret"), "\(refusal)")
    }
  }
}
