import Foundation
import OVSAccounts
import OVSWire
import Testing

@testable import ovs_bridge

/// The README says what the program does: its commands are run, its tables compared.
@Suite struct ReadmeTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let text = (try? String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)) ?? ""

  /// What is typed at a terminal, one command after the other, and what each must print.
  struct Session: Sendable, CustomStringConvertible {
    var steps: [(command: String, output: String)] = []
    var description: String { steps.map(\.command).joined(separator: "; ") }

    init(_ block: String) {
      for line in block.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        if line.hasPrefix("$ ") {
          steps.append((String(line.dropFirst(2)), ""))
        } else if !steps.isEmpty {
          steps[steps.count - 1].output += line + "\n"
        }
      }
      // What builds and tests all this is running already.
      steps.removeAll { $0.command.hasPrefix("swift build") || $0.command.hasPrefix("swift test") }
    }
  }

  /// A program in another language, and what it must print.
  struct Snippet: Sendable, CustomStringConvertible {
    let interpreter: String
    let program: String
    let output: String
    var description: String { interpreter }
  }

  /// The contents of the fenced blocks of a language, and of the block right behind each if it has no language.
  static func blocks(_ language: String) -> [(code: String, output: String)] {
    text.components(separatedBy: "```\(language)\n").dropFirst().map { rest in
      let parts = rest.components(separatedBy: "```\n")
      let output = parts.count > 2 && parts[1] == "\n" ? parts[2] : ""
      return (parts[0], output)
    }
  }

  static let sessions = blocks("console").map { Session($0.code) }.filter { !$0.steps.isEmpty }

  static let snippets = [("python", "python3"), ("js", "node --input-type=module"), ("bash", "bash")].flatMap {
    (language, interpreter) in
    blocks(language).map { Snippet(interpreter: interpreter, program: $0.code, output: $0.output) }
  }

  /// A folder with the clients in it, as the README's reader has it, that may be written to.
  private final class Folder {
    let path: String

    init() throws {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")
      path = folder.path
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: root.appendingPathComponent("clients"), to: folder.appendingPathComponent("clients"))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Runs a command there, with the program built beside this test on the path; returns what it prints.
    func run(_ command: String, input: String = "") throws -> String {
      let program = URL(fileURLWithPath: BridgeProcess.program).deletingLastPathComponent().path
      let path = program + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
      let installed = command.replacingOccurrences(of: "swift run ovs-bridge", with: "ovs-bridge")
      let shell = try ChildProcess(
        "the shell", "/bin/sh", ["-c", "cd '\(self.path)' && exec 2>log && \(installed)"],
        environment: ["PATH": path, "PYTHONPATH": "clients/python"])
      try shell.send(Array(input.utf8))
      let output = try shell.wholeOutput()
      let log = (try? String(contentsOfFile: self.path + "/log", encoding: .utf8)) ?? ""
      // Where nothing is printed at all, the reason is on stderr.
      return output.isEmpty ? log : output
    }
  }

  /// Without what differs from run to run: generated names and passwords, dates.
  private static func masked(_ text: String) -> String {
    [#"vpn-\w+"#, #"\b[A-Za-z0-9]{15}\b"#, #"\d{4}-\d{2}-\d{2}"#].reduce(text) {
      $0.replacingOccurrences(of: $1, with: "…", options: .regularExpression)
    }
  }

  @Test("Each command prints what the README says", arguments: sessions)
  func session(_ session: Session) throws {
    let folder = try Folder()
    for step in session.steps {
      #expect(Self.masked(try folder.run(step.command)) == Self.masked(step.output))
    }
  }

  @Test("Each program prints what the README says", arguments: snippets)
  func snippet(_ snippet: Snippet) throws {
    #expect(!snippet.output.isEmpty, "the README doesn't say what this prints:\n\(snippet.program)")
    #expect(try Folder().run(snippet.interpreter, input: snippet.program) == snippet.output)
  }

  @Test("There are programs in all languages") func languages() {
    #expect(Set(Self.snippets.map(\.interpreter)).count == 3)
  }

  @Test(
    "The quickstarts of all languages do the same",
    arguments: ["node clients/node/quickstart.mjs", "bash clients/shell/quickstart.sh"])
  func quickstarts(_ command: String) throws {
    let isTold = Self.text.contains("`\(command)`")
    #expect(isTold, "the README doesn't tell of \(command)")
    let python = Self.sessions.flatMap(\.steps).first { $0.command == "python3 clients/python/quickstart.py" }
    #expect(Self.masked(try Folder().run(command)) == Self.masked(try #require(python).output))
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
        let members = event.members.map { "`\($0.name)`" }.joined(separator: ", ")
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

  @Test("Its links lead to headings, and what follows is told before the first")
  func links() throws {
    // As GitHub makes them: in small letters, with hyphens for blanks and nothing for other signs.
    func anchor(_ heading: Substring) -> String {
      String(heading.lowercased().filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) })
        .replacingOccurrences(of: " ", with: "-")
    }
    func anchors(_ level: String) -> Set<String> {
      Set(
        Self.text.split(separator: "\n").filter { $0.hasPrefix(level + " ") }.map {
          anchor($0.dropFirst(level.count + 1))
        })
    }
    func linked(_ text: some StringProtocol) -> Set<String> {
      Set(text.components(separatedBy: "](#").dropFirst().map { String($0.prefix { $0 != ")" }) })
    }
    let lost = linked(Self.text).subtracting(anchors("##")).subtracting(anchors("###"))
    #expect(lost.isEmpty, "there is no such heading: \(lost)")
    let start = try #require(Self.text.range(of: "\n## ")).lowerBound
    let untold = anchors("##").subtracting(linked(Self.text[..<start]))
    #expect(untold.isEmpty, "what follows leaves out \(untold)")
  }

  @Test("The table of folders has all of them")
  func folders() throws {
    let told = try #require(Self.text.components(separatedBy: "## The code\n").last)
    for parent in ["Sources", "Tests"] {
      let path = Self.root.appendingPathComponent(parent)
      for entry in try FileManager.default.contentsOfDirectory(at: path, includingPropertiesForKeys: [.isDirectoryKey])
      {
        let name = entry.lastPathComponent
        guard try entry.resourceValues(forKeys: [.isDirectoryKey]).isDirectory ?? false, !name.hasPrefix(".") else {
          continue
        }
        let isTold =
          told.contains("`\(parent)/\(name)`")
          || name.hasPrefix("OVS") && name.hasSuffix("Tests") && told.contains("`Tests/OVS…Tests`")
        #expect(isTold, "the table leaves out \(parent)/\(name)")
      }
    }
  }

  @Test("The table of how it ends has every status")
  func statuses() throws {
    let table = try #require(Self.text.components(separatedBy: "### How it ends\n").last).components(
      separatedBy: "\n## ")[0]
    for status in ExitStatus.allCases where status != .commandError {
      let text = status == .signal ? "128 + *n*" : status.text
      #expect(table.contains(" | \(text) |\n"), "how it ends with \(text) is not told: \(status.summary)")
    }
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
    func names(_ members: [Command.Member]) -> String { members.map { "`\($0.name)`" }.joined(separator: ", ") }
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
