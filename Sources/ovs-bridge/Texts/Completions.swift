import OVSWire

/// A shell that can complete what is typed behind the program's name.
enum Shell: String, CaseIterable, Sendable {
  case bash
  case zsh
  case fish
}

/// What the scripts of all shells are made of.
enum Completions {
  /// Where options are typed: behind no subcommand, or behind one.
  static let places = [nil] + Subcommand.allCases.map(Optional.some)

  /// The options that may be typed there.
  static func options(behind subcommand: Subcommand?) -> [Option] {
    Option.groups.filter { $0.isFor(subcommand) }.flatMap(\.options)
  }

  /// The options whose next word is their value.
  static let optionsWithValue = Option.all.filter { $0.placeholder != nil }

  /// The options whose value is a path.
  static let optionsWithPath = Option.all.filter { option in
    if case .path? = option.placeholder?.kind { true } else { false }
  }

  /// The options with a fixed set of values.
  static let optionsWithChoice = Option.all.compactMap { option -> (option: Option, choices: [String])? in
    if case .choice(let choices)? = option.placeholder?.kind { (option, choices) } else { nil }
  }

  /// The subcommands behind which a command and its parameters are typed.
  static let callers = Subcommand.allCases.filter(\.takesWords)

  /// The first line of a script, and how it got there.
  static func head(_ shell: Shell) -> String {
    "# Completions of ovs-bridge for \(shell.rawValue), made by: ovs-bridge --completions \(shell.rawValue)\n"
  }
}

extension Command.Parameter {
  /// How it is typed: `name=` and the value, or `name@` and the file that holds it where nobody else may see it.
  var typed: String { name + (rule.isSecret ? "@" : "=") }

  /// What it is, as a list of completions has it.
  var completionSummary: String { isRequired ? summary : summary + " (optional)" }
}
