# shellcheck shell=bash
# ovs-bridge for bash 4.2 or later: a library to be sourced, which needs nothing else.
#
#   source ovs-bridge.sh
#   ovs_start
#   ovs_call OVS_CMD_SET_API_KEY api_key="$key"
#   ovs_call OVS_CMD_LOGIN email=ann@example.com password="$password" || echo "not logged in: $OVS_MESSAGE"
#   plan=$(ovs_call OVS_CMD_GET_ACCOUNT_TYPE) && ovs_field type "$plan"
#   ovs_stop
#
# ovs_start [-b NAME] [-p PROGRAM] [BRIDGE OPTION…]
#     Starts a bridge and returns once it has answered. -b tells several apart. The program is PROGRAM, or else
#     $OVS_BRIDGE, ovs-bridge on PATH, or what was built last in the package that this file is part of.
# ovs_call [-b NAME] [-t SECONDS] COMMAND [PARAMETER=VALUE…]
#     Carries out a command, with -t as its timeout. The data goes to stdout as JSON (nothing where it is null), the
#     message of an error to stderr; the status is the error's number. All of it is in OVS_ERROR, OVS_ERROR_NAME,
#     OVS_MESSAGE, OVS_RETRYABLE, OVS_DETAILS and OVS_DATA as well, which a $(…) can't hand out.
# ovs_submit [-b NAME] [-t SECONDS] COMMAND [PARAMETER=VALUE…]
#     Queues a command for ovs_collect. Its id is in OVS_ID, for OVS_CMD_CANCEL for instance.
# ovs_collect [-b NAME] [FUNCTION]
#     Sends all that is queued and reads the answers. FUNCTION ID ERROR DATA MESSAGE is called for each as they arrive,
#     with the variables of ovs_call set; without one, messages go to stderr. Returns the first error's number.
# ovs_field MEMBER JSON
#     Prints a member of an object, such as an answer's data: a string decoded, anything else as it stands. Returns 1
#     where it is absent or null.
# ovs_stop [-b NAME] [-t SECONDS]
#     Ends a bridge in order, which may take it SECONDS (30); then come SIGTERM and SIGKILL. Returns its exit status.
#
# A status from 1 to 24 is an error of the bridge. The library's own are 64: wrong usage; 69: the bridge isn't running,
# or has died, as the message says; 127: there is no program (ovs_start).
#
# If a function ovs_on_event is defined it is called with the NAME and DATA of each event, before the answer behind it,
# and in the subshell where ovs_call is in one. Otherwise events are dropped, as they may hold passwords.
#
# Subshells may use a bridge too, but only one at a time. FUNCTION and ovs_on_event, which run while it waits for
# answers, may queue commands (for the next ovs_collect), but not call.

case ${BASH_VERSION-} in
  '' | [0-3].* | 4.[01].*)
    echo "ovs-bridge.sh needs bash 4.2 or later; this is ${BASH_VERSION:-another shell}" >&2
    # shellcheck disable=SC2317 # reached where the file is run instead of sourced
    return 69 2>/dev/null || exit 69
    ;;
esac

# Of each bridge by name: the descriptors to write to and read from (none: it isn't running), the process, its exit
# status and a sentence on it, the number of queued commands, and whether answers are to come that nobody has read.
# To source the file again loses none of them.
[[ -n ${_ovs_count-} ]] ||
  declare -gA _ovs_in=() _ovs_out=() _ovs_pid=() _ovs_status=() _ovs_end=() _ovs_queued=() _ovs_unread=()
