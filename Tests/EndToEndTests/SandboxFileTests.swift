import Foundation
import Testing

/// The file of `--sandbox-file`: what was answered is there again, whatever became of the process, and nothing but the end
/// of a record that was being written is ever mended.
@Suite struct SandboxFileTests {
  private static let key = #"{"cmd":10,"data":{"api_key":"key"}}"#

  private static func adding(_ email: String) -> String {
    #"{"cmd":21,"data":{"email":"\#(email)","password":"pass-\#(email)","countrycode":"US","type":"12"}}"#
  }

  private static func login(_ email: String, password: String? = nil) -> String {
    #"{"cmd":1000,"data":{"email":"\#(email)","password":"\#(password ?? "pass-\(email)")"}}"#
  }

  /// A path in a folder of its own, which goes with the test.
  private final class Place {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")
    var path: String { folder.appendingPathComponent("accounts").path }

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var text: String { get throws { try String(contentsOfFile: path, encoding: .utf8) } }

    func write(_ text: String) throws { try text.write(toFile: path, atomically: false, encoding: .utf8) }

    var mode: Int { get throws { try attribute(.posixPermissions) } }

    var size: Int { get throws { try attribute(.size) } }

    private func attribute(_ key: FileAttributeKey) throws -> Int {
      (try FileManager.default.attributesOfItem(atPath: path)[key] as? NSNumber)?.intValue ?? -1
    }

    /// The answers to lines behind the API key.
    func answers(_ lines: String..., options: [String] = []) throws -> [String] {
      let input = ([SandboxFileTests.key] + lines).map { $0 + "\n" }.joined()
      let all = try EndToEndTests.answers(["--sandbox-file", path] + options, to: Array(input.utf8))
      return Array(all.dropFirst())
    }
  }

