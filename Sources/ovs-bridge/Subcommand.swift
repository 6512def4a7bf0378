/// What the program does instead of running the bridge: a row of the table that the parser and the texts read.
enum Subcommand: String, CaseIterable, Sendable {
  case call
  case mcp
  case doctor

  /// Its name, and what comes behind it.
  var usage: String {
    switch self {
    case .call: "call COMMAND NAME=VALUE..."
    case .mcp: "mcp"
    case .doctor: "doctor"
    }
  }

  /// What it does.
  var summary: String {
    switch self {
    case .call: "carry out one command and print its data"
    case .mcp: "offer the commands as tools, by the Model Context Protocol, to editors and agents"
    case .doctor: "look for what keeps the bridge from the service, and say what to do"
    }
  }

  /// Whether words come behind it.
  var takesWords: Bool { self == .call }
}