_ovs_count=${_ovs_count:-0}
_ovs_file=${BASH_SOURCE[0]}
[[ $_ovs_file == /* ]] || _ovs_file=$PWD/$_ovs_file
# In full, because the locale decides what a-z takes in.
_ovs_word=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_
_ovs_start_seconds=30
_ovs_signal_seconds=15

ovs_start() {
  local _ovs_name _ovs_program _ovs_ms _ovs_used _ovs_id _ovs_request _ovs_line=''
  _ovs_options ovs_start bp "$@" || return
  shift "$_ovs_used"
  [[ -z ${_ovs_out[$_ovs_name]-} ]] || { _ovs_fail 64 ovs_start "bridge $_ovs_name is running already"; return; }
  _ovs_locate || return
  _ovs_spawn --parent-pid "$BASHPID" "$@" || { _ovs_fail 69 ovs_start "no pipes can be made"; return; }

  # What is no bridge, or won't run, is found out here and not by the first call.
  if _ovs_read "$_ovs_name" "$_ovs_start_seconds"; then
    _ovs_pid[$_ovs_name]=${_ovs_line#pid }
    _ovs_line=''
    _ovs_encode OVS_CMD_GET_INFO 2>/dev/null
    _ovs_send "$_ovs_name" "$_ovs_request" || :
    _ovs_read "$_ovs_name" "$_ovs_start_seconds" && [[ $_ovs_line == '{"notification":'* ]] && return
  fi
  if [[ -n ${_ovs_out[$_ovs_name]} ]]; then
    _ovs_finish "$_ovs_name" 1
    _ovs_line=${_ovs_line:-nothing}
    _ovs_end[$_ovs_name]="$_ovs_program does not answer as ovs-bridge does; it said: ${_ovs_line:0:80}"
  fi
  _ovs_fail 69 ovs_start "${_ovs_end[$_ovs_name]}"
}

ovs_call() {
  local _ovs_name _ovs_program _ovs_ms _ovs_used _ovs_id _ovs_request _ovs_answer=''
  _ovs_prepare ovs_call "$@" || return
  shift "$_ovs_used"
  _ovs_idle ovs_call || return
  local _ovs_busy="${_ovs_busy-} $_ovs_name " _ovs_was=${_ovs_unread[$_ovs_name]}
  _ovs_send "$_ovs_name" "$_ovs_request" || { _ovs_fail 69 "$1" "a signal broke off its sending"; return; }
  _ovs_unread[$_ovs_name]=1
  until [[ $_ovs_answer == "$_ovs_id" ]]; do
    _ovs_receive || { _ovs_fail 69 "$1" "${_ovs_end[$_ovs_name]}"; return; }
  done
  _ovs_unread[$_ovs_name]=$_ovs_was
  if ((OVS_ERROR)); then
    _ovs_say "$1" "$OVS_MESSAGE"
  elif [[ -n $OVS_DATA ]]; then
    printf '%s\n' "$OVS_DATA"
  fi
  return "$OVS_ERROR"
}

ovs_submit() {
  local _ovs_name _ovs_program _ovs_ms _ovs_used _ovs_id _ovs_request
  _ovs_prepare ovs_submit "$@" || return
  printf -v "_ovs_ids_${_ovs_name}[${_ovs_queued[$_ovs_name]}]" %s "$_ovs_id"
  printf -v "_ovs_lines_${_ovs_name}[${_ovs_queued[$_ovs_name]}]" %s "$_ovs_request"
  _ovs_queued[$_ovs_name]=$((_ovs_queued[$_ovs_name] + 1))
}

ovs_collect() {
  local _ovs_name _ovs_program _ovs_ms _ovs_used _ovs_answer _ovs_first=0
  _ovs_options ovs_collect b "$@" || return
  shift "$_ovs_used"
  if (($# > 1)) || { (($#)) && ! type -t "$1" >/dev/null; }; then
    _ovs_fail 64 ovs_collect "behind its options comes one function"
    return
  fi
  { _ovs_running ovs_collect && _ovs_idle ovs_collect; } || return
  local _ovs_left=${_ovs_queued[$_ovs_name]}
  ((_ovs_left)) || return 0

  local _ovs_busy="${_ovs_busy-} $_ovs_name " _ovs_was=${_ovs_unread[$_ovs_name]}
  local _ovs_ids="_ovs_ids_${_ovs_name}[@]" _ovs_lines="_ovs_lines_${_ovs_name}[@]"
  local -A _ovs_waiting
  _ovs_ids=("${!_ovs_ids}") _ovs_lines=("${!_ovs_lines}")
  unset "_ovs_ids_$_ovs_name" "_ovs_lines_$_ovs_name"
  _ovs_queued[$_ovs_name]=0
  for _ovs_answer in "${_ovs_ids[@]}"; do
    _ovs_waiting[$_ovs_answer]=1
  done
  _ovs_unread[$_ovs_name]=1
  _ovs_send "$_ovs_name" "${_ovs_lines[@]}"
  while ((_ovs_left)) && _ovs_receive; do
    _ovs_hand_over "$@"
  done
  _ovs_unread[$_ovs_name]=$_ovs_was
  ((_ovs_left)) || return "$_ovs_first"

  for _ovs_answer in "${_ovs_ids[@]}"; do
    _ovs_set 69 '' "${_ovs_end[$_ovs_name]}"
    _ovs_hand_over "$@"
  done
  return "$_ovs_first"
}

ovs_field() {
  (($# == 2)) || { _ovs_fail 64 ovs_field "it takes a member's name, and an object as JSON"; return; }
  (_ovs_find "$@" 2>/dev/null)
}

ovs_stop() {
  local _ovs_name _ovs_program _ovs_ms _ovs_used
  _ovs_options ovs_stop bt "$@" || return
  if [[ -n ${_ovs_out[$_ovs_name]-} ]]; then
    _ovs_finish "$_ovs_name" "$(((${_ovs_ms:-30000} + 999) / 1000))"
    _ovs_end[$_ovs_name]="bridge $_ovs_name was stopped"
  elif [[ -z ${_ovs_status[$_ovs_name]-} ]]; then
    _ovs_running ovs_stop || return
  fi
  return "${_ovs_status[$_ovs_name]}"
}

# Usage and failures
#
# Functions of the user's see the variables of what calls them, which is why those are named _ovs_… there.

# Sets the variables that tell of an answer.
_ovs_set() {
  # shellcheck disable=SC2034 # they are the user's
  OVS_ERROR=$1 OVS_ERROR_NAME=$2 OVS_MESSAGE=$3 OVS_RETRYABLE=${4-} OVS_DETAILS=${5-} OVS_DATA=${6-}
}

# Says $2 of $1, without what a terminal would obey.
_ovs_say() {
  printf '%s: %s\n' "$1" "${2//[[:cntrl:]]/ }" >&2
}

# Fails $2 with status $1, for the reason $3.
_ovs_fail() {
  _ovs_set "$1" '' "$3"
  _ovs_say "$2" "$3"
  return "$1"
}

_ovs_running() {
  [[ -z ${_ovs_out[$_ovs_name]-} ]] || return 0
  _ovs_fail 69 "$1" "${_ovs_end[$_ovs_name]:-bridge $_ovs_name was not started}"
}

# A call made while others wait would read their answers away.
_ovs_idle() {
  [[ ${_ovs_busy-} == *" $_ovs_name "* ]] || return 0
  _ovs_fail 64 "$1" "bridge $_ovs_name waits for other answers; ovs_submit queues a command"
}

# Reads the options of function $1, of the letters $2, into its variables.
_ovs_options() {
  local caller=$1 letters=$2 whole part
  shift 2
  _ovs_name=main _ovs_ms='' _ovs_used=0
  while [[ ${1-} == -[!-]* ]]; do
    [[ $1 == -["$letters"] && $# -gt 1 ]] ||
      { _ovs_fail 64 "$caller" "there is no option ${1:0:20}, or it has no value"; return; }
    case $1 in
      -b)
        [[ -n $2 && $2 != *[!$_ovs_word]* ]] ||
          { _ovs_fail 64 "$caller" "a bridge's name is of letters, digits and _"; return; }
        _ovs_name=$2
        ;;
      -p) _ovs_program=$2 ;;
      -t)
        whole=${2%%.*}
        part=${2:${#whole}}
        part=${part#.}
        [[ -n $whole$part && $whole$part != *[!0123456789]* && ${#whole} -lt 10 ]] ||
          { _ovs_fail 64 "$caller" "-t takes seconds, such as 30 or 0.5"; return; }
        part=${part}000
        _ovs_ms=$((10#0$whole * 1000 + 10#${part:0:3}))
        ;;
    esac
    shift 2
    _ovs_used=$((_ovs_used + 2))
  done
}

# Reads the arguments of ovs_call or ovs_submit, $1, into its variables, and makes the line to send.
_ovs_prepare() {
  local _ovs_fault=''
  _ovs_options "$1" bt "${@:2}" || return
  _ovs_running "$1" || return
  _ovs_encode "${@:2+_ovs_used}" 2>/dev/null || { _ovs_fail 64 "$1" "$_ovs_fault"; return; }
  # shellcheck disable=SC2034 # it is the user's
  OVS_ID=$_ovs_id
}

# The process

# Finds the program, _ovs_program, unless -p has set it.
_ovs_locate() {
  local origin=-p file=$_ovs_file link build
  if [[ -z ${_ovs_program+set} && -n ${OVS_BRIDGE-} ]]; then
    origin=OVS_BRIDGE _ovs_program=$OVS_BRIDGE
  fi
  if [[ -n ${_ovs_program+set} ]]; then
    [[ -f $_ovs_program && -x $_ovs_program ]] ||
      { _ovs_fail 127 ovs_start "\"$_ovs_program\", from $origin, is no executable file"; return; }
    [[ $_ovs_program == */* ]] || _ovs_program=./$_ovs_program
    return 0
  fi
  ! _ovs_program=$(type -P ovs-bridge) || return 0
  while [[ -L $file ]]; do
    link=$(command readlink "$file")
    [[ $link == /* ]] || link=${file%/*}/$link
    file=$link
  done
  _ovs_program=''
  for build in "${file%/*}"/../../.build/{release,debug}/ovs-bridge; do
    [[ ! -f $build || ! -x $build || ! $build -nt $_ovs_program ]] || _ovs_program=$build
  done
  [[ -z $_ovs_program ]] || return 0
  _ovs_fail 127 ovs_start "there is no ovs-bridge: build it with \"swift build -c release\" in the package's folder, \
then put its .build/release on PATH, or the program's path in OVS_BRIDGE"
}

# Starts the program with the arguments given.
#
# A coprocess can't be read in subshells, and bash 4 has one at a time. Pipes with a name can; each side has one end
# alone, so as to see the other's end. They are opened for both first, since one end alone would wait for the other.
_ovs_spawn() {
  local folder both_in both_out reader writer in out fault=''
  folder=$(command mktemp -d "${TMPDIR:-/tmp}/ovs-bridge.XXXXXX") || return
  # shellcheck disable=SC2094 # which are pipes
  { command mkfifo "$folder/in" "$folder/out" &&
    exec {both_in}<>"$folder/in" {both_out}<>"$folder/out" &&
    exec {in}>"$folder/in" {reader}<"$folder/in" {out}<"$folder/out" {writer}>"$folder/out" &&
    exec {both_in}>&- {both_out}>&-; } || fault=1
  command rm -rf "$folder"
  [[ -z $fault ]] || return

  # Job control gives it a process group of its own, out of the reach of the terminal's Ctrl-C; that it is started in a
  # subshell keeps it out of the user's jobs, of wait, and of $!.
  (set -m; _ovs_host "$_ovs_program" "$@" <&"$reader" >&"$writer" &)
  exec {reader}<&- {writer}>&-
  _ovs_in[$_ovs_name]=$in _ovs_out[$_ovs_name]=$out
  _ovs_pid[$_ovs_name]='' _ovs_status[$_ovs_name]='' _ovs_end[$_ovs_name]=''
  _ovs_queued[$_ovs_name]=0 _ovs_unread[$_ovs_name]=''
  unset "_ovs_ids_$_ovs_name" "_ovs_lines_$_ovs_name"
}

# Runs the program, in the background. The first line that comes out is its pid, the last its exit status. That one is
# repeated for as long as anybody reads, since a subshell that has read it can't tell the shell behind it.
_ovs_host() {
  local descriptor status=0 GLOBIGNORE=''
  set +efm
  for descriptor in /dev/fd/*; do
    descriptor=${descriptor##*/}
    ((descriptor < 3)) || exec {descriptor}>&-
  done
  (printf 'pid %s\n' "$BASHPID" && exec "$@") <&0 &
  exec </dev/null 2>/dev/null
  wait "$!" || status=$?
  printf '\n'
  while printf 'status %s\n' "$status"; do :; done
}

