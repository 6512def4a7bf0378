import Foundation
import OVSWire
import Testing

@testable import ovs_bridge

/// The page of the manual.
@Suite struct ManualPageTests {
  /// A program that sets it.
  struct Formatter: Sendable, CustomTestStringConvertible {
    let name: String
    /// The package of Debian that has it.
    let package: String
    /// Complains on stderr or standard output of what is wrong with a page on standard input.
    let check: String
    /// Prints it as a terminal shows it.
    let show: String
    var testDescription: String { name }
  }

  static let groff = Formatter(
    name: "groff", package: "groff-base", check: "groff -man -ww -z",
    show: "groff -man -Tutf8 -rLL=150n -P-c")
  // It wants a date, of which there is none that wouldn't change.
  static let mandoc = Formatter(
    name: "mandoc", package: "mandoc", check: "mandoc -T lint -W warning | grep -v 'missing date'",
    show: "mandoc -T utf8 -O width=150")

  private static func run(_ command: String, _ input: String) throws -> String {
    let process = try ChildProcess("the formatter", "/bin/sh", ["-c", "exec 2>&1; \(command)"])
    try process.send(Array(input.utf8))
    return try process.wholeOutput()
  }

  private static func check(_ formatter: Formatter) throws {
    let page = ManualPage.text(of: .standard)
    let complaints = try run(formatter.check, page)
    #expect(complaints.isEmpty, "\(formatter.name) says: \(complaints)")
    // Hyphens and quotes are to be those that a shell takes.
    let shown = try run(formatter.show, page)
      .replacingOccurrences(of: ".\u{8}", with: "", options: .regularExpression)
    let options = Option.all.map(\.usage)
    let examples = ManualPage.examples.flatMap { $0.command.components(separatedBy: "\n") }
    let commands = CommandTable.standard.rows.map { "\($0.number) \($0.name)" }
    let words = ["NAME=VALUE", "NAME@PATH", "NAME@-"]
    for text in options + words + examples + commands + ErrorCode.allCases.map(\.row.name)
      + Variable.allCases.map(\.rawValue)
    {
      #expect(shown.contains(text), "\(formatter.name) doesn't show \(text)")
    }
  }

  @Test(
    "groff sets it without a warning, and what is to be typed as it is",
    .enabled(if: ShellSession.has("groff"), "groff is not there; apt-get install groff-base has this run"))
  func groffSetsIt() throws { try Self.check(Self.groff) }

  @Test(
    "mandoc sets it without a warning, and what is to be typed as it is",
    .enabled(if: ShellSession.has("mandoc"), "mandoc is not there; apt-get install mandoc has this run"))
  func mandocSetsIt() throws { try Self.check(Self.mandoc) }

  @Test("What --man prints is this page")
  func isPrinted() throws {
    #expect(try BridgeProcess(["--man"]).wholeOutput() == ManualPage.text(of: .standard))
  }

  @Test("Its examples do what they say", arguments: ManualPage.examples.map(\.command))
  func examples(_ command: String) throws {
    let manager = FileManager.default
    let folder = manager.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")
    try manager.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? manager.removeItem(at: folder) }
    let program = URL(fileURLWithPath: BridgeProcess.program).deletingLastPathComponent().path
    let path = program + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    let shell = try ChildProcess(
      "the example", "/bin/bash", ["-c", "set -e -o pipefail; cd '\(folder.path)'\n\(command)"],
      environment: ["PATH": path])
    let output = try shell.wholeOutput()
    let log = try shell.log()
    #expect(try shell.exitStatus() == 0, "\(log)")
    if command.hasPrefix("echo") {
      #expect(output.contains(#""error":0"#) || output.contains(#""result":"#), "\(output)")
    }
  }

  @Test(
    "Nothing in a text is taken for more than text",
    arguments: [
      (".TP", #"\&.TP"#), ("'", #"\(aq"#), (#"a\fB"#, #"a\(rsfB"#), ("--x", #"\-\-x"#), ("\"^~`", #"\(dq\(ha\(ti\(ga"#),
      ("é…", #"\[u00E9]\[u2026]"#), ("a.b", "a.b"),
    ])
  func escapes(_ text: String, _ expected: String) { #expect(Roff.escaped(text) == expected) }
}
