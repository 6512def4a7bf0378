import OVSBridge
import OVSWire

/// The page ovs-bridge(1) of the manual, made from the tables. It has no date, so that it is the same each time.
enum ManualPage {
  /// The page for the commands of a table.
  static func text(of table: CommandTable) -> String {
    var page = Roff()
    page.macro("TH", "OVS-BRIDGE", "1", "", "ovs-bridge \(bridgeVersion)", "User Commands")
    page.macro("SH", "NAME")
    page.raw(#"ovs\-bridge \- the User Management of a VPN SDK for programs in any language"#)
    page.macro("SH", "SYNOPSIS")
    let usages = HelpText.usages + Subcommand.allCases.map { "ovs-bridge \($0.usage)" }
    for (index, usage) in usages.enumerated() {
      if index > 0 { page.macro("br") }
      page.line(usage)
    }
    page.macro("SH", "DESCRIPTION")
    for line in HelpText.purpose.split(separator: "\n") { page.line(String(line)) }
    for paragraph in description {
      page.macro("PP")
      page.line(paragraph)
    }
    page.macro("SH", "SUBCOMMANDS")
    for subcommand in Subcommand.allCases {
      page.item(Roff.bold(subcommand.usage), subcommand.summary)
      if subcommand == .call { writeParameters(to: &page) }
    }
    page.macro("SH", "OPTIONS")
    for group in Option.groups {
      page.macro("SS", group.heading)
      for option in group.options { page.item(tag(of: option), option.summary) }
    }
    page.macro("SH", "COMMANDS")
    page.line("What they take goes by name; the answer's data holds what they give.")
    for command in table.rows { write(command, to: &page) }
    page.macro("SH", "EVENTS")
    for event in Event.Kind.allCases {
      page.item(Roff.bold("\(event.rawValue) \(event.name)"), event.summary)
      write(event.members, "Gives:", to: &page)
    }
    writeErrors(to: &page)
    page.macro("SH", "ENVIRONMENT")
    for (name, summary) in HelpText.variables { page.item(Roff.bold(name), summary) }
    page.macro("SH", "FILES")
    page.line("No files but those that NAME@PATH and these options name:")
    for option in Completions.optionsWithPath { page.item(tag(of: option), option.summary) }
    page.macro("SH", "EXIT STATUS")
    for status in ExitStatus.allCases {
      let purpose = HelpText.purpose(of: status.subcommand.map { [$0] })
      page.item(Roff.bold(status.text), status.summary + purpose)
    }
    page.macro("SH", "EXAMPLES")
    for (index, example) in examples.enumerated() {
      if index > 0 { page.macro("PP") }
      page.line(example.purpose)
      page.macro("PP")
      page.macro("RS")
      page.code(example.command)
      page.macro("RE")
    }
    page.macro("SH", "SEE ALSO")
    page.raw(#"\fBcurl\fR(1), for the variables of the proxy; JSON\-RPC 2.0, https://www.jsonrpc.org/specification"#)
    return page.text
  }

  private static let description = [
    """
    A command is {"cmd":NUMBER,"data":{...}}, with an "id" of your choice that comes back with its answer; NUMBER may \
    also be its name. The answer is {"notification":NUMBER,"name":"OVS_NOTIFY_...","error":0,"error_name":"OVS_ERR_OK",\
    "data":...}; if something went wrong, "error" is the error's number, and "message", "retryable" and "details" tell \
    more. A line that is JSON-RPC 2.0 is answered as such: the method is the command's name.
    """,
    """
    Without --api-domain, OVS_API_DOMAIN or OVS_CMD_SET_API_DOMAIN the commands go to the sandbox, an account service \
    inside the process, and a line on standard error says so.
    """,
    "The process ends with its input, once all is answered. The log goes to standard error.",
  ]

  /// What is done by commands as they are typed, each on its own.
  static let examples = [
    (purpose: "What is running here, and which commands it knows:", command: HelpText.firstExample),
    (
      purpose: "A new client in the sandbox, and its password:",
      command: """
      echo '{"cmd":21,"data":{"email":"ann@example.com","countrycode":"DE","type":"12"},"id":1}' |
        OVS_API_KEY=your_api_key ovs-bridge
      """
    ),
    (
      purpose: "The same in JSON-RPC 2.0, with the sandbox's accounts kept in a file:",
      command: """
      echo '{"jsonrpc":"2.0","method":"OVS_CMD_ADD_CLIENT","params":["ann@example.com",null,"DE","12"],"id":1}' |
        OVS_API_KEY=your_api_key ovs-bridge --sandbox-file accounts
      """
    ),
    (
      purpose: "The parameters of all commands, the events and the errors, with a word on each:",
      command: "ovs-bridge --commands"
    ),
    (
      purpose: "Completions for the bash that is running:",
      command: #"eval "$(ovs-bridge --completions bash)""#
    ),
  ]

  private static func writeParameters(to page: inout Roff) {
    page.macro("RS")
    for (name, summary) in HelpText.parameters { page.item(Roff.italic(name), summary) }
    page.macro("RE")
  }

  private static func write(_ command: Command, to page: inout Roff) {
    page.item(Roff.bold("\(command.number) \(command.name)"), command.summary + command.needs.sentence)
    if !command.parameters.isEmpty {
      page.macro("RS")
      page.macro("PP")
      page.line("Takes:")
      for parameter in command.parameters {
        let alias = parameter.alias.map { "; also called \($0)" } ?? ""
        page.item(
          Roff.italic(parameter.name),
          "\(parameter.isRequired ? "required" : "optional"): \(parameter.summary)\(alias)")
      }
      page.macro("RE")
    }
    switch command.result {
    case .null: break
    case .object(let members): write(members, "Gives:", to: &page)
    case .objectOrNull(let members, let condition): write(members, "Gives, when \(condition):", to: &page)
    }
  }

  private static func write(_ members: [Command.Member], _ title: String, to page: inout Roff) {
    page.macro("RS")
    page.macro("PP")
    page.line(title)
    for member in members { page.item(Roff.italic(member.name), member.summary) }
    page.macro("RE")
  }

  private static func writeErrors(to page: inout Roff) {
    page.macro("SH", "ERRORS")
    for error in ErrorCode.allCases {
      let row = error.row
      let code = error == .ok || row.jsonRPCCode == error.rawValue ? "" : " In JSON-RPC \(row.jsonRPCCode)."
      let retry =
        switch row.retry {
        case .never: ""
        case .always: " May be tried again."
        case .unlessUnknownOutcome: " May be tried again unless details.outcome is \"unknown\"."
        }
      page.item(Roff.bold("\(error.rawValue) \(row.name)"), row.summary + retry + code)
    }
  }

  private static func tag(of option: Option) -> String {
    Roff.bold(option.name) + (option.placeholder.map { " " + Roff.italic($0.text) } ?? "")
  }
}