# Ends bridge $1: in order if that takes it $2 seconds at most, by SIGTERM and SIGKILL otherwise.
_ovs_finish() {
  local in=${_ovs_in[$1]} seconds=$2 signal now end _ovs_line
  _ovs_unread[$1]=1
  # Programs that the user has started since may hold our end of the pipe too, so its end alone isn't relied upon.
  _ovs_send "$1" '{"cmd":"OVS_CMD_SHUTDOWN"}'
  exec {in}>&-
  _ovs_in[$1]=''
  for signal in TERM KILL ''; do
    printf -v now '%(%s)T' -1
    end=$((now + seconds))
    while ((now < end)); do
      _ovs_read "$1" "$((end - now))" || (($? > 128)) || return 0
      printf -v now '%(%s)T' -1
    done
    [[ -z $signal ]] || kill -"$signal" "${_ovs_pid[$1]}" 2>/dev/null || :
    seconds=$_ovs_signal_seconds
  done
  _ovs_ended "$1" ''
}

# Notes that bridge $1 has ended with status $2.
_ovs_ended() {
  local in=${_ovs_in[$1]} out=${_ovs_out[$1]} signal
  [[ -z $in ]] || exec {in}>&-
  exec {out}<&-
  _ovs_in[$1]='' _ovs_out[$1]='' _ovs_status[$1]=${2:-69} _ovs_end[$1]="ovs-bridge ended with status ${2:-unknown}"
  if ((${2:-0} > 128)) && signal=$(kill -l "$2" 2>/dev/null); then
    _ovs_end[$1]="ovs-bridge was ended by signal SIG$signal (status $2)"
  fi
}

