import OVSWire

/// What `ovs-bridge call --help` says, made from the tables.
extension HelpText {
  /// How to call a command: any, with the list of them, or the one that the first of `words` names.
  static func call(_ words: [String], of table: CommandTable) throws(Invocation.UsageError) -> String {
    guard let word = words.first else { return callOfAny(of: table) }
    let command = try Call.command(word, in: table)
    let usage = ["Usage: ovs-bridge call", command.name] + command.parameters.map(\.usage)
    return usage.joined(separator: " ") + "\n\n" + all(of: command)
  }

  private static func callOfAny(of table: CommandTable) -> String {
    let options = Option.groups.filter { $0.subcommands?.contains(.call) ?? false }.map { group in
      Section(title: group.title, rows: group.options.map { ($0.usage, $0.summary) })
    }
    let statuses = ExitStatus.allCases.filter { $0.subcommand == nil || $0.subcommand == .call }
    return """
      Usage: ovs-bridge \(Subcommand.call.usage) [options]

      Carries out one command and prints its data. What goes wrong is told on stderr, and so are
      events. A command that needs a session is preceded by the login, in the same process.

        ovs-bridge call OVS_CMD_GET_INFO --format table

      A command is named in full, by its number, or in short: OVS_CMD_GET_INFO, 1006, get-info.

      """
        + Section(title: "Parameters", rows: parameters).text()
        + options.map { $0.text() }.joined()
        + Section(title: "Commands (ovs-bridge call COMMAND --help tells more of one)", rows: rows(of: table)).text()
        + Section(title: "Exit status", rows: statuses.map { ($0.text, $0.summary) }).text()
        + "\nThe other options, and the environment: ovs-bridge --help\n"
  }

  /// How parameters are given behind `call`.
  static let parameters = [
    ("NAME=VALUE", "not for secrets: everybody on the machine can see arguments"),
    ("NAME@PATH", "the value stands in this file; the end of its last line is left out"),
    ("NAME@-", "the value comes on standard input; at a terminal it is asked for, and a secret doesn't show"),
  ]
}

extension Command.Parameter {
  /// How it is written behind `call`.
  fileprivate var usage: String {
    let usage = typed + (rule.isSecret ? "PATH" : "VALUE")
    return isRequired ? usage : "[\(usage)]"
  }
}
