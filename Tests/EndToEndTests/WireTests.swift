import Foundation
import Testing

/// What goes over the wire: the documented and inferred fields and nothing else, encoded right, nothing secret in a URL.
@Suite struct WireTests {
  private static let text = "a+b & c=d%20é€😀;\"'/?#"

  /// What a command sends: its method, and its fields in their order.
  struct Sent: Sendable, CustomStringConvertible {
    let command: String
    let method: String
    let fields: [[String]]
    var isWithToken = false
    var description: String { command }
  }

  private static let ann = "ann@example.com"
  private static let key = ["apikey", "k+y&1%"]

  /// In this order they make a conversation.
  static let sent: [Sent] = [
    Sent(
      command: #"{"cmd":21,"data":{"email":"ann@example.com","countrycode":"de","type":12,"password":"p+w d&é%"}}"#,
      method: "AddClient",
      fields: [key, ["email", ann], ["password", "p+w d&é%"], ["country", "DE"], ["type", "12"]]),
    Sent(
      command: #"{"cmd":1000,"data":{"email":"ann@example.com","password":"p+w d&é%"}}"#, method: "TokenRefresh",
      fields: [key, ["email", ann], ["password", "p+w d&é%"]]),
    Sent(command: #"{"cmd":18}"#, method: "GetClient", fields: [key, ["email", ann]], isWithToken: true),
    Sent(command: #"{"cmd":19}"#, method: "GetClient", fields: [key, ["email", ann]], isWithToken: true),
    Sent(command: #"{"cmd":20}"#, method: "GetClient", fields: [key, ["email", ann]], isWithToken: true),
    Sent(
      command: #"{"cmd":50,"data":{"email":"ANN@example.com","type":"6"}}"#, method: "UpgradeProduct",
      fields: [key, ["email", "ANN@example.com"], ["type", "6"]], isWithToken: true),
    Sent(
      command: #"{"cmd":59,"data":{"type":"1"}}"#, method: "NewProduct",
      fields: [key, ["email", ann], ["type", "1"]], isWithToken: true),
    Sent(
      command: #"{"cmd":58}"#, method: "CancelClient", fields: [key, ["email", ann], ["when", "at_due_date"]],
      isWithToken: true),
    Sent(command: #"{"cmd":1004,"data":{"secret_key":"s+k"}}"#, method: "", fields: []),
    Sent(
      command: #"{"cmd":23,"data":{"email":"ann@example.com"}}"#, method: "ResetPassword",
      fields: [key, ["email", ann]], isWithToken: true),
    Sent(
      command:
        #"{"cmd":21,"data":{"email":"b+c@example.com","countrycode":"US","type":"1","password":"p","first_name":"a+b & c=d%20é€😀;\"'/?#","last_name":"L","company_name":"\n"}}"#,
      method: "AddClient",
      fields: [
        key, ["email", "b+c@example.com"], ["password", "p"], ["country", "US"], ["type", "1"], ["first_name", text],
        ["last_name", "L"], ["company_name", "\n"], ["secretkey", "s+k"],
      ]),
    Sent(
      command: #"{"cmd":22,"data":{"email":"b+c@example.com"}}"#, method: "CloseClient",
      fields: [key, ["email", "b+c@example.com"], ["secretkey", "s+k"]]),
  ]

  @Test("A request holds exactly the fields of its method, and only the session's commands a token")
  func fields() throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(server.bridgeOptions, environment: ["OVS_API_KEY": "k+y&1%"])
    var seen = 0
    for expected in Self.sent {
      let answer = try bridge.ask(expected.command)
      #expect(answer.error == 0, "\(expected) was answered \(answer)")
      let entries = try server.journal(since: seen)
      seen += entries.count
      guard !expected.method.isEmpty else {
        #expect(entries.isEmpty, "\(expected) sends nothing")
        continue
      }
      let entry = try #require(entries.first, "\(expected) sent nothing")
      #expect(entries.count == 1 && entry.method == expected.method)
      #expect(entry.fields == expected.fields, "\(expected)")
      #expect((entry.bearer != nil) == expected.isWithToken, "\(expected)")
      #expect(entry.text("method") == "POST" && entry.text("path") == "/api/amapi/\(expected.method)")
      #expect(entry.members["query"] is NSNull, "nothing is told in the URL")
      #expect(entry.text("tls")?.hasPrefix("TLSv1.") == true)
    }
  }

  @Test("No cookie is kept, no credential sent but the token, and the headers are the same for all")
  func headers() throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(server.bridgeOptions)
    try server.tell(
      ##"{"do":"fault","fault":"status","status":401,"headers":[["Set-Cookie","a=b"],["WWW-Authenticate","Basic"]]}"##)
    try bridge.mustDo(#"{"cmd":10,"data":{"api_key":"key"}}"#)
    #expect(try bridge.ask(#"{"cmd":22,"data":{"email":"a@b"}}"#).error == 12)
    #expect(try bridge.ask(#"{"cmd":22,"data":{"email":"a@b"}}"#).error == 15)
    for entry in try server.journal() {
      let headers = entry.members["headers"] as? [[String]] ?? []
      #expect(
        headers.map(\.first) == ["Host", "User-Agent", "Accept", "Content-Length", "Content-Type"], "\(headers)")
      #expect(headers.contains(["Content-Type", "application/x-www-form-urlencoded"]))
      #expect(headers.contains(["Accept", "application/json"]))
      #expect(headers[1][1].hasPrefix("ovs-bridge/"))
    }
  }

  @Test("A method's path can be corrected, and no other changes")
  func correctedPath() throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(
      server.bridgeOptions + [
        "--amapi-endpoint", "CancelClient=TerminateClient", "--amapi-endpoint=CloseClient=/v2/close",
      ])
    try bridge.logIn()
    let missing = try bridge.ask(#"{"cmd":58}"#)
    #expect(missing.verdict == "22 unknown" && missing.message.contains("--amapi-endpoint CancelClient=PATH"))
    _ = try bridge.ask(#"{"cmd":22,"data":{"email":"a@b"}}"#)
    try bridge.mustDo(#"{"cmd":18}"#)
    let paths = try server.journal().map { $0.text("path") }
    #expect(paths.suffix(3) == ["/api/amapi/TerminateClient", "/v2/close", "/api/amapi/GetClient"])
  }

  @Test("What the service echoes of a secret reaches neither an answer nor the log", arguments: ["text", "json"])
  func echoedSecrets(_ format: String) throws {
    let server = try AMAPIServer()
    let secrets = ["s3cret/key", "s3cret+server", "s3cret&pass word"]
    let bridge = try BridgeProcess(
      server.bridgeOptions + ["--log-level", "debug", "--log-format", format],
      environment: ["OVS_API_KEY": secrets[0], "OVS_SECRET_KEY": secrets[1]])
    try bridge.mustDo(
      #"{"cmd":21,"data":{"email":"ann@example.com","password":"\#(secrets[2])","countrycode":"US","type":"12"}}"#,
      #"{"cmd":1000,"data":{"email":"ann@example.com","password":"\#(secrets[2])"}}"#, #"{"cmd":18}"#)
    let tokens = try server.journal().compactMap(\.bearer)
    #expect(tokens.count == 1)
    var told: [String] = []
    try server.tell(#"{"do":"fault","fault":"echo","times":null}"#)
    for command in [
      #"{"cmd":18}"#, #"{"cmd":58}"#, #"{"cmd":22,"data":{"email":"b@c"}}"#,
      #"{"cmd":21,"data":{"email":"b@c","password":"\#(secrets[2])","countrycode":"US","type":"12"}}"#,
      #"{"cmd":1000,"data":{"email":"ann@example.com","password":"\#(secrets[2])"}}"#,
    ] {
      let answer = try bridge.ask(command)
      #expect(answer.error == 18 && answer.message.contains("***"), "\(answer)")
      told.append(answer.description)
    }
    #expect(try bridge.lines() == [])
    told.append(try bridge.log())
    let forms = secrets.map { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" }
    let plus = forms.map { $0.replacingOccurrences(of: "%20", with: "+") }
    for secret in secrets + forms + plus + tokens {
      #expect(!told.contains { $0.contains(secret) }, "\(secret) was told")
    }
  }
}
