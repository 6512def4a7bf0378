extension ModelContext {
  /// What the tools may do.
  public struct Policy: Equatable, Sendable {
    /// Whether tools are offered by which something is lost.
    public var allowsDestructive = false
    /// Whether tools return passwords.
    public var allowsSecrets = false

    /// The defaults: neither.
    public init() {}
  }

  /// A command as a tool: all that it is, it is by the command's table row.
  public final class Tool: Sendable {
    /// The command without the parameters that are secrets: those are no business of a model's.
    let command: Command
    /// The names of those.
    private let secretNames: [String]
    private let policy: Policy

    /// The tool; nil for a command that is none, for one that `policy` doesn't allow, and for one that can't do without
    /// a secret.
    init?(_ original: Command, _ policy: Policy) {
      guard original.isForTools, policy.allowsDestructive || original.consequence == .none else { return nil }
      let secrets = original.parameters.filter { $0.rule.isSecret }
      guard !secrets.contains(where: \.isRequired) else { return nil }
      command =
        secrets.isEmpty
        ? original
        : Command(
          original.number, original.name, original.parameters.filter { !$0.rule.isSecret }, needs: original.needs,
          effect: original.effect, operation: original.operation, result: original.result,
          consequence: original.consequence, original.summary)
      secretNames = secrets.flatMap { [$0.name, $0.alias].compactMap(\.self) }
      self.policy = policy
    }

    /// The members of the command's data that the tool returns.
    private var members: [Command.Member] { command.result.members.filter(isReturned) }

    /// The members that it keeps to itself.
    private var withheld: [Command.Member] { command.result.members.filter { !isReturned($0) } }

    private func isReturned(_ member: Command.Member) -> Bool { policy.allowsSecrets || !member.form.isSecret }

    // MARK: The list

    /// The tool as a version's list of tools has it ("Tools", section "Data Types").
    func description(in version: Version) -> JSONValue {
      var tool: [JSONValue.Member] = [.init("name", .string(command.name))]
      if version.hasTitles { tool.append(.init("title", .string(title))) }
      tool += [.init("description", .string(description)), .init("inputSchema", command.parametersSchema)]
      if version.hasStructuredContent { tool.append(.init("outputSchema", outputSchema)) }
      if version.hasAnnotations { tool.append(.init("annotations", annotations)) }
      return .object(tool)
    }

    /// `Add client`, of `OVS_CMD_ADD_CLIENT`.
    private var title: String {
      let words =
        command.name.hasPrefix(Command.namePrefix)
        ? command.name.dropFirst(Command.namePrefix.count) : command.name[...]
      let text = words.replacing("_", with: " ").lowercased()
      return text.prefix(1).uppercased() + text.dropFirst()
    }

    private var description: String {
      var text = command.summary + command.needs.sentence
      if !withheld.isEmpty { text += " Withholds \(list(withheld)); --allow-secrets returns it." }
      return text
    }

    private var annotations: JSONValue {
      let isChange = command.effect == .accountChange
      return [
        "title": .string(title),
        "readOnlyHint": .bool(!isChange),
        "destructiveHint": .bool(command.consequence != .none),
        "idempotentHint": .bool(!isChange || command.consequence == .lossOnce),
        // What the session is like is known here; accounts are the service's.
        "openWorldHint": .bool(command.effect != .sessionRead),
      ]
    }

    /// What it returns, which is always an object: of a command without data, that it is done.
    var outputSchema: JSONValue {
      switch command.result {
      case .null:
        return [
          "type": "object",
          "properties": ["done": ["description": "that it was carried out", "type": "boolean", "const": true]],
          "required": ["done"],
          "additionalProperties": false,
        ]
      case .object: return Command.Member.schema(of: members)
      case .objectOrNull(_, let condition):
        return [
          "description": .string("what there is when \(condition), else empty"),
          "type": "object",
          "properties": .object(members.map { .init($0.name, $0.schema) }),
          "additionalProperties": false,
        ]
      }
    }

    // MARK: A call

    /// The arguments of a call as parameters of the command, unchecked.
    func parameters(_ arguments: [JSONValue.Member]) -> Parameters {
      var parameters = Parameters(of: command)
      for argument in arguments {
        if secretNames.contains(argument.name) {
          parameters.refuse(
            Failure(
              .invalidParams, field: argument.name,
              "\(quoted(argument.name)) of \(command.name) is a secret, which no tool takes; leave it out"))
        } else if let index = command.parameters.firstIndex(where: { $0.isCalled(argument.name) }) {
          parameters.put(argument.value, at: index)
        } else {
          parameters.putUnknown(argument.name)
        }
      }
      return parameters
    }

    /// What a call returns of the command's data.
    func returned(of data: JSONValue) -> JSONValue {
      switch (command.result, data) {
      case (.null, _): return ["done": true]
      case (_, .object(let all)):
        let hidden = withheld.map(\.name)
        return .object(all.filter { !hidden.contains($0.name) })
      default: return .object([])
      }
    }

    /// What to say of the secrets in the command's data that are not returned, and of what has a new password mailed, if
    /// there is that: a password that the command itself has made is the account's; one that it reads is another, which
    /// no reset brings back. Nil if there are none.
    func noteOnSecrets(in data: JSONValue, reset: String?) -> String? {
      let hidden = withheld.filter { data[$0.name] != nil }
      guard !hidden.isEmpty else { return nil }
      let other =
        (command.effect == .accountChange ? reset : nil).map { " \($0) has a new one mailed to the end-user." } ?? ""
      return "Withheld: \(list(hidden)). It is returned if ovs-bridge mcp is started with --allow-secrets.\(other)"
    }

    private func list(_ members: [Command.Member]) -> String {
      members.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")
    }
  }
}

extension Command {
  /// Whether it works on accounts, or tells of the session, and changes neither the session nor the process. Whoever could
  /// change the session could name a service to send the key to.
  var isForTools: Bool {
    switch effect {
    case .accountRead, .accountChange, .sessionRead: true
    case .session, .immediate, .process: false
    }
  }
}

extension Command.Parameter {
  fileprivate func isCalled(_ word: String) -> Bool {
    name.hasSameBytes(as: word) || alias.map { $0.hasSameBytes(as: word) } ?? false
  }
}
