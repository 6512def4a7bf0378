import Foundation
import Testing

/// What isn't written in Swift has tests of its own, and one command runs them all.
@Suite struct OtherLanguagesTests {
  /// A program with its tests.
  struct Program: Sendable, CustomStringConvertible {
    let description: String
    /// What runs the tests, and the least version that does.
    let interpreter: String
    let version: String
    /// Its arguments, from the package's folder.
    let arguments: [String]
  }

  static let programs = [
    Program(
      description: "the test server of the API", interpreter: "python3", version: "Python 3.9",
      arguments: ["-B", "-W", "error", "-m", "unittest", "discover", "-s", "Tests/AMAPIServer"]),
    Program(
      description: "the Python client", interpreter: "python3", version: "Python 3.9",
      arguments: ["-B", "-W", "error", "-m", "unittest", "discover", "-s", "clients/python"]),
    Program(
      description: "the Node client", interpreter: "node", version: "Node 18.16",
      arguments: ["--test", "clients/node/tests/*.test.mjs"]),
    Program(
      description: "the shell client", interpreter: "bash", version: "bash 4.2",
      arguments: ["clients/shell/tests/run.sh"]),
  ]

  /// Those whose tests need Python packages.
  static let programsWithPackages = [
    Program(
      description: "the documents for programs", interpreter: "python3", version: "Python 3.9",
      arguments: ["-B", "-W", "error", "-m", "unittest", "discover", "-s", "Tests/Documents"])
  ]

  /// Where the packages of `Tests/requirements.txt` are, beside those of the system.
  static let packages = ReadmeTests.root.appendingPathComponent(".build/python-packages").path

  private static func hasPackage(_ name: String) -> Bool {
    let test = try? ChildProcess(
      "python3", "/bin/sh", ["-c", "python3 -c 'import \(name)'"], environment: ["PYTHONPATH": packages])
    return (try? test?.exitStatus()) == 0
  }

  private static let advice: Comment =
    "python3 -m pip install --target .build/python-packages -r Tests/requirements.txt has them run"

  @Test(
    "It passes its own tests, for which packages are needed",
    .enabled(if: hasPackage("jsonschema"), advice),
    arguments: programsWithPackages)
  func testsWithPackages(_ program: Program) throws { try ownTests(program) }

  @Test(
    "The tools pass theirs, in which the official SDK of the protocol uses them",
    .enabled(if: hasPackage("mcp"), advice))
  func tools() throws {
    try ownTests(
      Program(
        description: "the tools", interpreter: "python3", version: "Python 3.10",
        arguments: ["-B", "-W", "error", "-m", "unittest", "discover", "-s", "Tests/ModelContext"]))
  }

  @Test("It passes its own tests", arguments: programs)
  func ownTests(_ program: Program) throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let isThere = path.split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program.interpreter)")
    }
    try #require(isThere, "\(program.version) or later (\(program.interpreter)) is needed to test \(program)")
    let command = ([program.interpreter] + program.arguments).joined(separator: " ")
    let tests = try ChildProcess(
      "the tests of \(program)", "/bin/sh", ["-c", "cd '\(ReadmeTests.root.path)' && exec \(command) 2>&1"],
      environment: ["OVS_BRIDGE": BridgeProcess.program, "PYTHONPATH": Self.packages])
    let output = try tests.wholeOutput()
    #expect(try tests.exitStatus() == 0, "\(command) says\n\(output)")
  }
}
