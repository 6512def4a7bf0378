import OVSBridge
import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `ovs-bridge call`: one command, carried out by a bridge within the process, whose native dialect it speaks.
struct Call {
  /// How the data of the answer is printed.
  enum Format: String, CaseIterable, Sendable {
    /// As JSON, on one line.
    case json
    /// For people, a member a row.
    case table
  }

  /// What the lines are told apart by when they are answered.
  private enum Line: Int {
    case login
    case call
  }

  private let command: Command
  private let parameters: [JSONValue.Member]
  private let configuration: Configuration
  private let format: Format

  /// Reads the words behind `call`, and the files and the standard input that they name.
  init(_ words: [String], _ configuration: Configuration, _ format: Format) throws(Invocation.UsageError) {
    guard let word = words.first else {
      throw .init(message: "call needs a command; ovs-bridge call --help lists them")
    }
    let command = try Self.command(word, in: configuration.table)
    var arguments: [CallArgument] = []
    for (index, word) in words.dropFirst().enumerated() {
      let argument = try CallArgument(word, at: index + 1, of: command)
      guard !arguments.contains(where: argument.isFor) else {
        throw .init(message: "\(quoted(argument.name)) is given twice")
      }
      guard !argument.isStandardInput || !arguments.contains(where: \.isStandardInput) else {
        throw .init(message: "only one value can come on standard input")
      }
      arguments.append(argument)
    }
    var parameters: [JSONValue.Member] = []
    for argument in arguments {
      let value = try argument.value(upTo: configuration.maxLineBytes)
      parameters.append(.init(argument.name, .string(value)))
    }
    self.command = command
    self.parameters = parameters
    self.configuration = configuration
    self.format = format
  }

  /// The command that a word means: by its number, or by its name, without regard to case, `-` for `_` and the
  /// `OVS_CMD_` left out if need be.
  static func command(_ word: String, in table: CommandTable) throws(Invocation.UsageError) -> Command {
    if let number = Int(word) {
      guard let command = table[number] else {
        throw .init(message: "no command has the number \(number); ovs-bridge call --help lists them")
      }
      return command
    }
    let short = Command.short(word)
    if let command = table[word] ?? table.rows.first(where: { $0.shortName == short }) { return command }
    // Near is what differs little without what nearly all names have in common.
    let near = nearestMatch(to: short, among: table.rows.map(\.shortName))
    let suggestion = table.rows.first { $0.shortName == near }.map { " (did you mean \"\($0.name)\"?)" }
    throw .init(message: "no command \(quoted(word))\(suggestion ?? ""); ovs-bridge call --help lists them")
  }

  /// Carries the command out, prints its data, tells what went wrong, and gives the exit status.
  func run() throws(StartFailure) -> Int32 {
    // What can't be told is not done.
    guard fcntl(STDOUT_FILENO, F_GETFD) != -1 else { return outputClosed(EBADF) }
    let answers = Answers(CallReport(configuration.logFormat))
    var bridge = try Bridge(configuration, input: lines(), take: answers.take)
    let exit = bridge.run()
    guard exit == .done else { return exit.status }
    // The bridge took the signals over. From here on one ends the process, even if nobody reads what it prints.
    for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    if let login = answers[.login], login.code != .ok {
      return fail(login, "the login failed: ")
    }
    guard let answer = answers[.call] else { preconditionFailure("each command is answered") }
    guard answer.code == .ok else { return fail(answer) }
    if command.effect == .session {
      Log(level: configuration.logLevel, format: configuration.logFormat).warning(
        "what \(command.name) has done to the session ends with this call")
    }
    return print(answer.data)
  }

  // MARK: The command's lines

  /// The command, and the login before it if it needs one and there is one.
  private func lines() -> JSONWriter {
    var writer = JSONWriter()
    if let login = configuration.login, command.needs == .login,
      let command = configuration.table.rows.first(where: { $0.operation == .account(.login) })
    {
      let parameters: [JSONValue.Member] = [
        .init("email", .string(login.email)), .init("password", .string(login.password)),
      ]
      Self.write(command, parameters, as: .login, to: &writer)
    }
    Self.write(command, parameters, as: .call, to: &writer)
    return writer
  }

  private static func write(
    _ command: Command, _ parameters: [JSONValue.Member], as line: Line, to writer: inout JSONWriter
  ) {
    // Of a line that is too long, what names it is read if it comes first.
    writer.object([
      .init("id", .integer(line.rawValue)), .init("cmd", .integer(command.number)), .init("data", .object(parameters)),
    ])
    writer.raw("\n")
  }

  // MARK: Their answers

  /// Takes the bridge's lines: keeps answers, and tells events as they come.
  private final class Answers {
    private let report: CallReport
    private var document = JSONDocument()
    private var answers: [Line: NativeMessage] = [:]

    init(_ report: CallReport) { self.report = report }

    subscript(line: Line) -> NativeMessage? { answers[line] }

    func take(_ line: Span<UInt8>) {
      do throws(JSONError) {
        try document.parse(line)
      } catch {
        preconditionFailure("the bridge wrote what is no JSON: \(error.reason)")
      }
      let message = NativeMessage(document.value(of: document.root))
      document.reset()
      if let line = message.id.flatMap(Line.init) {
        answers[line] = message
      } else {
        report.tell(event: message)
      }
    }
  }

  /// Tells of an error, whose number is the status.
  private func fail(_ answer: NativeMessage, _ introduction: String = "") -> Int32 {
    var answer = answer
    let remedy: String? =
      switch answer.code {
      // No other command may come before this one.
      case .apiKeyNotSet: "set the API key first, with \(Variable.apiKey.rawValue) or --api-key-file"
      case .notLoggedIn where configuration.login == nil:
        "log in first, with \(Variable.email.rawValue) and \(Variable.password.rawValue), or --login-file"
      default: nil
      }
    answer.message = introduction + (remedy ?? answer.message)
    CallReport(configuration.logFormat).tell(error: answer)
    return Int32(answer.code.rawValue)
  }

  private func print(_ data: JSONValue) -> Int32 {
    var writer = JSONWriter()
    switch format {
    case .json:
      writer.value(data)
      writer.raw("\n")
    case .table where data == .null: return 0
    case .table:
      for line in PlainText.lines(data) { writer.raw(Array("\(line)\n".utf8)) }
    }
    let error = writer.bytes.withUnsafeBytes { writeAll($0, to: STDOUT_FILENO) }
    return error == 0 ? 0 : outputClosed(error)
  }

  private func outputClosed(_ error: Int32) -> Int32 {
    Log(level: configuration.logLevel, format: configuration.logFormat).error(
      "stdout can't be written to: \(String(cString: strerror(error)))")
    return Bridge.Exit.outputClosed.status
  }
}
