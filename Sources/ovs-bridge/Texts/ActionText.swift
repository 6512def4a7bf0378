import OVSBridge
import OVSWire

extension Option.Action {
  /// What is printed instead of running the bridge, for the commands of a table.
  func text(of table: CommandTable) -> String {
    switch self {
    case .help: HelpText.help(of: table)
    case .version: HelpText.version + "\n"
    case .commands: HelpText.commands(of: table)
    case .openRPC: Self.line(OpenRPC.document(of: table, programVersion: bridgeVersion))
    case .jsonSchema: Self.line(NativeSchema.document(of: table, protocolVersion: bridgeProtocolVersion))
    case .completions(.bash): BashCompletions.script(for: table)
    case .completions(.zsh): ZshCompletions.script(for: table)
    case .completions(.fish): FishCompletions.script(for: table)
    case .man: ManualPage.text(of: table)
    }
  }

  private static func line(_ document: JSONValue) -> String {
    var writer = JSONWriter()
    writer.value(document)
    writer.raw("\n")
    return String(decoding: writer.bytes.array, as: UTF8.self)
  }
}
