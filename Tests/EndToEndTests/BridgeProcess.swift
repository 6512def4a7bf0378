import Foundation

/// The built program.
final class BridgeProcess: ChildProcess {
  /// The program, built beside this test.
  static let program: String = {
    let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    let beside = [Bundle.main.bundleURL, tests.deletingLastPathComponent()].map {
      $0.appendingPathComponent("ovs-bridge")
    }
    return beside.first { FileManager.default.isExecutableFile(atPath: $0.path) }?.path ?? beside[0].path
  }()

  /// Whether these tests may look at a bridge's descriptors and memory: they belong to root, and to those who can trace
  /// any process.
  static let canBeLookedInto: Bool = {
    guard let bridge = try? BridgeProcess(), (try? bridge.mustDo(#"{"cmd":1006}"#)) != nil else { return false }
    return (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(bridge.processID)/fd")) != nil
  }()

  init(
    _ options: [String] = [], environment: [String: String] = [:], setup: Setup = .pipes, keepsChildEnds: Bool = false
  ) throws {
    try super.init(
      "the bridge", Self.program, options, environment: environment, setup: setup, keepsChildEnds: keepsChildEnds)
  }
}

/// Runs a bridge on whole input; returns its answers once it has ended well.
func answers(_ options: [String] = [], to input: [UInt8]) throws -> [String] {
  let bridge = try BridgeProcess(options)
  try bridge.send(input)
  let lines = try bridge.lines()
  let status = try bridge.exitStatus()
  guard status == 0 else { throw Trouble("the bridge ended with status \(status) and this log: \(try bridge.log())") }
  return lines
}

/// Runs a bridge on lines.
func answers(_ options: [String] = [], to lines: String...) throws -> [String] {
  try answers(options, to: lines.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] })
}
