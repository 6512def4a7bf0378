import Foundation
import Testing

/// No core of the bridge, in which its keys would stand, is written, even where the system would write one.
@Suite struct CoreDumpTests {
  /// A folder in which a program leaves its core, if it leaves one.
  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false) }

    deinit { try? FileManager.default.removeItem(at: url) }

    var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [] }

    /// Starts a program here that may leave a core of any size.
    func start(_ program: String, _ options: [String] = []) throws -> ChildProcess {
      try ChildProcess(
        program, "/bin/sh",
        ["-c", #"ulimit -c unlimited; cd "$0" && exec "$@""#, url.path, program] + options,
        environment: ["OVS_API_KEY": "planted-key"])
    }
  }

  /// Whether this machine writes cores into the folder of the program that dies.
  private static let writesCores: Bool = {
    let pattern = (try? String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)) ?? ""
    guard !pattern.hasPrefix("|"), !pattern.contains("/"), let folder = try? Folder(),
      let other = try? folder.start("/bin/cat")
    else { return false }
    _ = try? (other.send("ready"), other.line())
    other.signal(SIGABRT)
    _ = try? other.exitStatus()
    return !folder.files.isEmpty
  }()

  @Test(
    "A bridge that dies leaves no core where another program leaves one",
    .enabled(if: writesCores, "this machine writes no cores that could be looked for"),
    arguments: [SIGABRT, SIGSEGV])
  func death(_ number: Int32) throws {
    let folder = try Folder()
    let bridge = try folder.start(BridgeProcess.program)
    try bridge.send(#"{"cmd":1006}"#)
    _ = try bridge.line()
    bridge.signal(number)
    #expect(try bridge.exitStatus() == 128 + number)
    #expect(folder.files == [], "the bridge left its memory behind")
  }

  @Test(
    "A bridge that dies shows nothing of its memory on stderr", arguments: [SIGABRT, SIGSEGV, SIGILL, SIGTRAP, SIGQUIT])
  func silence(_ number: Int32) throws {
    let bridge = try BridgeProcess(environment: ["OVS_API_KEY": "planted-key"])
    try bridge.send(#"{"cmd":1006}"#)
    _ = try bridge.line()
    bridge.signal(number)
    #expect(try bridge.exitStatus() == 128 + number)
    let log = try bridge.log()
    #expect(log.split(separator: "\n").allSatisfy { $0.hasPrefix("ovs-bridge: ") }, "\(log)")
  }

  @Test("A core may have no size, and the bridge can't be dumped past that limit either")
  func limits() throws {
    let folder = try Folder()
    let bridge = try folder.start(BridgeProcess.program)
    try bridge.send(#"{"cmd":1006}"#)
    _ = try bridge.line()
    let limits = try String(contentsOfFile: "/proc/\(bridge.processID)/limits", encoding: .utf8)
    let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
    #expect(core?.split(separator: " ").suffix(3) == ["0", "0", "bytes"], "\(core ?? "no limit")")
    // What can't be dumped is root's, whoever runs it.
    let attributes = try FileManager.default.attributesOfItem(atPath: "/proc/\(bridge.processID)/environ")
    #expect(attributes[.ownerAccountID] as? Int == 0)
  }
}