# Lines
#
# Functions that look into text do so byte by byte (LC_ALL=C): it is UTF-8 whatever the locale is, and may be long. They
# are called with 2>/dev/null, because bash warns each time it returns to a locale that isn't installed.

# Sends lines to bridge $1, from a subshell, since writing to a dead bridge raises SIGPIPE. While answers are to come it
# does so in the background: as long as they aren't read, the bridge may take nothing in.
_ovs_send() {
  if [[ -n ${_ovs_unread[$1]} ]]; then
    (_ovs_write "$@" &)
  else
    (_ovs_write "$@") || (($? <= 128))
  fi
}

_ovs_write() {
  exec 1>&"${_ovs_in[$1]}" 2>/dev/null
  trap '' PIPE
  printf '%s\n' "${@:2}"
}

# Reads a line of bridge $1 into _ovs_line, within $2 seconds if given. The status is 69 at the bridge's end.
#
# Without a limit reading is faster; there is one against TMOUT, which may be readonly. An empty line divides the last
# words of a bridge from its status.
_ovs_read() {
  local REPLY='' limit=${2:-${TMOUT:+2000000}} got=0
  while [[ -z $REPLY ]]; do
    [[ -n ${_ovs_out[$1]} ]] || return 69
    if [[ -n $limit ]]; then
      read -r -t "$limit" -u "${_ovs_out[$1]}" || got=$?
    else
      read -r -u "${_ovs_out[$1]}" || got=$?
    fi
    ((got <= 128)) || return "$got"
    ((got == 0)) || REPLY='status '
    if [[ $REPLY == 'status '* ]]; then
      _ovs_ended "$1" "${REPLY#status }"
      return 69
    fi
  done
  _ovs_line=$REPLY
}

