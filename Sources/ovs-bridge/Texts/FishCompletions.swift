import OVSWire

/// The script that has fish complete: fish 3.0 or later.
enum FishCompletions {
  static func script(for table: CommandTable) -> String {
    var script =
      Completions.head(.fish) + """

        # The words before the cursor without options and their values, a line each.
        function __ovs_bridge_words
          set -l is_value 0
          for word in (commandline -opc)
            if test $is_value -eq 1
              set is_value 0
              continue
            end
            switch $word
              case \(Completions.optionsWithValue.map(\.name).joined(separator: " "))
                set is_value 1
              case '-*'
              case '*'
                printf '%s\\n' $word
            end
          end
        end

        # Whether the subcommand is one of these; '' for none.
        function __ovs_bridge_behind
          set -l words (__ovs_bridge_words)
          contains -- "$words[2]" $argv
        end

        # Whether a command is to be typed.
        function __ovs_bridge_is_command
          set -l words (__ovs_bridge_words)
          test (count $words) -eq 2; and contains -- $words[2] \(Completions.callers.map(\.rawValue).joined(separator: " "))
        end

        # Whether that is typed in short.
        function __ovs_bridge_is_short
          __ovs_bridge_is_command; and string match -qr '^[a-z]' -- (commandline -ct)
        end

        # Whether a parameter of one of these commands is to be typed, which was not given yet.
        function __ovs_bridge_takes
          set -l words (__ovs_bridge_words)
          test (count $words) -ge 3; or return
          string match -qr '[=@]' -- (commandline -ct); and return 1
          contains -- $words[3] $argv[2..-1]; or return
          not string match -qr "^"$argv[1]"[=@]" -- $words[4..-1]
        end

        # The files behind name@.
        function __ovs_bridge_files
          set -l typed (string match -r '^([a-z_0-9]+@)(.*)' -- (commandline -ct)); or return
          string replace -r '^' $typed[2] (complete -C "'' $typed[3]")
        end

        complete -c ovs-bridge -f

        """
    for subcommand in Subcommand.allCases {
      script += line("__ovs_bridge_behind ''", word: subcommand.rawValue, subcommand.summary)
    }
    for group in Option.groups {
      let places = Completions.places.filter(group.isFor).map { $0?.rawValue ?? "''" }
      for option in group.options {
        script += line("__ovs_bridge_behind \(places.joined(separator: " "))", flags(of: option), option.summary)
      }
    }
    for command in table.rows {
      script += line("__ovs_bridge_is_command", word: command.name, command.summary)
      script += line("__ovs_bridge_is_short", word: command.shortName, command.summary)
    }
    for command in table.rows {
      for parameter in command.parameters {
        script += line(
          "__ovs_bridge_takes \(parameter.name) \(command.typedNames.joined(separator: " "))", word: parameter.typed,
          parameter.completionSummary)
      }
    }
    return script + "complete -c ovs-bridge -n '__ovs_bridge_behind \(callers)' -a '(__ovs_bridge_files)'\n"
  }

  private static let callers = Completions.callers.map(\.rawValue).joined(separator: " ")

  private static func flags(of option: Option) -> String {
    let name = "-l \(option.name.drop { $0 == "-" })"
    switch option.placeholder?.kind {
    case nil: return name
    case .text: return name + " -x"
    case .path: return name + " -r -F"
    case .choice(let choices): return name + " -x -a \(quoted(choices.joined(separator: " ")))"
    }
  }

  private static func line(_ condition: String, word: String, _ summary: String) -> String {
    line(condition, "-a \(quoted(word))", summary)
  }

  private static func line(_ condition: String, _ what: String, _ summary: String) -> String {
    "complete -c ovs-bridge -n \(quoted(condition)) \(what) -d \(quoted(summary))\n"
  }

  /// A text as one word of fish, where a backslash counts between quotes as well.
  private static func quoted(_ text: String) -> String {
    "'" + text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
  }
}
