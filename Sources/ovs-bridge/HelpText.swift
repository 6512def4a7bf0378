import OVSAccounts
import OVSBridge
import OVSWire

/// What the program says of itself, made from its tables.
enum HelpText {
  static let help: String = {
    var text = """
      Usage: ovs-bridge [options]
             ovs-bridge SUBCOMMAND [options]

      Drives the User Management of a VPN SDK for programs in any language: reads commands on
      standard input, one JSON message a line, and writes their answers on standard output.

        echo '{"cmd":1006}' | ovs-bridge

      """
    let subcommands = (title: "Subcommands", rows: Subcommand.allCases.map { ($0.usage, $0.summary) })
    let options = Option.groups.map { group in
      let purpose = group.subcommands.map { " (\($0.map(\.rawValue).joined(separator: ", ")))" } ?? ""
      return (title: group.title + purpose, rows: group.options.map { ($0.usage, $0.summary) })
    }
    let width = options.flatMap(\.rows).map(\.0.count).max() ?? 0
    for group in [subcommands] + options {
      text += "\n\(group.title):\n"
      for (usage, summary) in group.rows { text += "  \(padded(usage, to: width))  \(summary)\n" }
    }
    text += """

      Environment: \(Variable.allCases.map(\.rawValue).joined(separator: ", ")); https_proxy, all_proxy, no_proxy

      Exit status:
        0        all is answered
        64       wrong usage
        71       no descriptors to start with
        74       standard output can't be written to
        128 + n  ended at once by a second signal n

      """
    return text
  }()

  static let version = "ovs-bridge \(bridgeVersion)\n"

  static let commands: String = {
    var text = "Commands (* required):\n"
    for command in CommandTable.standard.rows {
      text += "\n\(padded(String(command.number), to: 5))\(command.name)\n     \(command.summary)"
      text += command.needs.sentence + "\n"
      for parameter in command.parameters {
        text += "       \(padded(parameter.name + (parameter.isRequired ? "*" : ""), to: 14))\(parameter.summary)"
        text += parameter.alias.map { " (also called \($0))\n" } ?? "\n"
      }
      text += result(command.result)
    }
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
  }()

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

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

extension Option {
  fileprivate var usage: String {
    switch effect {
    case .action, .flag: name
    case .value(let placeholder, _): "\(name) \(placeholder)"
    }
  }
}
