import OVSBridge
import OVSWire
import Testing

@testable import ovs_bridge

/// A command that is added to the table is there wherever commands are told of, without any other change.
@Suite struct MadeUpCommandTests {
  private static let table = CommandTable(
    CommandTable.standard.rows + [
      Command(
        1999, "OVS_CMD_MADE_UP", [.required("made_up", .text, "what nobody takes")], needs: .nothing,
        effect: .sessionRead, operation: .session(.getSession), "Does nothing; it is made up.")
    ])

  @Test(
    "What is printed tells of it",
    arguments: [Option.Action.help, .commands, .openRPC, .jsonSchema, .man] + Shell.allCases.map { .completions($0) })
  func isPrinted(_ action: Option.Action) {
    let text = action.text(of: Self.table)
    #expect(text.contains("OVS_CMD_MADE_UP"), "it is not in\n\(text)")
    if case .help = action { return }
    #expect(text.contains("made_up"), "its parameter is not in\n\(text)")
    #expect(!action.text(of: .standard).contains("MADE_UP"), "it is there without being in the table")
  }

  @Test("Help has a line for each command, which fits 100 columns")
  func helpLines() {
    let lines = HelpText.help(of: Self.table).split(separator: "\n")
    for command in Self.table.rows {
      let own = lines.filter { $0.hasPrefix("  \(command.number) ") && $0.contains(" \(command.name) ") }
      #expect(own.count == 1 && own[0].count <= 100, "\(command.name): \(own)")
    }
  }

  @Test("It can be called, by its number, its name, or in short", arguments: ["1999", "OVS_CMD_MADE_UP", "made-up"])
  func call(_ word: String) throws {
    #expect(try Call.command(word, in: Self.table).name == "OVS_CMD_MADE_UP")
    #expect(throws: Invocation.UsageError.self) { try Call.command(word, in: .standard) }
    #expect(try HelpText.call([word], of: Self.table).hasPrefix("Usage: ovs-bridge call OVS_CMD_MADE_UP made_up=VALUE"))
    #expect(try HelpText.call([], of: Self.table).contains("1999 OVS_CMD_MADE_UP"))
  }
}
