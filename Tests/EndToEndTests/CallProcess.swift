import Foundation

/// A folder that is gone when the test is over, with files in it.
final class CallFolder {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file there, which holds this text if it is given.
  func file(_ name: String, _ text: String? = nil) throws -> String {
    let file = path + "/" + name
    try text?.write(toFile: file, atomically: true, encoding: .utf8)
    return file
  }

  /// Adds Ann, who can log in with ``login``.
  func addAnn() throws {
    let password = try file("password", "user_password\n")
    let added = try call(["21"] + Self.ann + ["password@\(password)"] + options)
    guard added.output == "null\n", added.log.isEmpty, added.status == 0 else { throw Trouble("\(added)") }
  }

  static let ann = ["email=ann@example.com", "countrycode=DE", "type=12"]
  static let login = ["OVS_EMAIL": "ann@example.com", "OVS_PASSWORD": "user_password"]

  /// Options that keep the sandbox's accounts there.
  var options: [String] { ["--sandbox-file", path + "/accounts", "--log-level", "error"] }
}

/// What came of a call.
struct Called: CustomStringConvertible {
  let output: String
  let log: String
  let status: Int32
  var description: String { "status \(status), printed: \(output), told: \(log)" }
}

/// Runs `ovs-bridge call`, with an API key if the environment isn't told.
func call(
  _ words: [String], environment: [String: String] = [:], input: String = "", setup: ChildProcess.Setup = .pipes
) throws -> Called {
  let bridge = try BridgeProcess(
    ["call"] + words, environment: ["OVS_API_KEY": "key"].merging(environment) { $1 }, setup: setup)
  try bridge.send(Array(input.utf8))
  let output = try bridge.wholeOutput()
  return Called(output: output, log: try bridge.log(), status: try bridge.exitStatus())
}