# Reads up to the next answer, whose id is then in _ovs_answer, and delivers the events before it.
_ovs_receive() {
  local _ovs_line _ovs_event _ovs_data
  while _ovs_read "$_ovs_name"; do
    _ovs_parse 2>/dev/null || continue
    [[ -n $_ovs_event ]] || return 0
    ! declare -F ovs_on_event >/dev/null || ovs_on_event "$_ovs_event" "$_ovs_data"
  done
  return 69
}

# Hands the answer _ovs_answer over to ovs_collect's function, if it is one of those that are waited for.
_ovs_hand_over() {
  [[ -n ${_ovs_waiting[$_ovs_answer]-} ]] || return 0
  unset "_ovs_waiting[$_ovs_answer]"
  _ovs_left=$((_ovs_left - 1))
  ((_ovs_first)) || _ovs_first=$OVS_ERROR
  if (($#)); then
    "$1" "$_ovs_answer" "$OVS_ERROR" "$OVS_DATA" "$OVS_MESSAGE"
  elif ((OVS_ERROR)); then
    _ovs_say "$_ovs_answer" "$OVS_MESSAGE"
  fi
}

# Makes the line of a command, _ovs_request. Its id comes first, where it can be read even if the rest can't, and is
# unlike any of other subshells: an answer that nobody has read is never taken for another.
_ovs_encode() {
  local LC_ALL=C argument name value code escape char data=''
  _ovs_fault="it takes a command's name, such as OVS_CMD_LOGIN"
  [[ -n ${1-} && $1 != *[!$_ovs_word]* ]] || return
  # What has no name may be a password gone astray, and isn't shown.
  _ovs_fault="behind $1 come parameters, NAME=VALUE"
  for argument in "${@:2}"; do
    [[ $argument == *=* ]] || return
    name=${argument%%=*}
    [[ -n $name && $name != *[!$_ovs_word]* ]] || return
    value=${argument:${#name}+1}
    if [[ $value == *[[:cntrl:]\"\\]* ]]; then
      value=${value//\\/\\\\}
      value=${value//\"/\\\"}
      for ((code = 1; code < 32; code++)); do
        [[ $value == *[[:cntrl:]]* ]] || break
        printf -v escape '\\u%04x' "$code"
        printf -v char %b "\\x${escape:4}"
        value=${value//"$char"/$escape}
      done
    fi
    data+=",\"$name\":\"$value\""
  done
  _ovs_id=$BASHPID.$((++_ovs_count))
  _ovs_request="{\"id\":\"$_ovs_id\",\"cmd\":\"$1\""
  [[ -z $data ]] || _ovs_request+=",\"data\":{${data:1}}"
  [[ -z $_ovs_ms ]] || _ovs_request+=",\"timeout_ms\":$_ovs_ms"
  _ovs_request+="}"
}

# Takes _ovs_line apart: an event into _ovs_event and _ovs_data, an answer into _ovs_answer and the user's variables.
#
# The members come in one order and without white space: notification, name, error, error_name, data, of an error also
# message, retryable and details, and of an answer id. So each is found by what stands around it. No text in a string is
# mistaken for that: its quotes are escaped, so that ," with a letter behind it stands only where a member begins.
_ovs_parse() {
  local LC_ALL=C head rest text name
  [[ $_ovs_line == '{"notification":'* ]] || return
  head=${_ovs_line%%',"data":'*}
  rest=${_ovs_line:${#head}+8}
  _ovs_event=''
  if [[ $rest == *'"}' ]]; then
    _ovs_answer=${rest##*',"id":"'}
    rest=${rest:0:${#rest}-${#_ovs_answer}-7}
    _ovs_answer=${_ovs_answer%'"}'}
  elif [[ $rest == '{'*'}}' ]]; then
    _ovs_event=${head#*'"name":"'}
    _ovs_event=${_ovs_event%%\"*}
    _ovs_data=${rest%\}}
    return
  else
    # Without an id of ours: an answer to nobody.
    return 1
  fi
  head=${head#*'"error":'}
  if [[ $head == 0,* ]]; then
    [[ $rest != null ]] || rest=''
    _ovs_set 0 OVS_ERR_OK '' '' '' "$rest"
  else
    text=${rest#'null,"message":"'}
    text=${text%%'","retryable":'*}
    rest=${rest:${#text}+30}
    [[ $text != *\\* ]] || text=$(_ovs_decode "$text")
    name=${head##*:\"}
    _ovs_set "${head%%,*}" "${name%\"}" "$text" "${rest%%,*}" "${rest#*:}"
  fi
}

# Prints member $1 of the object $2. For a subshell, whose options it changes.
#
# Splitting into words is what bash does in one pass; looking for the next quote costs it as much as there is behind it.
_ovs_find() {
  local LC_ALL=C IFS=\" tokens=() part open='' close value depth=0 at n=-1
  set +eu -f
  shopt -u nocasematch
  for part in $2; do
    # A quote behind an odd number of backslashes is one of the string's own.
    if [[ -n $open ]]; then tokens[n]+=\"$part; else tokens[++n]=$part; fi
    open=''
    if [[ $part == *\\ ]]; then
      part=${part##*[!\\]}
      ((${#part} % 2 == 0)) || open=1
    fi
  done
  # Every other token is the inside of a string.
  for ((at = 0; at < n; at += 2)); do
    part=${tokens[at]}
    open=${part//[!\{\[]/}
    close=${part//[!\}\]]/}
    depth=$((depth + ${#open} - ${#close}))
    [[ $depth == 1 && $part == *[\{,] && ${tokens[at + 1]} == "$1" && ${tokens[at + 2]} == :* ]] || continue
    value=${tokens[at + 2]#:}
    case $value in
      null*) return 1 ;;
      '') _ovs_decode "${tokens[at + 3]}" ;;
      [\{\[]*)
        tokens[at + 2]=$value
        for ((depth = 0, at += 2; at <= n; at += 2)); do
          part=${tokens[at]}
          while [[ $part == *[]\[\{\}]* ]]; do
            open=${part%%[]\[\{\}]*}
            close=${part:${#open}:1}
            printf %s "$open$close"
            part=${part:${#open}+1}
            if [[ $close == [\{\[] ]]; then ((++depth)); else ((--depth)) || break 2; fi
          done
          printf %s "$part\"${tokens[at + 1]}\""
        done
        ;;
      *) printf %s "${value%%[,\}]*}" ;;
    esac
    printf '\n'
    return 0
  done
  return 1
}

# Prints the inside $1 of a JSON string decoded. For a subshell, likewise.
#
# shellcheck disable=SC2141,SC2206 # words are to be split, at each backslash
_ovs_decode() {
  local LC_ALL=C IFS=$'\\' x='[[:xdigit:]]' parts part code more char byte at
  set +eu -f
  parts=($1)
  for ((at = 1; at < ${#parts[@]}; at++)); do
    part=${parts[at]}
    case $part in
      '')
        parts[at]=\\
        ((++at))
        ;;
      b*) parts[at]=$'\b'${part:1} ;;
      f*) parts[at]=$'\f'${part:1} ;;
      n*) parts[at]=$'\n'${part:1} ;;
      r*) parts[at]=$'\r'${part:1} ;;
      t*) parts[at]=$'\t'${part:1} ;;
      u$x$x$x$x*)
        code=$((16#${part:1:4}))
        if [[ ${parts[at + 1]} == u[dD][c-fC-F]$x$x* ]] && ((code >> 10 == 0xd800 >> 10)); then
          parts[at]=''
          part=${parts[++at]}
          code=$((0x10000 + ((code & 0x3ff) << 10) + (16#${part:1:4} & 0x3ff)))
        fi
        # UTF-8: the first byte tells how many follow, with six bits each.
        more=$(((code > 0x7f) + (code > 0x7ff) + (code > 0xffff)))
        printf -v char '\\x%x' "$((code >> 6 * more | (more ? 0xff00 >> (more + 1) & 0xff : 0)))"
        while ((more--)); do
          printf -v byte '\\x%x' "$((code >> 6 * more & 0x3f | 0x80))"
          char+=$byte
        done
        printf -v char %b "$char"
        parts[at]=$char${part:5}
        ;;
    esac
  done
  printf %s "${parts[@]}"
}
