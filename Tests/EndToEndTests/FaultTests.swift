import Foundation
import TestSupport
import Testing

/// Whatever goes wrong between the bridge and the service: one answer for each command, the right error and outcome, no
/// change carried out twice, and the next command works.
@Suite struct FaultTests {
  struct Case: Sendable, CustomStringConvertible {
    /// The fault, as the test server is told.
    let fault: String
    /// What a change may be answered with: its error and, on a fault, its outcome.
    let change: Set<String>
    /// What a read may be answered with.
    let read: Set<String>
    /// Words that the error's message has.
    var words = ""
    var description: String { fault }
  }

  private static let fine: Set = ["0"]
  private static let lost: Set = ["20 unknown"]
  private static let senseless: Set = ["22 unknown"]

  static let cases: [Case] = [
    // What is late, but right.
    Case(fault: #""delay","seconds":0.2"#, change: fine, read: fine),
    Case(fault: #""delay_reply","seconds":0.2"#, change: fine, read: fine),
    Case(fault: #""drip","seconds":0.0005"#, change: fine, read: fine),
    Case(fault: #""split""#, change: fine, read: fine),
    Case(fault: #""chunked""#, change: fine, read: fine),
    Case(fault: #""continue""#, change: fine, read: fine),
    Case(fault: #""close_after_reply""#, change: fine, read: fine),
    // No answer in time: the test's commands have 600 ms.
    Case(fault: #""hang""#, change: ["21 unknown"], read: ["21"], words: "within its timeout"),
    Case(fault: #""hang","applied":true"#, change: ["21 unknown"], read: ["21"], words: "within its timeout"),
    Case(fault: #""delay_reply","seconds":2"#, change: ["21 unknown"], read: ["21"], words: "within its timeout"),
    Case(fault: #""drip","seconds":0.05"#, change: ["21 unknown"], read: ["21"], words: "within its timeout"),
    // A connection that breaks. A read is sent again where a kept connection turns out to be closed.
    Case(fault: #""refuse_connections""#, change: fine, read: fine),
    Case(fault: #""close_before_reading""#, change: ["0", "20 unknown"], read: ["0", "20"], words: "lost"),
    Case(fault: #""reset_before_reading""#, change: ["0", "20 unknown"], read: ["0", "20"], words: "lost"),
    Case(fault: #""close""#, change: lost, read: ["0", "20"], words: "lost"),
    Case(fault: #""close","applied":true"#, change: lost, read: ["0", "20"], words: "lost"),
    Case(fault: #""reset""#, change: lost, read: ["0", "20"], words: "lost"),
    Case(fault: #""reset","applied":true"#, change: lost, read: ["0", "20"], words: "lost"),
    Case(fault: #""truncated""#, change: lost, read: ["20"], words: "lost"),
    Case(fault: #""truncated","sent":0"#, change: lost, read: ["20"], words: "lost"),
    Case(fault: #""truncated_head""#, change: ["20 unknown", "22 unknown"], read: ["0", "20", "22"]),
    Case(fault: #""truncated_head","sent":5"#, change: ["20 unknown", "22 unknown"], read: ["0", "20", "22"]),
    // Answers that say no.
    Case(fault: #""retry_after","seconds":7"#, change: ["17"], read: ["17"]),
    Case(fault: #""retry_after","seconds":7,"form":"date""#, change: ["17"], read: ["17"]),
    Case(fault: #""echo""#, change: ["18"], read: ["18"], words: "***"),
    Case(fault: #""status","status":403"#, change: ["13"], read: ["13"]),
    Case(
      fault: ##""status","status":400,"body":"{\"status\":\"error\",\"code\":7,\"message\":\"no\"}""##,
      change: ["18"], read: ["18"], words: "no"),
    // Answers without sense.
    Case(fault: #""status","status":400"#, change: senseless, read: ["22"], words: "no JSON"),
    Case(fault: #""status","status":404"#, change: senseless, read: ["22"], words: "--amapi-endpoint"),
    Case(fault: #""status","status":500"#, change: senseless, read: ["22"], words: "HTTP 500"),
    Case(fault: #""status","status":500,"applied":true"#, change: senseless, read: ["22"], words: "HTTP 500"),
    Case(fault: #""status","status":503"#, change: senseless, read: fine, words: "HTTP 503"),
    Case(fault: #""status","status":503,"times":null"#, change: senseless, read: ["22"], words: "HTTP 503"),
    Case(fault: #""status","status":502,"applied":true"#, change: senseless, read: fine, words: "HTTP 502"),
    Case(fault: #""status","status":504,"applied":true"#, change: senseless, read: fine, words: "HTTP 504"),
    Case(
      fault: #""redirect","location":"https://elsewhere.example/""#, change: senseless, read: ["22"],
      words: "https://elsewhere.example/"),
    Case(
      fault: #""redirect","location":"https://elsewhere.example/","status":302"#, change: senseless, read: ["22"],
      words: "https://elsewhere.example/"),
    Case(fault: #""body","body":"<html></html>""#, change: senseless, read: ["22"], words: "no JSON"),
    Case(fault: #""body","body":"""#, change: senseless, read: ["22"], words: "no JSON"),
    Case(fault: #""body","body":"[]""#, change: senseless, read: ["22"], words: "no JSON object"),
    Case(fault: ##""body","body":"{\"status\":\"fine\"}""##, change: senseless, read: ["22"], words: "neither"),
    Case(fault: ##""body","body":"{\"status\":\"success\"""##, change: senseless, read: ["22"], words: "no JSON"),
    Case(
      fault: ##""body","body":"{\"status\":\"success\",\"type\":\"\\udcff\"}""##, change: senseless, read: ["22"],
      words: "no JSON"),
    Case(
      fault: ##""body","body":"{\"status\":\"success\",\"status\":\"error\"}""##, change: senseless, read: ["22"],
      words: "no JSON"),
    Case(
      fault: ##""body","body":"\ufeff{\"status\":\"success\",\"type\":\"6\"}","applied":true"##, change: fine,
      read: fine),
    Case(fault: #""huge","bytes":2000000"#, change: senseless, read: ["22"], words: "longer than 1048576"),
    Case(
      fault: #""huge","bytes":2000000,"chunked":true"#, change: senseless, read: ["22"], words: "longer than 1048576"),
    Case(fault: #""huge","bytes":null"#, change: senseless, read: ["22"], words: "longer than 1048576"),
    Case(fault: #""endless_headers""#, change: senseless, read: ["22"], words: "bytes of headers"),
    Case(fault: #""garbage""#, change: senseless, read: ["22"], words: "no HTTP"),
    Case(fault: #""old_http""#, change: senseless, read: ["22"], words: "no HTTP"),
  ]

  @Test(
    "A service that dies with a change under way may have carried it out, and is not sent it again",
    arguments: [false, true], [false, true])
  func dyingService(_ isBackSoon: Bool, _ isOldLibcurl: Bool) throws {
    let server = try AMAPIServer()
    let port = server.plainDomain.components(separatedBy: ":").last ?? ""
    let library = isOldLibcurl ? ["--libcurl", try OldLibcurl.path()] : []
    let bridge = try BridgeProcess(["--api-domain", server.plainDomain] + library)
    try bridge.logIn()
    try server.tell(#"{"do":"fault","fault":"hang","applied":true,"method":"UpgradeProduct"}"#)
    let before = try server.count("requests")
    try bridge.send(#"{"cmd":50,"data":{"type":"6"}}"#)
    try server.tell(#"{"do":"wait","requests":\#(before + 1)}"#)
    server.signal(SIGKILL)
    let next = isBackSoon ? try AMAPIServer(["--http-port", port]) : nil
    let answer = try Answer(try bridge.line())
    #expect(answer.verdict == "20 unknown" && answer.isRetryable == false, "\(answer)")
    let again = try next?.journal().filter { $0.method == "UpgradeProduct" } ?? []
    #expect(again.isEmpty, "the change was sent to the service that came back")
  }

  /// The way that a command takes.
  enum Way: CaseIterable {
    case keptConnection
    case freshConnection
    /// On a kept connection, with a libcurl that doesn't ask before it sends a request.
    case oldLibcurl
  }

  @Test("A fault on the way of a command", arguments: cases, Way.allCases)
  func fault(_ test: Case, _ way: Way) throws {
    let server = try AMAPIServer()
    let library = way == .oldLibcurl ? ["--libcurl", try OldLibcurl.path()] : []
    let bridge = try BridgeProcess(server.bridgeOptions + library)
    try bridge.logIn()
    let commands = [
      (#"{"cmd":18,"timeout_ms":600}"#, "GetClient", test.read),
      (#"{"cmd":50,"data":{"type":"6"},"timeout_ms":600}"#, "UpgradeProduct", test.change),
    ]
    for (command, method, expected) in commands {
      let before = try server.count("requests")
      if way == .freshConnection { try server.tell(#"{"do":"close_idle"}"#) }
      let rule = #"{"do":"fault","fault":\#(test.fault)}"#
      try server.tell(rule)
      let answer = try bridge.ask(command)
      try server.tell(#"{"do":"clear"}"#)
      #expect(expected.contains(answer.verdict), "\(command) was answered \(answer)")
      if answer.error != 0 {
        #expect(test.words.isEmpty || answer.message.contains(test.words), "\(answer)")
        let isTransient = [17, 20, 21, 22].contains(answer.error)
        #expect(answer.isRetryable == (isTransient && !answer.verdict.hasSuffix("unknown")), "\(answer)")
        #expect(answer.detail("http_status") != nil || [20, 21, 22].contains(answer.error), "\(answer)")
      }
      if answer.error == 17 {
        let wait = answer.detail("retry_after_s") as? Int ?? -1
        // A date has whole seconds, which the service's clock and the coarser one of libcurl don't begin at once.
        let most = test.fault.contains("date") ? 8 : 7
        #expect((5...most).contains(wait), "\(answer)")
      }
      let applied = try server.journal(since: before).filter { $0.method == method && $0.isApplied }
      #expect(applied.count <= 1, "\(command) was carried out \(applied.count) times and answered \(answer)")
      if method == "UpgradeProduct" {
        #expect(answer.error != 0 || applied.count == 1, "\(answer), but it was not carried out")
        #expect(answer.verdict != "20 not_sent" || applied.isEmpty, "\(answer), but it was carried out")
      }
      let next = try bridge.ask(#"{"cmd":18}"#)
      #expect(next.error == 0, "after \(answer) came \(next)")
    }
    #expect(try bridge.lines() == [], "nothing is answered twice")
  }
}
