import Testing

@testable import OVSWire

/// The table of commands, which other programs rely on by number, name, and the order of parameters.
struct CommandTableTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var number: Int
    var name: String
    /// In positional order; `*` for required, `|` before an alias, `:` before the rule.
    var parameters: String
    var needs: Command.Needs
    var effect: Command.Effect
    /// The members of its data; `?` where it is null in other cases.
    var result: String

    init(
      _ number: Int, _ name: String, _ parameters: String, _ needs: Command.Needs, _ effect: Command.Effect,
      _ result: String = ""
    ) {
      (self.number, self.name, self.parameters) = (number, name, parameters)
      (self.needs, self.effect, self.result) = (needs, effect, result)
    }

    var testDescription: String { "\(number) \(name)" }
  }

  private static let expected = [
    Row(10, "SET_API_KEY", "api_key|api_domain*:secret", .nothing, .session),
    Row(18, "GET_ACCOUNT_TYPE", "email:email", .login, .accountRead, "type"),
    Row(19, "GET_ACCOUNT_CREDENTIAL", "", .login, .accountRead, "username password"),
    Row(20, "GET_ACCOUNT_EXP_DATE", "", .login, .accountRead, "exp_date"),
    Row(
      21, "ADD_CLIENT",
      "email*:email password:secret countrycode*:countryCode type*:planType first_name:text last_name:text company_name:text",
      .key, .accountChange, "username password ?"),
    Row(22, "CLOSE_CLIENT", "email*:email", .key, .accountChange),
    Row(23, "RESET_PASSWORD", "email*:email", .key, .accountChange),
    Row(50, "CHANGE_PLAN", "email:email type*:planType", .login, .accountChange),
    Row(58, "CANCEL_PLAN", "", .login, .accountChange),
    Row(59, "NEW_PRODUCT", "type*:planType", .login, .accountChange),
    Row(1000, "LOGIN", "email*:email password*:secret", .key, .session),
    Row(1001, "LOGOUT", "", .nothing, .session),
    Row(1002, "GET_SESSION", "", .nothing, .sessionRead, "backend api_domain api_key_set logged_in email expires_at"),
    Row(1003, "SET_API_DOMAIN", "api_domain*:apiDomain", .nothing, .session),
    Row(1004, "SET_SECRET_KEY", "secret_key*:secret", .nothing, .session),
    Row(1005, "CANCEL", "id*:requestID", .nothing, .immediate, "cancelled"),
    Row(1006, "GET_INFO", "", .nothing, .immediate, "name version protocol pid backend commands"),
    Row(1007, "SHUTDOWN", "", .nothing, .process),
  ]

  @Test(arguments: expected)
  func `A command keeps its number, names, parameters and needs`(row: Row) throws {
    let command = try #require(CommandTable.standard[row.number], "no command has the number \(row.number)")
    #expect(command.name == "OVS_CMD_" + row.name)
    #expect(command.notificationName == "OVS_NOTIFY_" + row.name)
    let parameters = command.parameters.map { parameter in
      parameter.name + (parameter.alias.map { "|" + $0 } ?? "") + (parameter.isRequired ? "*" : "")
        + ":\(parameter.rule)"
    }
    #expect(parameters.joined(separator: " ") == row.parameters)
    #expect(command.needs == row.needs)
    #expect(command.effect == row.effect)
    #expect(resultNames(command.result) == row.result)
  }

  private func resultNames(_ result: Command.Result) -> String {
    switch result {
    case .null: ""
    case .object(let members): members.map(\.name).joined(separator: " ")
    case .objectOrNull(let members, _): (members.map(\.name) + ["?"]).joined(separator: " ")
    }
  }

  @Test func `The table holds these commands and no other, in the order of their numbers`() {
    #expect(CommandTable.standard.rows.map(\.number) == Self.expected.map(\.number))
  }

  @Test func `A command is found by number and by name, and both lead to the same row`() {
    for command in CommandTable.standard.rows {
      #expect(CommandTable.standard[command.number] === command)
      #expect(CommandTable.standard[command.name] === command)
    }
    #expect(CommandTable.standard[11] == nil)
    #expect(CommandTable.standard["OVS_CMD_NOTHING"] == nil)
    #expect(CommandTable.standard["ovs_cmd_login"] == nil, "names are told apart by case")
    #expect(CommandTable.standard["OVS_CMD_SET_API_\u{212A}EY"] == nil, "a Kelvin sign is no K")
  }

  @Test func `Each operation is one command's, so that none is forgotten`() {
    let operations = (CommandTable.standard.rows + [CommandTable.discover]).map(\.operation)
    let all =
      Command.SessionOperation.allCases.map { Command.Operation.session($0) }
      + Command.AccountOperation.allCases.map { .account($0) } + Command.ProcessOperation.allCases.map { .process($0) }
    for operation in all {
      #expect(operations.count { $0 == operation } == 1, "\(operation) should be in one row")
    }
    #expect(operations.count == all.count)
  }

  @Test func `Every row and parameter says what it is`() {
    for command in CommandTable.standard.rows {
      #expect(command.summary.hasSuffix("."), "\(command.name): \(command.summary)")
      for parameter in command.parameters {
        #expect(!parameter.summary.isEmpty && !parameter.rule.summary.isEmpty, "\(parameter.name) of \(command.name)")
      }
    }
  }

  @Test func `A reader knows the commands of the table it is given and no others`() {
    let table = CommandTable([
      Command(
        7, "OVS_CMD_KNOCK", [.required("times", .text, "how often")], needs: .nothing, effect: .immediate,
        operation: .process(.getInfo), "Knocks.")
    ])
    #expect(table.rows.map(\.notificationName) == ["OVS_NOTIFY_KNOCK"])
    var reader = EnvelopeReader(table: table)
    #expect(Heard(reader.read(#"{"cmd":7,"id":1}"#)).summary == "native 7 id=1")
    #expect(Heard(reader.read(#"{"cmd":"OVS_CMD_KNOCK"}"#)).summary == "native 7")
    #expect(Heard(reader.read(#"{"jsonrpc":"2.0","method":"OVS_CMD_KNOCK","id":1}"#)).summary == "json-rpc 7 id=1")
    #expect(Heard(reader.read(#"{"cmd":21}"#)).summary == "native unknownCommand field=cmd")
    #expect(CommandTable([]).rows.isEmpty)
  }
}
