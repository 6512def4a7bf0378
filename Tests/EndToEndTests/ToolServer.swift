import Foundation

/// A bridge that offers tools, with a handshake behind it.
final class ToolServer {
  let bridge: BridgeProcess

  /// A message of its, as JSON.
  struct Message: CustomStringConvertible {
    let members: [String: Any]
    let description: String

    init(_ line: String) throws {
      description = line
      guard let members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
        throw Trouble("this is no message: \(line)")
      }
      self.members = members
    }

    /// The id, nil of what has none.
    var id: String? { members["id"].map { "\($0)" } }
    var method: String { members["method"] as? String ?? "" }
    var params: [String: Any] { members["params"] as? [String: Any] ?? [:] }
    var result: [String: Any]? { members["result"] as? [String: Any] }
    var errorCode: Int? { (members["error"] as? [String: Any])?["code"] as? Int }
    var isError: Bool { result?["isError"] as? Bool ?? false }
    var structured: [String: Any]? { result?["structuredContent"] as? [String: Any] }
    var texts: [String] {
      (result?["content"] as? [[String: Any]] ?? []).compactMap { $0["text"] as? String }
    }
    /// What a program reads of a call that failed.
    var failure: [String: Any]? { (result?["_meta"] as? [String: Any])?["ovs-bridge/error"] as? [String: Any] }
    /// The name of its error; `done` of a call that didn't fail.
    var verdict: String { isError ? failure?["error_name"] as? String ?? "?" : result == nil ? "no result" : "done" }
  }

  /// Starts one, with an API key unless `environment` is given.
  init(
    _ options: [String] = [], environment: [String: String] = ["OVS_API_KEY": "key"], version: String = "2025-11-25",
    logLevel: String? = nil
  ) throws {
    bridge = try BridgeProcess(["mcp", "--log-level", "error"] + options, environment: environment)
    let answer = try ask(
      #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"\#(version)"}}"#)
    guard answer.result?["protocolVersion"] as? String == version else { throw Trouble("no handshake: \(answer)") }
    if let logLevel {
      try bridge.send(#"{"jsonrpc":"2.0","id":0,"method":"logging/setLevel","params":{"level":"\#(logLevel)"}}"#)
      while try message().id == nil {}
    }
  }

  /// A line that calls a tool.
  static func call(_ name: String, _ arguments: String = "{}", id: String = "1", meta: String = "{}") -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"\#(name)","arguments":\#(arguments),"_meta":\#(meta)}}"#
  }

  /// A line that adds a client.
  static func adding(_ name: String, id: String = "1", meta: String = "{}") -> String {
    call(
      "OVS_CMD_ADD_CLIENT", #"{"email":"\#(name)@example.com","countrycode":"DE","type":"12"}"#, id: id, meta: meta)
  }

  static func cancelling(_ id: String) -> String {
    #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\#(id),"reason":"test"}}"#
  }

  /// The next message.
  func message() throws -> Message { try Message(try bridge.line()) }

  /// Sends a line and gives the next message.
  func ask(_ line: String) throws -> Message {
    try bridge.send(line)
    return try message()
  }

  /// All messages up to the end, which must be a good one.
  func rest() throws -> [Message] {
    let messages = try bridge.lines().map(Message.init)
    let status = try bridge.exitStatus()
    guard status == 0 else { throw Trouble("it ended with \(status): \(try bridge.log())") }
    return messages
  }
}
