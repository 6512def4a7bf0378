import OVSAccounts
import OVSBridge
import OVSWire

/// What the program says of itself, made from its tables.
enum HelpText {
  /// How the program is called.
  static let usages = ["ovs-bridge [options]", "ovs-bridge SUBCOMMAND [options]"]

  /// What it is for.
  static let purpose = """
    Drives the User Management of a VPN SDK for programs in any language: reads commands on
    standard input, one JSON message a line, and writes their answers on standard output.
    """

  /// A call to begin with.
  static let firstExample = #"echo '{"cmd":1006}' | ovs-bridge"#

  /// The variables of the environment that are read, and what for.
  static let variables =
    Variable.allCases.map { ($0.rawValue, $0.summary) } + [
      ("https_proxy, all_proxy, no_proxy", "the way to the service, as curl has it"),
      ("NO_COLOR", "if it holds anything, call tells errors without colour (https://no-color.org)"),
    ]

  /// Usage, options and commands.
  static func help(of table: CommandTable) -> String {
    let options = Option.groups.map { group in
      Section(title: group.heading, rows: group.options.map { ($0.usage, $0.summary) })
    }
    let width = options.flatMap(\.rows).map(\.0.count).max() ?? 0
    let commands = Section(title: "Commands (--commands tells more)", rows: rows(of: table))
    let statuses = Section(
      title: "Exit status",
      rows: ExitStatus.allCases.map { ($0.text, $0.summary + purpose(of: $0.subcommand.map { [$0] })) })
    return """
      Usage: \(usages.joined(separator: "\n       "))

      \(purpose)

        \(firstExample)

      """
        + Section(title: "Subcommands", rows: Subcommand.allCases.map { ($0.usage, $0.summary) }).text(width)
        + options.map { $0.text(width) }.joined() + commands.text()
        + Section(title: "Environment", rows: variables).text()
        + statuses.text()
  }

  /// The commands by number and name, each with a few words.
  static func rows(of table: CommandTable) -> [(String, String)] {
    let width = table.rows.map(\.name.count).max() ?? 0
    return table.rows.map { (padded(String($0.number), to: 4) + " " + padded($0.name, to: width), $0.firstClause) }
  }

  /// Things by their names.
  struct Section {
    let title: String
    let rows: [(String, String)]

    /// With a column of `width` for the names, or of the longest name.
    func text(_ width: Int? = nil) -> String {
      let width = width ?? rows.map(\.0.count).max() ?? 0
      return rows.reduce("\n\(title):\n") { $0 + "  \(padded($1.0, to: width))  \($1.1)\n" }
    }
  }

  /// What a row is for alone, in brackets behind it.
  static func purpose(of subcommands: [Subcommand]?) -> String {
    subcommands.map { " (\($0.map(\.rawValue).joined(separator: ", ")))" } ?? ""
  }

  /// The program's name and version. The commit is there where the build knew it.
  static let version: String = {
    let commit = builtCommit.map { "commit \($0), " } ?? ""
    return "ovs-bridge \(bridgeVersion) (\(commit)protocol \(bridgeProtocolVersion))"
  }()

  /// All there is to know of the commands, events and errors, and of what the service is asked.
  static func commands(of table: CommandTable) -> String {
    var text = "Commands (* required):\n"
    for command in table.rows { text += "\n" + all(of: command) }
    text += "\nEvents:\n\n"
    for event in Event.Kind.allCases {
      text += "\(padded(String(event.rawValue), to: 5))\(event.name)\n     \(event.summary)\n"
      text += "       gives \(event.members.map(\.name).joined(separator: ", "))\n"
    }
    text += "\nErrors (with the code of JSON-RPC):\n\n"
    for error in ErrorCode.allCases {
      let code = error == .ok ? "" : String(error.row.jsonRPCCode)
      text +=
        "\(padded(String(error.rawValue), to: 5))\(padded(error.row.name, to: 26))\(padded(code, to: 8))\(error.row.summary)\n"
    }
    text += "\nThe service's methods, behind /api/amapi/ (* required, ? inferred, for want of a page that says it):\n"
    for endpoint in AMAPIEndpoint.all {
      text += "\n     \(endpoint.name)\n       sends    \(list(endpoint.fields))\n"
      text += "       gives    \(endpoint.answer.isEmpty ? "nothing" : list(endpoint.answer))\n"
      let credentials = endpoint.credentials.map(\.rawValue) + ["whitelisted address"]
      text += "       allowed  by \(credentials.joined(separator: ", or "))\n"
    }
    return text
  }

  /// All there is to know of a command.
  static func all(of command: Command) -> String {
    var text = "\(padded(String(command.number), to: 5))\(command.name)\n     \(command.summary)"
    text += command.needs.sentence + "\n"
    for parameter in command.parameters {
      text += "       \(padded(parameter.name + (parameter.isRequired ? "*" : ""), to: 14))\(parameter.summary)"
      text += parameter.alias.map { " (also called \($0))\n" } ?? "\n"
    }
    return text + result(command.result)
  }

  private static func list<Value>(_ names: [AMAPIEndpoint.Name<Value>]) -> String {
    names.map(\.description).joined(separator: ", ")
  }

  private static func result(_ result: Command.Result) -> String {
    let (members, condition): ([Command.Member], String) =
      switch result {
      case .null: ([], "")
      case .object(let members): (members, "")
      case .objectOrNull(let members, let condition): (members, ", when \(condition)")
      }
    guard !members.isEmpty else { return "" }
    let width = members.map(\.name.count).max() ?? 0
    return "     gives\(condition):\n"
      + members.map { "       \(padded($0.name, to: max(width + 2, 14)))\($0.summary)\n" }.joined()
  }
}

/// A text with spaces behind it up to a width, in characters.
func padded(_ text: String, to width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

extension Option.Group {
  /// Its title, with what it is for.
  var heading: String { title + HelpText.purpose(of: subcommands) }
}

extension Command {
  /// The beginning of the summary, up to its first comma or semicolon, as one word of a list.
  fileprivate var firstClause: String {
    let clause = summary.prefix { $0 != "," && $0 != ";" && $0 != "." }
    return clause.prefix(1).lowercased() + clause.dropFirst()
  }
}
