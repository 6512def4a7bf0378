import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A parameter of `ovs-bridge call`: `NAME=VALUE`, `NAME@PATH` for a value that stands in a file, or `NAME@-` for one
/// that comes on standard input.
struct CallArgument {
  /// Where the value is.
  private enum Source {
    case word(String)
    case file(String)
    case standardInput

    /// Where that is, for messages; never the value.
    var description: String {
      switch self {
      case .word: "the command line"
      case .file(let path): "the file \(quoted(path))"
      case .standardInput: "standard input"
      }
    }
  }

  /// The parameter's name as it was given.
  let name: String
  /// The parameter, if the command has it. What is wrong with one that it doesn't have, the bridge says.
  private let parameter: Command.Parameter?
  private let isSecret: Bool
  private let source: Source

  /// Reads a word, the one at `position`, from 1 on, behind the command.
  ///
  /// No error holds the word: what is meant for a secret's value may stand where no value belongs.
  init(_ word: String, at position: Int, of command: Command) throws(Invocation.UsageError) {
    let place = word.firstIndex { $0 == "=" || $0 == "@" }
    guard let place, place > word.startIndex else {
      throw .init(
        message: "argument \(position) of \(command.name) must be NAME=VALUE, NAME@PATH, or NAME@- for standard input")
    }
    let (name, value) = (String(word[..<place]), String(word[word.index(after: place)...]))
    self.name = name
    let parameter = command.parameters.first { $0.name == name || $0.alias == name }
    self.parameter = parameter
    isSecret = parameter?.rule.isSecret ?? false
    switch (word[place], value) {
    case ("@", "-"): source = .standardInput
    case ("@", ""): throw .init(message: "\(quoted(name)) needs a file: NAME@PATH, or NAME@- for standard input")
    case ("@", _): source = .file(value)
    default:
      if isSecret {
        throw .init(
          message: "\(quoted(name)) is a secret, and arguments are there for everybody to see: "
            + "use \(name)@PATH for a file, or \(name)@- for standard input")
      }
      source = .word(value)
    }
  }

  /// Whether two are for the same parameter, under whatever name.
  func isFor(_ other: CallArgument) -> Bool {
    if let parameter, let others = other.parameter { return parameter === others }
    return name == other.name
  }

  /// Whether standard input is read for it.
  var isStandardInput: Bool {
    if case .standardInput = source { true } else { false }
  }

  /// The value, of at most `limit` bytes; of a file, without the end of its last line.
  func value(upTo limit: Int) throws(Invocation.UsageError) -> String {
    var bytes: [UInt8]
    do throws(Option.ValueError) {
      switch source {
      case .word(let value): return value
      case .file(let path): bytes = try FileContents.bytes(ofFile: path, upTo: limit + 3)
      case .standardInput where isatty(STDIN_FILENO) == 1:
        // A name that isn't known may be meant for a secret.
        bytes = try TerminalPrompt.line(
          PlainText.harmless(name), isSecret: isSecret || parameter == nil, upTo: limit + 3)
      case .standardInput: bytes = try FileContents.bytes(of: fdopen(dup(STDIN_FILENO), "r"), upTo: limit + 3)
      }
    } catch {
      throw .init(message: "\(quoted(name)) comes from \(source.description), which \(error.reason)")
    }
    defer { wipe(&bytes) }
    var end = bytes.count
    if end > 0, bytes[end - 1] == UInt8(ascii: "\n") {
      end -= 1
      if end > 0, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    }
    // An optional parameter that is empty counts as absent, which nobody means who names the place of a secret.
    guard end > 0 || !isSecret || parameter?.isRequired ?? false else {
      throw .init(message: "the value of \(quoted(name)) is empty")
    }
    guard end <= limit else {
      throw .init(message: "the value of \(quoted(name)) has more than \(limit) bytes (--max-line-bytes)")
    }
    guard let text = FileContents.text(bytes[..<end]) else {
      throw .init(message: "the value of \(quoted(name)) is no text in UTF-8")
    }
    return text
  }
}
