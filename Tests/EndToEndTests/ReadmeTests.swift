import Foundation
import OVSAccounts
import OVSWire
import Testing

/// The README says what the program does: its commands are run, its tables compared.
@Suite struct ReadmeTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let text = (try? String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)) ?? ""

  /// A command and what it must print.
  struct Example: Sendable, CustomStringConvertible {
    let command: String
    let output: String
    var description: String { command }
  }

  /// The contents of the fenced blocks of a language.
  static func blocks(_ language: String) -> [String] {
    text.components(separatedBy: "```\(language)\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
  }

  static let examples: [Example] = blocks("console").compactMap { block in
    let lines = block.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = lines.first, first.hasPrefix("$ ") else { return nil }
    return Example(command: String(first.dropFirst(2)), output: lines.count > 1 ? String(lines[1]) : "")
  }

  /// Runs a command as the README's reader would, with the program built beside this test in place of an installed one.
  private static func run(_ command: String) throws -> String {
    let folder = URL(fileURLWithPath: BridgeProcess.program).deletingLastPathComponent().path
    let path = folder + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    let installed = command.replacingOccurrences(of: "swift run ovs-bridge", with: "ovs-bridge")
    let shell = try ChildProcess(
      "the shell", "/bin/sh", ["-c", "cd '\(root.path)' && exec 2>/dev/null && \(installed)"],
      environment: ["PATH": path])
    return try shell.wholeOutput()
  }

  /// Without what differs from run to run: generated names and passwords, dates.
  private static func masked(_ text: String) -> String {
    [#""vpn-[^"]+""#, #""password":"[^"]+""#, #"\d{4}-\d{2}-\d{2}"#].reduce(text) {
      $0.replacingOccurrences(of: $1, with: "…", options: .regularExpression)
    }
  }

  @Test("A command prints what the README says", arguments: examples.filter { $0.command.contains("ovs-bridge") })
  func example(_ example: Example) throws {
    #expect(Self.masked(try Self.run(example.command)) == Self.masked(example.output))
  }

  @Test(
    "The Python example prints what the README says",
    .enabled(if: (try? run("command -v python3"))?.isEmpty == false, "there is no python3 to run the example with"))
  func python() throws {
    let program = try #require(Self.blocks("python").first)
    let expected = try #require(Self.blocks("").first { $0.hasPrefix("the password was refused") })
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString).py")
    try program.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    #expect(try Self.run("python3 \(file.path)") == expected)
  }

  @Test("The table of commands is the program's")
  func commands() {
    let rows = CommandTable.standard.rows.map { command in
      let parameters = command.parameters.map {
        "`\($0.name)`" + ($0.isRequired ? "*" : "") + ($0.alias.map { " (or `\($0)`)" } ?? "")
      }
      return "| \(command.number) | \(command.name) | \(parameters.joined(separator: ", ")) "
        + "| \(Self.needs(command.needs)) | \(Self.result(command.result)) |"
    }
    Self.expect(rows)
  }

  @Test("The table of events is the program's")
  func events() {
    Self.expect(
      Event.Kind.allCases.map { event in
        let members = event.members.map { "`\($0)`" }.joined(separator: ", ")
        return "| \(event.rawValue) | \(event.name) | \(members) | \(event.summary) |"
      })
  }

  @Test("The table of the service's methods is the program's")
  func endpoints() {
    func list<Value>(_ names: [AMAPIEndpoint.Name<Value>]) -> String {
      names.map { "`\($0.value.rawValue)`" + $0.description.dropFirst($0.value.rawValue.count) }.joined(separator: ", ")
    }
    Self.expect(
      AMAPIEndpoint.all.map { endpoint in
        let answer = endpoint.answer.isEmpty ? "nothing" : list(endpoint.answer)
        let credentials = endpoint.credentials.map(\.rawValue).joined(separator: ", or ")
        return "| \(endpoint.name) | \(list(endpoint.fields)) | \(answer) | \(credentials) |"
      })
  }

  @Test("The table of errors is the program's")
  func errors() {
    Self.expect(
      ErrorCode.allCases.map { error in
        let row = error.row
        return "| \(error.rawValue) | \(row.name) | \(error == .ok ? "" : "\(row.jsonRPCCode)") "
          + "| \(error == .ok ? "" : Self.retry(row.retry)) | \(row.summary) |"
      })
  }

  /// The README holds these rows, one after the other.
  private static func expect(_ rows: [String]) {
    let table = rows.joined(separator: "\n")
    let isThere = text.contains(table)
    #expect(isThere, "the README should hold this table:\n\(table)")
  }

  private static func needs(_ needs: Command.Needs) -> String {
    switch needs {
    case .nothing: ""
    case .key: "key"
    case .login: "login"
    }
  }

  private static func result(_ result: Command.Result) -> String {
    func names(_ members: [Command.Result.Member]) -> String { members.map { "`\($0.name)`" }.joined(separator: ", ") }
    return switch result {
    case .null: "null"
    case .object(let members): names(members)
    case .objectOrNull(let members, let condition): "\(names(members)) when \(condition), else null"
    }
  }

  private static func retry(_ retry: ErrorCode.Retry) -> String {
    switch retry {
    case .never: "no"
    case .always: "yes"
    case .unlessUnknownOutcome: "unless `outcome` is `unknown`"
    }
  }
}
