import OVSWire

/// The script that has zsh complete: a function of its completion system, to be found or read.
enum ZshCompletions {
  static func script(for table: CommandTable) -> String {
    """
    #compdef ovs-bridge
    \(Completions.head(.zsh))
    _ovs-bridge() {
      local curcontext=$curcontext state line subcommand ret=1
      local -a options choices arguments
      integer i
      for ((i = 2; i < CURRENT; i++)); do
        case $words[i] in
          \(Completions.optionsWithValue.map(\.name).joined(separator: "|"))) ((i++)) ;;
          -*) ;;
          *)
            subcommand=$words[i]
            break
            ;;
        esac
      done
      _ovs_bridge_options "$subcommand"
      case $subcommand in
        \(Completions.callers.map(\.rawValue).joined(separator: "|"))) arguments=('2: :->command' '*: :->parameter') ;;
      esac
      _arguments -C $options '1: :->subcommand' $arguments && ret=0
      case $state in
        subcommand)
          choices=(
    \(described(Subcommand.allCases.map { ($0.rawValue, $0.summary) }))
          )
          _describe -t subcommands subcommand choices && ret=0
          ;;
        command)
          choices=(
    \(described(table.rows.map { ($0.name, $0.summary) }))
          )
          [[ $PREFIX != [[:lower:]]* ]] || choices=(
    \(described(table.rows.map { ($0.shortName, $0.summary) }))
          )
          _describe -t commands command choices && ret=0
          ;;
        parameter) _ovs_bridge_parameters $line[2] && ret=0 ;;
      esac
      return ret
    }

    # Sets options to what may be typed behind a subcommand.
    _ovs_bridge_options() {
      case $1 in
    \(Completions.places.map(options).joined(separator: "\n"))
      esac
    }

    # What a command takes and was not given yet; the file behind name@.
    _ovs_bridge_parameters() {
      if [[ $PREFIX == *=* ]]; then
        _message value
        return
      elif compset -P '*@'; then
        _files
        return
      fi
      local -a choices
      case $1 in
    \(table.rows.filter { !$0.parameters.isEmpty }.map(parameters).joined(separator: "\n"))
      esac
      local given
      for given in ${(M)words:#[a-z_]*[=@]*}; do
        choices=(${choices:#${given%%[=@]*}[=@]:*})
      done
      _describe -t parameters parameter choices -S ''
    }

    # As a file of $fpath this is the function's body at its first call; read otherwise, it makes the function known.
    if [[ $funcstack[1] == _ovs-bridge ]]; then
      _ovs-bridge "$@"
    else
      compdef _ovs-bridge ovs-bridge
    fi

    """
  }

  private static func options(behind subcommand: Subcommand?) -> String {
    let options = Completions.options(behind: subcommand).map { "        \(specification($0))" }
    return """
          \(subcommand?.rawValue ?? "''"))
            options=(
      \(options.joined(separator: "\n"))
            )
            ;;
      """
  }

  private static func parameters(of command: Command) -> String {
    """
        \(command.typedNames.joined(separator: "|")))
          choices=(
    \(described(command.parameters.map { ($0.typed, $0.completionSummary) }))
          )
          ;;
    """
  }

  /// An option as `_arguments` has it.
  private static func specification(_ option: Option) -> String {
    let summary = "[\(escaped(option.summary, "[]:"))]"
    guard let placeholder = option.placeholder else { return quoted(option.name + summary) }
    let values =
      switch placeholder.kind {
      case .text: ""
      case .path: "_files"
      case .choice(let choices): "(\(choices.joined(separator: " ")))"
      }
    return quoted("\(option.name)=\(summary):\(escaped(placeholder.text, ":")):\(values)")
  }

  /// Words with what they are, as `_describe` has them, a line each.
  private static func described(_ rows: [(String, String)]) -> String {
    rows.map { "        " + quoted("\(escaped($0.0, ":")):\($0.1)") }.joined(separator: "\n")
  }

  private static func escaped(_ text: String, _ specials: String) -> String {
    text.map { specials.contains($0) || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
  }

  /// A text as one word, whatever it holds.
  private static func quoted(_ text: String) -> String {
    "'" + text.map { $0 == "'" ? #"'\''"# : String($0) }.joined() + "'"
  }
}