  @Test("Every change is there in the next process")
  func survival() throws {
    let place = try Place()
    let now = ["--sandbox-now", "2026-01-31"]
    _ = try place.answers(
      Self.adding("kept@b.de"), Self.adding("closed@b.de"), Self.adding("Reset@b.de"),
      #"{"cmd":22,"data":{"email":"CLOSED@b.de"}}"#,
      Self.login("kept@b.de"), #"{"cmd":59,"data":{"type":"1"}}"#, #"{"cmd":50,"data":{"type":"3"}}"#, #"{"cmd":58}"#,
      options: now)
    let credential = try place.answers(Self.login("kept@b.de"), #"{"cmd":19}"#, options: now)[1]
    let mail = try place.answers(#"{"cmd":23,"data":{"email":"reset@b.de"}}"#, options: now)[0]
    let password = try #require(mail.split(separator: "\"password\":\"").last?.split(separator: "\"").first, "\(mail)")

    let lines = try place.answers(
      Self.login("kept@b.de"), #"{"cmd":18}"#, #"{"cmd":19}"#, #"{"cmd":20}"#, Self.login("closed@b.de"),
      Self.login("reset@b.de"), Self.login("reset@b.de", password: String(password)), options: now)
    #expect(lines[1].contains(#""data":{"type":"3"}"#), "\(lines[1])")
    #expect(lines[2] == credential)
    #expect(lines[3].contains(#""exp_date":"2027-01-31""#), "\(lines[3])")
    #expect(lines[4].contains("OVS_ERR_CLIENT_NOT_FOUND"), "\(lines[4])")
    #expect(lines[5].contains("OVS_ERR_UNAUTHORIZED"), "\(lines[5])")
    #expect(lines[6].contains(#""error":0"#), "\(lines[6])")
    // Cancelled, it is over with its last product.
    let later = try place.answers(Self.login("kept@b.de"), options: ["--sandbox-now", "2027-01-31"])
    #expect(later[0].contains("OVS_ERR_CLIENT_NOT_FOUND"), "\(later[0])")
  }

  @Test("What was answered before kill -9 is there")
  func kill() throws {
    let place = try Place()
    for round in 1...8 {
      let bridge = try BridgeProcess(["--sandbox-file", place.path])
      let burst = ([Self.key] + (0..<500).map { Self.adding("r\(round)n\($0)@b.de") }).map { $0 + "\n" }.joined()
      _ = bridge.sendUntilHeldBack(Array(burst.utf8), atMost: burst.utf8.count)
      for _ in 0..<(40 * round) { _ = try bridge.line() }
      bridge.signal(SIGKILL)
      _ = try bridge.exitStatus()
      let last = try place.answers(Self.login("r\(round)n\(40 * round - 2)@b.de"))
      #expect(last[0].contains(#""error":0"#), "round \(round): \(last[0])")
    }
  }

  @Test("A record that was being written is dropped with a warning, and those before it stay")
  func tornRecord() throws {
    let place = try Place()
    _ = try place.answers(Self.adding("a@b.de"), Self.adding("c@b.de"))
    let whole = try place.text
    for torn in [String(whole.dropLast()), String(whole.dropLast(40)), whole + "229b"] {
      try place.write(torn)
      let bridge = try BridgeProcess(["--sandbox-file", place.path])
      try bridge.send(Self.key, Self.login("a@b.de"))
      bridge.closeInput()
      #expect(try bridge.lines().last?.contains(#""error":0"#) ?? false)
      #expect(try bridge.log().contains("being written when the process ended; it is dropped"))
      #expect(try bridge.exitStatus() == 0)
      #expect(try place.text.hasSuffix("\n"))
    }
    // So is a first line.
    try place.write(String(whole.prefix(10)))
    #expect(try place.answers(Self.adding("a@b.de"))[0].contains(#""error":0"#))
  }

  @Test("Any other damage is refused with its line, and the file is left as it is")
  func damage() throws {
    let place = try Place()
    _ = try place.answers(Self.adding("a@b.de"), Self.adding("c@b.de"), Self.adding("e@b.de"))
    let whole = try place.text
    let lines = whole.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    func joined(_ lines: [String]) -> String { lines.joined(separator: "\n") }
    let cases: [(text: String, reason: String)] = [
      (joined([lines[0], lines[1].replacingOccurrences(of: "US", with: "UK")] + lines[2...]), "damaged in line 2"),
      (joined([lines[0], lines[1], String(lines[2].dropLast())] + lines[3...]), "damaged in line 3"),
      (joined([lines[0], lines[1], lines[2] + lines[3], ""]), "damaged in line 3"),
      (joined([lines[0], lines[1], ""] + lines[2...]), "damaged in line 3"),
      (joined(lines[0...2] + ["f" + lines[3].dropFirst(), ""]), "damaged in line 4"),
      // The sum is right, and the record makes no sense.
      (joined([lines[0], #"08f44b07b5901a25 {}"#, ""]), "damaged in line 2: it tells of no account"),
      (joined([#"{"ovs-bridge-sandbox":2}"#] + lines[1...]), "of a version that this program doesn't know"),
      (joined(Array(lines[1...])), "is no sandbox file"), ("something else", "is no sandbox file"),
      (String(repeating: "x", count: 3 << 20), "is no sandbox file"),
    ]
    for (text, reason) in cases {
      try place.write(text)
      let bridge = try BridgeProcess(["--sandbox-file", place.path])
      #expect(try bridge.exitStatus() == 71)
      let log = try bridge.log()
      #expect(log.contains(reason) && log.split(separator: "\n").count == 1, "\(log)")
      #expect(try place.text == text, "\(reason)")
    }
  }

  @Test("The file is its owner's alone, also if it was not before")
  func mode() throws {
    let place = try Place()
    #expect(FileManager.default.createFile(atPath: place.path, contents: nil, attributes: [.posixPermissions: 0o644]))
    _ = try place.answers(Self.adding("a@b.de"))
    #expect(try place.mode == 0o600)
    try FileManager.default.removeItem(atPath: place.path)
    _ = try place.answers(Self.adding("a@b.de"))
    #expect(try place.mode == 0o600)
  }

  @Test("What is no file of accounts is refused", arguments: ["/dev/full", "/", "/nowhere/accounts"])
  func noFile(path: String) throws {
    let bridge = try BridgeProcess(["--sandbox-file", path])
    #expect(try bridge.exitStatus() == 71)
    #expect(try bridge.log().hasPrefix("ovs-bridge: the sandbox's file \(path) "))
  }

  @Test("A second process is refused until the first has ended, however it did")
  func twoProcesses() throws {
    let place = try Place()
    let first = try BridgeProcess(["--sandbox-file", place.path])
    try first.send(Self.key)
    _ = try first.line()
    let second = try BridgeProcess(["--sandbox-file", place.path])
    #expect(try second.exitStatus() == 71)
    #expect(try second.log().contains("is used by another process"))
    try first.send(Self.adding("a@b.de"))
    #expect(try first.line().contains(#""error":0"#))
    first.signal(SIGKILL)
    _ = try first.exitStatus()
    #expect(try place.answers(Self.login("a@b.de"))[0].contains(#""error":0"#))
  }

  @Test("A file that has grown is written anew, and goes on being locked")
  func growth() throws {
    let place = try Place()
    // A leftover of a process that was killed while it did that.
    try "half".write(toFile: place.path + ".new", atomically: false, encoding: .utf8)
    let bridge = try BridgeProcess(["--sandbox-file", place.path])
    try bridge.send(Self.key, Self.adding("a@b.de"))
    for _ in 0..<2 { _ = try bridge.line() }
    let resets = String(repeating: #"{"cmd":23,"data":{"email":"a@b.de"}}"# + "\n", count: 500)
    var last = ""
    for _ in 0..<24 {
      try bridge.sendOnly(Array(resets.utf8))
      for _ in 0..<1000 { last = try bridge.line() }
    }
    #expect(last.contains("OVS_NOTIFY_RESET_PASSWORD"), "\(last)")
    let size = try place.size
    #expect(size < 1_000_000, "\(size) bytes hold one account")
    #expect(try place.mode == 0o600)
    #expect(!FileManager.default.fileExists(atPath: place.path + ".new"))
    let second = try BridgeProcess(["--sandbox-file", place.path])
    #expect(try second.exitStatus() == 71)
    bridge.signal(SIGKILL)
    _ = try bridge.exitStatus()
    #expect(try place.answers(#"{"cmd":23,"data":{"email":"a@b.de"}}"#)[1].contains(#""error":0"#))
  }

  @Test("Where there is no more room a change is refused and not made, nothing is half written, and it goes on later")
  func fullDisk() throws {
    let place = try Place()
    let limited = try ChildProcess(
      "the bridge with little room", "/bin/sh",
      ["-c", "ulimit -f 4; exec \"$0\" --sandbox-file \"$1\"", BridgeProcess.program, place.path])
    try limited.send(Self.key)
    _ = try limited.line()
    var added: [String] = []
    var refusal = ""
    for number in 0..<100 where refusal.isEmpty {
      try limited.send(Self.adding("n\(number)@b.de"))
      let answer = try limited.line()
      if answer.contains(#""error":0"#) { added.append("n\(number)@b.de") } else { refusal = answer }
    }
    #expect(!added.isEmpty)
    #expect(refusal.contains("OVS_ERR_BACKEND") && refusal.contains("File too large"), "\(refusal)")
    #expect(refusal.contains(#""outcome":"not_sent""#) && refusal.contains(#""retryable":true"#), "\(refusal)")
    #expect(try place.text.hasSuffix("}\n"))
    // What was refused was not done, and what is there can be asked for.
    try limited.send(Self.login("n\(added.count)@b.de"), Self.login(added[0]), #"{"cmd":58}"#, #"{"cmd":18}"#)
    #expect(try limited.line().contains("OVS_ERR_CLIENT_NOT_FOUND"))
    #expect(try limited.line().contains(#""error":0"#))
    _ = try limited.line()
    #expect(try limited.line().contains(#""type":"12""#))
    limited.closeInput()
    #expect(try limited.exitStatus() == 0)
    let lines = try place.answers(Self.adding("n\(added.count)@b.de"), Self.login(added[added.count - 1]))
    #expect(lines.allSatisfy { $0.contains(#""error":0"#) }, "\(lines)")
  }

  @Test("A bridge that starts with a real service leaves the file alone")
  func realService() throws {
    let place = try Place()
    _ = try answers(["--sandbox-file", place.path, "--api-domain", "http://127.0.0.1:1"], to: #"{"cmd":1002}"#)
    #expect(!FileManager.default.fileExists(atPath: place.path))
  }
}
