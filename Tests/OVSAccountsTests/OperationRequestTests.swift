import OVSWire
import Testing

@testable import OVSAccounts

/// What each command asks of the account service, to the field.
struct OperationRequestTests {
  private static let bob = "Bob@example.com"

  /// What a session of bob@example.com sends for a command; with the server's secret key if there is one.
  private func request(_ name: String, _ data: String, secretKey: String? = nil) throws -> AMAPIRequest {
    let bench = ServiceBench.loggedIn(secretKey: secretKey)
    try bench.start(name, data)
    try #require(bench.transport.requests.count == 1, "\(name) sent \(bench.transport.requests.count) requests")
    return bench.transport.requests[0]
  }

  @Test(
    arguments: [
      ("LOGIN", #"{"email":"Eve@b","password":"pw"}"#, .tokenRefresh, false, [.email: "Eve@b", .password: "pw"]),
      ("GET_ACCOUNT_TYPE", "{}", .getClient, true, [.email: bob]),
      ("GET_ACCOUNT_TYPE", #"{"email":"eve@b"}"#, .getClient, true, [.email: "eve@b"]),
      ("GET_ACCOUNT_CREDENTIAL", "{}", .getClient, true, [.email: bob]),
      ("GET_ACCOUNT_EXP_DATE", "{}", .getClient, true, [.email: bob]),
      ("CHANGE_PLAN", #"{"type":12}"#, .upgradeProduct, true, [.email: bob, .type: "12"]),
      (
        "CHANGE_PLAN", #"{"email":"bob@EXAMPLE.com","type":"1"}"#, .upgradeProduct, true,
        [.email: "bob@EXAMPLE.com", .type: "1"]
      ),
      ("CANCEL_PLAN", "{}", .cancelClient, true, [.email: bob, .when: "at_due_date"]),
      ("NEW_PRODUCT", #"{"type":"24"}"#, .newProduct, true, [.email: bob, .type: "24"]),
      ("CLOSE_CLIENT", #"{"email":"BOB@example.com"}"#, .closeClient, true, [.email: "BOB@example.com"]),
      ("RESET_PASSWORD", #"{"email":"bob@example.com"}"#, .resetPassword, true, [.email: "bob@example.com"]),
    ] as [(String, String, AMAPIRequest.Method, Bool, [AMAPIRequest.Field: String])])
  func `A command in an end-user's name never carries the secret key`(
    name: String, data: String, method: AMAPIRequest.Method, isWithToken: Bool,
    fields: [AMAPIRequest.Field: String]
  ) throws {
    let form = fields.merging([.apiKey: "key"]) { $1 }
    let expected = AMAPIRequest(method, bearer: isWithToken ? Secret("short-1") : nil, form)
    for secretKey in [nil, "secret"] {
      #expect(try request(name, data, secretKey: secretKey) == expected, "\(name) \(data)")
    }
  }

  @Test(
    arguments: [
      ("CLOSE_CLIENT", #"{"email":"eve@b"}"#, .closeClient, [.email: "eve@b"]),
      ("RESET_PASSWORD", #"{"email":"eve@b"}"#, .resetPassword, [.email: "eve@b"]),
      (
        "ADD_CLIENT", #"{"email":"E@b","countrycode":"us","type":1}"#, .addClient,
        [.email: "E@b", .country: "US", .type: "1"]
      ),
      (
        "ADD_CLIENT",
        #"{"type":"12","email":"E@b","password":"p","countrycode":"DE","first_name":"F","last_name":"L","company_name":"C"}"#,
        .addClient,
        [
          .email: "E@b", .password: "p", .country: "DE", .type: "12", .firstName: "F", .lastName: "L",
          .companyName: "C",
        ]
      ),
      (
        "ADD_CLIENT", #"{"email":"E@b","password":"","countrycode":"us","type":1,"first_name":null,"last_name":""}"#,
        .addClient, [.email: "E@b", .country: "US", .type: "1"]
      ),
      (
        "ADD_CLIENT", #"{"email":"bob@example.com","countrycode":"us","type":1}"#, .addClient,
        [.email: "bob@example.com", .country: "US", .type: "1"]
      ),
    ] as [(String, String, AMAPIRequest.Method, [AMAPIRequest.Field: String])])
  func `A command on another account carries the secret key, if there is one, and never the session's token`(
    name: String, data: String, method: AMAPIRequest.Method, fields: [AMAPIRequest.Field: String]
  ) throws {
    #expect(try request(name, data) == AMAPIRequest(method, fields.merging([.apiKey: "key"]) { $1 }), "\(name) \(data)")
    #expect(
      try request(name, data, secretKey: "secret")
        == AMAPIRequest(method, fields.merging([.apiKey: "key", .secretKey: "secret"]) { $1 }), "\(name) \(data)")
  }

  @Test func `Without a session an account is closed under the secret key`() throws {
    let bench = ServiceBench()
    bench.session = Session(backend: .sandbox, apiKey: "key", secretKey: "secret")
    try bench.start("CLOSE_CLIENT", #"{"email":"a@b"}"#)
    #expect(
      bench.transport.requests == [
        AMAPIRequest(.closeClient, [.apiKey: "key", .email: "a@b", .secretKey: "secret"])
      ])
  }

  private static let account = [
    "type": "12", "exp_date": "2027-01-31", "vpn_username": "u", "vpn_password": "p", "username": "a@b",
    "password": "made-up",
  ]

  @Test(arguments: [
    ("GET_ACCOUNT_TYPE", "{}", #"{"type":"12"}"#),
    ("GET_ACCOUNT_CREDENTIAL", "{}", #"{"username":"u","password":"p"}"#),
    ("GET_ACCOUNT_EXP_DATE", "{}", #"{"exp_date":"2027-01-31"}"#),
    ("ADD_CLIENT", #"{"email":"a@b","countrycode":"us","type":1,"password":"p"}"#, "null"),
    ("ADD_CLIENT", #"{"email":"a@b","countrycode":"us","type":1}"#, #"{"username":"a@b","password":"made-up"}"#),
    (
      "ADD_CLIENT", #"{"email":"a@b","countrycode":"us","type":1,"password":""}"#,
      #"{"username":"a@b","password":"made-up"}"#
    ),
    ("CLOSE_CLIENT", #"{"email":"a@b"}"#, "null"), ("RESET_PASSWORD", #"{"email":"a@b"}"#, "null"),
    ("CHANGE_PLAN", #"{"type":1}"#, "null"), ("CANCEL_PLAN", "{}", "null"), ("NEW_PRODUCT", #"{"type":1}"#, "null"),
  ])
  func `An answer's data is what the command is about, and a password only if it would else be lost`(
    name: String, data: String, expected: String
  ) throws {
    let value = try JSONValue(json: expected)
    #expect(try ServiceBench.loggedIn().run(name, data, answer: .success(Self.account)).data == value, "\(name)")
  }

  @Test func `A plan that the service gives as a number is told as a string`() throws {
    let completion = try ServiceBench.loggedIn().run(
      "GET_ACCOUNT_TYPE", answer: .body(#"{"status":"success","type":12}"#))
    #expect(completion.data == .object([.init("type", .string("12"))]))
  }
}
