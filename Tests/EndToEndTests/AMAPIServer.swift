import Foundation
import OVSWire

/// The test server of the vendor's API, an independent program: see Tests/AMAPIServer/README.md for what it can be told.
final class AMAPIServer: ChildProcess {
  /// `127.0.0.1:PORT`, over TLS.
  private(set) var domain = ""
  /// `http://127.0.0.1:PORT`.
  private(set) var plainDomain = ""
  /// The CA that signed its certificate.
  private(set) var caFile = ""

  private static let program = Transcript.folder.deletingLastPathComponent()
    .appendingPathComponent("AMAPIServer/amapi_server.py").path

  /// Starts it and waits until it listens.
  init(_ options: [String] = []) throws {
    try super.init("the API server", "/usr/bin/env", ["python3", Self.program] + options)
    let ports = try json(try line())
    guard let http = ports["http"] as? Int, let https = ports["https"] as? Int, let ca = ports["ca"] as? String else {
      throw Trouble("the API server did not tell its ports: \(ports)")
    }
    domain = "127.0.0.1:\(https)"
    plainDomain = "http://127.0.0.1:\(http)"
    caFile = ca
  }

  /// The options of a bridge that talks to it over TLS.
  var bridgeOptions: [String] { ["--api-domain", domain, "--ca-file", caFile] }

  /// Has it do something, `{"do":…}`, and gives its answer.
  @discardableResult
  func tell(_ command: String) throws -> [String: Any] {
    try send(command)
    let answer = try json(try line())
    guard answer["ok"] as? Bool == true else { throw Trouble("the API server refused \(command): \(answer)") }
    return answer
  }

  /// A number of its statistics.
  func count(_ name: String) throws -> Int { try tell(#"{"do":"stats"}"#)[name] as? Int ?? -1 }

  /// A request it got.
  struct Entry {
    let members: [String: Any]
    var method: String { (members["path"] as? String ?? "").components(separatedBy: "/").last ?? "" }
    var isApplied: Bool { members["applied"] as? Bool ?? false }
    var bearer: String? { members["bearer"] as? String }
    var fields: [[String]] { members["fields"] as? [[String]] ?? [] }
    var time: Double { members["time"] as? Double ?? -1 }
    func field(_ name: String) -> String? { fields.first { $0.first == name }?.last }
    func text(_ name: String) -> String? { members[name] as? String }
  }

  /// The requests it got after the first `count`.
  func journal(since count: Int = 0) throws -> [Entry] {
    let entries = try tell(#"{"do":"journal","since":\#(count)}"#)["entries"] as? [[String: Any]] ?? []
    return entries.map(Entry.init)
  }

  private func json(_ line: String) throws -> [String: Any] {
    guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
      throw Trouble("the API server said \(line)")
    }
    return object
  }
}

/// An answer of the bridge in the native dialect.
struct Answer: CustomStringConvertible {
  let members: [String: Any]
  let description: String

  init(_ line: String) throws {
    description = line
    members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
  }

  var error: Int { members["error"] as? Int ?? -1 }
  var id: String { members["id"].map { "\($0)" } ?? "" }
  var notification: Int { members["notification"] as? Int ?? -1 }
  var message: String { members["message"] as? String ?? "" }
  var isRetryable: Bool? { members["retryable"] as? Bool }
  var data: [String: Any] { members["data"] as? [String: Any] ?? [:] }
  func detail(_ name: String) -> Any? { (members["details"] as? [String: Any])?[name] }
  /// The error and, for a change without confirmation, its outcome: `20 unknown`.
  var verdict: String { "\(error)" + ((detail("outcome") as? String).map { " \($0)" } ?? "") }
}

extension BridgeProcess {
  /// Sends a line and gives the next line that comes.
  func ask(_ line: String) throws -> Answer {
    try send(line)
    return try Answer(try self.line())
  }

  /// Sends commands that must succeed.
  func mustDo(_ lines: String...) throws {
    for line in lines {
      let answer = try ask(line)
      guard answer.error == 0 else { throw Trouble("\(line) was answered \(answer)") }
    }
  }

  /// Sets a key, adds a client and logs in.
  func logIn(as email: String = "ann@example.com") throws {
    try mustDo(
      #"{"cmd":10,"data":{"api_key":"key"}}"#,
      #"{"cmd":21,"data":{"email":"\#(email)","password":"user_password","countrycode":"US","type":"12"}}"#,
      #"{"cmd":1000,"data":{"email":"\#(email)","password":"user_password"}}"#)
  }
}
