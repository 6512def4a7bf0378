import Foundation

@testable import ovs_bridge

/// A shell that has read the program's completions, in a folder with some files.
///
/// In place of the program there is a function that shows its arguments, each as `<argument>`.
final class ShellSession {
  /// Whether a program is on the path.
  static func has(_ program: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  private let shell: Shell
  private let folder: URL

  init(_ shell: Shell) throws {
    self.shell = shell
    let manager = FileManager.default
    folder = manager.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")
    try manager.createDirectory(at: folder.appendingPathComponent("dir"), withIntermediateDirectories: true)
    for name in ["a key.txt", "login.txt"] { try Data().write(to: folder.appendingPathComponent(name)) }
    let script = try BridgeProcess(["--completions", shell.rawValue]).wholeOutput()
    try (script + Self.preparation(of: shell)).write(
      to: folder.appendingPathComponent(".script"), atomically: true, encoding: .utf8)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private static func preparation(of shell: Shell) -> String {
    switch shell {
    case .bash:
      """
      ovs-bridge() { printf '<%s>' "$@"; echo; }
      PS1=
      bind 'set show-all-if-ambiguous on'
      bind 'set completion-query-items 0'
      bind 'set page-completions off'

      """
    case .zsh:
      """
      ovs-bridge() { printf '<%s>' "$@"; echo; }
      unsetopt list_ambiguous

      """
    case .fish: ""
    }
  }

  /// What the shell shows when these keys are typed, and Enter behind them; fish shows what it has for the last word.
  func type(_ keys: String) throws -> String {
    let command =
      switch shell {
      // Where its input is no terminal, bash reads keys all the same if it is told that it is interactive.
      case .bash: "exec bash --noprofile --rcfile .script -i 2>&1"
      case .zsh: "exec zsh -f -c \"$DRIVER\" 2>&1"
      case .fish: "exec fish --no-config -c 'source .script; read -z keys; complete -C $keys' 2>&1"
      }
    let process = try ChildProcess(
      shell.rawValue, "/bin/sh", ["-c", "cd '\(folder.path)' && \(command)"],
      environment: [
        "TERM": "dumb", "INPUTRC": "/dev/null", "HISTFILE": "/dev/null", "DRIVER": Self.driver, "HOME": folder.path,
        "XDG_CONFIG_HOME": folder.path, "XDG_DATA_HOME": folder.path,
      ])
    let end = shell == .bash ? "\nexit\n" : ""
    try process.send(Array((keys + end).utf8))
    let output = try process.wholeOutput()
    let status = try process.exitStatus()
    guard status == 0 else { throw Trouble("\(shell) ended with status \(status): \(output)") }
    return output.replacingOccurrences(of: "\u{1B}\\[[0-9;?]*[A-Za-z]", with: " ", options: .regularExpression)
  }

  /// The arguments that the program got from the keys.
  func arguments(by keys: String) throws -> [String] {
    let output = try type(keys)
    guard let line = output.split(whereSeparator: \.isNewline).last(where: { $0.hasPrefix("<") && $0.hasSuffix(">") })
    else { throw Trouble("the program was not run: \(output)") }
    return line.dropFirst().dropLast().components(separatedBy: "><")
  }

  /// zsh needs a terminal, which this one gives to another.
  private static let driver = """
    zmodload zsh/zpty
    keys=$(cat; echo .)
    zpty it 'TERM=ansi exec zsh -fi'
    zpty -w it 'PS1= PROMPT_EOL_MARK=; unset zle_bracketed_paste; unsetopt prompt_cr prompt_sp; stty cols 200 rows 100 -echo'
    zpty -w it 'autoload -Uz compinit; compinit -u -D; source ./.script; echo REA""DY'
    zpty -r -m it shown '*READY*'
    zpty -w it "${keys%.}"$'\\necho DO""NE'
    zpty -r -m it shown '*DONE*'
    print -r -- "$shown"
    """
}
