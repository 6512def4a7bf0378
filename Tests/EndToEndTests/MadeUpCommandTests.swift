import OVSAccounts
import OVSWire
import Testing

@testable import OVSBridge
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

  @Test(
    "It is carried out, in each dialect",
    arguments: [
      (#"{"cmd":1999,"data":{"made_up":"x"},"id":1}"#, #"{"notification":1999,"name":"OVS_NOTIFY_MADE_UP","error":0,"#),
      (
        #"{"cmd":"OVS_CMD_MADE_UP","data":{"made_up":"x"}}"#,
        #"{"notification":1999,"name":"OVS_NOTIFY_MADE_UP","error":0,"#
      ),
      (#"{"cmd":1999}"#, #"{"notification":1999,"name":"OVS_NOTIFY_MADE_UP","error":5,"#),
      (#"{"jsonrpc":"2.0","method":"OVS_CMD_MADE_UP","params":["x"],"id":1}"#, #"{"jsonrpc":"2.0","result":{"#),
      (#"{"jsonrpc":"2.0","method":"rpc.discover","id":1}"#, #"{"name":"OVS_CMD_MADE_UP","#),
      (#"{"cmd":1006}"#, #""OVS_CMD_MADE_UP":1999"#),
    ])
  func isCarriedOut(_ line: String, _ expected: String) throws {
    var configuration = Configuration()
    configuration.table = Self.table
    var reader = EnvelopeReader(table: Self.table)
    let answer = try Self.answer(reader.read(line.utf8.span), configuration)
    #expect(answer.contains(expected))
  }

  @Test(
    "It is a tool",
    arguments: [
      (#""method":"tools/list","params":{"#, #"{"name":"OVS_CMD_MADE_UP","title":"Made up","#),
      (
        #""method":"tools/call","params":{"name":"OVS_CMD_MADE_UP","arguments":{"made_up":"x"},"#,
        #""structuredContent":{"#
      ),
      (#""method":"tools/call","params":{"name":"OVS_CMD_MADE_UP","#, #""error_name":"OVS_ERR_MISSING_PARAMS""#),
    ])
  func isTool(_ request: String, _ expected: String) throws {
    var configuration = Configuration()
    configuration.table = Self.table
    configuration.offersTools = true
    var reader = ModelContext.Reader(try #require(configuration.toolbox), subscriptionLimit: 1)
    let meta =
      #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#
    let line = #"{"jsonrpc":"2.0","id":1,\#(request)\#(meta)}}"#
    let answer = try Self.answer(reader.read(line.utf8.span), configuration)
    #expect(answer.contains(expected))
  }

  /// What a bridge says to a message.
  private static func answer(_ message: Message, _ configuration: Configuration) throws -> String {
    var dispatcher = Dispatcher(
      configuration, sandbox: try Sandbox(configuration.sandbox), log: Log(level: .error, format: .text))
    dispatcher.take(message, at: .zero)
    return String(decoding: dispatcher.output.bytes.array, as: UTF8.self)
  }
}
