import OVSWire

/// The script that has bash complete: bash 4.0 or later, without the package bash-completion.
enum BashCompletions {
  static func script(for table: CommandTable) -> String {
    Completions.head(.bash) + """

      _ovs_bridge() {
        # The words as they were typed: bash takes them apart at = and @ as well, which stand in COMP_WORDBREAKS.
        local line=${COMP_LINE:0:COMP_POINT} words=() piece i
        for ((i = 0; i <= COMP_CWORD; i++)); do
          piece=${COMP_WORDS[i]}
          if [[ $i -eq 0 || $line == [[:space:]]* ]]; then
            words+=('')
            line=${line#"${line%%[![:space:]]*}"}
          fi
          ((i < COMP_CWORD)) || piece=$line
          words[${#words[@]}-1]+=$piece
          line=${line#"$piece"}
        done

        local last=$((${#words[@]} - 1)) subcommand='' command='' given=' ' option='' word
        for ((i = 1; i < last; i++)); do
          word=${words[i]}
          case $word in
            \(pattern(Completions.optionsWithValue.map(\.name))) option=$word && ((++i < last)) && option='' ;;
            -*) ;;
            *)
              if [[ -z $subcommand ]]; then
                subcommand=$word
              elif [[ -z $command ]]; then
                command=$word
              else
                given+="${word%%[=@]*} "
              fi
              ;;
          esac
        done
        word=${words[last]}

        # What may stand there, each with a space behind it but for what ends in = or @ itself.
        COMPREPLY=()
        local candidates='' prefix=''
        if [[ -z $option && $word == --*=* ]]; then
          option=${word%%=*}
          prefix=$option=
        fi
        case $option in
          '') ;;
          \(pattern(Completions.optionsWithPath.map(\.name))) compopt -o default && return ;;
      \(lines(Completions.optionsWithChoice) { "    \($0.option.name)) candidates='\($0.choices.joined(separator: " "))' ;;" })
          *) return ;;
        esac
        if [[ -z $option ]]; then
          if [[ $word != -* ]]; then
            case $subcommand in
              '') candidates='\(Subcommand.allCases.map(\.rawValue).joined(separator: " "))' ;;
              \(pattern(Completions.callers.map(\.rawValue)))
                if [[ -z $command ]]; then
                  candidates='\(table.rows.map(\.name).joined(separator: " "))'
                  [[ $word != [[:lower:]]* ]] || candidates='\(table.rows.map(\.shortName).joined(separator: " "))'
                elif [[ $word == *=* ]]; then
                  return
                elif [[ $word == *@* ]]; then
                  _ovs_bridge_files "$word" "$2"
                  return
                else
                  case $command in
      \(lines(table.rows.filter { !$0.parameters.isEmpty }) {
        "              \(pattern($0.typedNames)) candidates='\($0.parameters.map(\.typed).joined(separator: " "))' ;;" })
                  esac
                fi
                ;;
            esac
          fi
          if [[ -z $candidates ]]; then
            case $subcommand in
      \(lines(Completions.places) { "        \($0?.rawValue ?? "''")) candidates='\(options(behind: $0))' ;;" })
            esac
          fi
        fi

        # Of the word, bash replaces what is behind its last break alone.
        local candidate typed=${word%"$2"}
        for candidate in $candidates; do
          [[ $given != *" ${candidate%[=@]} "* && $prefix$candidate == "$word"* ]] || continue
          candidate=$prefix$candidate
          COMPREPLY+=("${candidate#"$typed"}")
        done
        [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *[=@] ]] || compopt -o nospace
      }

      # The files behind name@, which bash would look for with the @ before them.
      _ovs_bridge_files() {
        local start=${1%%@*}@ path=${1#*@} typed=${1%"$2"} file
        path=${path//\\\\/}
        [[ $path != \\~/* ]] || path=$HOME/${path#\\~/}
        while IFS= read -r file; do
          [[ ! -d $file ]] || file+=/
          printf -v file '%s%q' "$start" "$file"
          COMPREPLY+=("${file#"$typed"}")
        done < <(compgen -f -- "$path")
        [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != */ ]] || compopt -o nospace
      }

      complete -F _ovs_bridge ovs-bridge

      """
  }

  private static func pattern(_ words: [String]) -> String { words.joined(separator: " | ") + ")" }

  private static func lines<Row>(_ rows: [Row], _ line: (Row) -> String) -> String {
    rows.map(line).joined(separator: "\n")
  }

  private static func options(behind subcommand: Subcommand?) -> String {
    Completions.options(behind: subcommand).map(\.name).joined(separator: " ")
  }
}
