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
# or has died, as the message says; 74: the data could not be written to stdout; 127: there is no program (ovs_start).
#
# If a function ovs_on_event is defined it is called with the NAME and DATA of each event, before the answer behind it,
# and in the subshell where ovs_call is in one. Otherwise events are dropped, as they may hold passwords.
#
# Subshells may call a bridge too, but only one at a time; ovs_submit and ovs_collect are for the shell that started it.
# FUNCTION and ovs_on_event, which run while it waits for answers, may queue commands for the next ovs_collect, but not
# call. What is sent and answered passes through variables: set -x shows it, and set -a hands it to child processes.

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
declare -p _ovs_in >/dev/null 2>&1 ||
  declare -gA _ovs_in=() _ovs_out=() _ovs_pid=() _ovs_status=() _ovs_end=() _ovs_queued=() _ovs_unread=() _ovs_shell=()
_ovs_count=${_ovs_count:-0}
_ovs_file=${BASH_SOURCE[0]}
[[ $_ovs_file == /* ]] || _ovs_file=$PWD/$_ovs_file
# In full, because the locale decides what a-z takes in.
_ovs_word=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_
_ovs_start_seconds=30
_ovs_signal_seconds=15

ovs_start() {
  local _ovs_name _ovs_program _ovs_ms _ovs_used _ovs_id _ovs_request _ovs_line=''
  _ovs_options ovs_start bp "$@" || return "$?"
  shift "$_ovs_used"
  [[ -z ${_ovs_out[$_ovs_name]-} ]] || { _ovs_fail 64 ovs_start "bridge $_ovs_name is running already"; return "$?"; }
  _ovs_idle ovs_start || return "$?"
  _ovs_locate || return "$?"
  _ovs_spawn --parent-pid "$BASHPID" "$@" || { _ovs_fail 69 ovs_start "no pipes can be made"; return "$?"; }

  # What is no bridge, or won't run, is found out here and not by the first call.
  if _ovs_read "$_ovs_name" "$_ovs_start_seconds"; then
    _ovs_pid[$_ovs_name]=${_ovs_line#pid }
    _ovs_line=''
    _ovs_encode OVS_CMD_GET_INFO 2>/dev/null
    _ovs_send "$_ovs_name" "$_ovs_request" || :
    _ovs_read "$_ovs_name" "$_ovs_start_seconds" && [[ $_ovs_line == '{"notification":'* ]] && return "$?"
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
  _ovs_prepare ovs_call "$@" || return "$?"
  shift "$_ovs_used"
  _ovs_idle ovs_call || return "$?"
  local _ovs_busy="${_ovs_busy-} $_ovs_name " _ovs_was=${_ovs_unread[$_ovs_name]}
  _ovs_send "$_ovs_name" "$_ovs_request" || { _ovs_fail 69 "$1" "a signal broke off its sending"; return "$?"; }
  _ovs_unread[$_ovs_name]=1
  until [[ $_ovs_answer == "$_ovs_id" ]]; do
    _ovs_receive || { _ovs_fail 69 "$1" "${_ovs_end[$_ovs_name]}"; return "$?"; }
  done
  _ovs_unread[$_ovs_name]=$_ovs_was
  if ((OVS_ERROR)); then
    _ovs_say "$1" "$OVS_MESSAGE"
  elif [[ -n $OVS_DATA ]]; then
    printf '%s\n' "$OVS_DATA" || return 74
  fi
  return "$OVS_ERROR"
}

ovs_submit() {
  local _ovs_name _ovs_program _ovs_ms _ovs_used _ovs_id _ovs_request
  _ovs_prepare ovs_submit "$@" || return "$?"
  # Behind a pipe, for instance.
  [[ ${_ovs_shell[$_ovs_name]} == "$BASHPID" ]] || {
    _ovs_fail 64 ovs_submit "this is a subshell, with which its queue would be lost; use while … done < <(…)"
    return "$?"
  }
  printf -v "_ovs_ids_${_ovs_name}[${_ovs_queued[$_ovs_name]}]" %s "$_ovs_id"
  printf -v "_ovs_lines_${_ovs_name}[${_ovs_queued[$_ovs_name]}]" %s "$_ovs_request"
  _ovs_queued[$_ovs_name]=$((_ovs_queued[$_ovs_name] + 1))
}

ovs_collect() {
  local _ovs_name _ovs_program _ovs_ms _ovs_used _ovs_answer _ovs_first=0
  _ovs_options ovs_collect b "$@" || return "$?"
  shift "$_ovs_used"
  if (($# > 1)) || { (($#)) && ! type -t "$1" >/dev/null; }; then
    _ovs_fail 64 ovs_collect "behind its options comes one function"
    return "$?"
  fi
  { _ovs_running ovs_collect && _ovs_idle ovs_collect; } || return "$?"
  local _ovs_left=${_ovs_queued[$_ovs_name]}
  ((_ovs_left)) || return 0
  [[ ${_ovs_shell[$_ovs_name]} == "$BASHPID" ]] || {
    _ovs_fail 64 ovs_collect "this is a subshell, and what was queued outside of it would be sent again there"
    return "$?"
  }

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
  (($# == 2)) || { _ovs_fail 64 ovs_field "it takes a member's name, and an object as JSON"; return "$?"; }
  (_ovs_find "$@" 2>/dev/null)
}

ovs_stop() {
  local _ovs_name _ovs_program _ovs_ms _ovs_used
  _ovs_options ovs_stop bt "$@" || return "$?"
  if [[ -n ${_ovs_out[$_ovs_name]-} ]]; then
    _ovs_finish "$_ovs_name" "$(((${_ovs_ms:-30000} + 999) / 1000))"
    _ovs_end[$_ovs_name]="bridge $_ovs_name was stopped"
  elif [[ -z ${_ovs_status[$_ovs_name]-} ]]; then
    _ovs_running ovs_stop || return "$?"
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
  local _ovs_caller=$1 _ovs_letters=$2 _ovs_whole _ovs_part
  shift 2
  _ovs_name=main _ovs_ms='' _ovs_used=0
  while [[ ${1-} == -[!-]* ]]; do
    [[ $1 == -["$_ovs_letters"] && $# -gt 1 ]] ||
      { _ovs_fail 64 "$_ovs_caller" "there is no option ${1:0:20}, or it has no value"; return "$?"; }
    case $1 in
      -b)
        [[ -n $2 && $2 != *[!$_ovs_word]* ]] ||
          { _ovs_fail 64 "$_ovs_caller" "a bridge's name is of letters, digits and _"; return "$?"; }
        _ovs_name=$2
        ;;
      -p) _ovs_program=$2 ;;
      -t)
        _ovs_whole=${2%%.*}
        _ovs_part=${2:${#_ovs_whole}}
        _ovs_part=${_ovs_part#.}
        [[ -n $_ovs_whole$_ovs_part && $_ovs_whole$_ovs_part != *[!0123456789]* && ${#_ovs_whole} -lt 10 ]] ||
          { _ovs_fail 64 "$_ovs_caller" "-t takes seconds, such as 30 or 0.5"; return "$?"; }
        _ovs_part=${_ovs_part}000
        _ovs_ms=$((10#0$_ovs_whole * 1000 + 10#${_ovs_part:0:3}))
        ;;
    esac
    shift 2
    _ovs_used=$((_ovs_used + 2))
  done
}

# Reads the arguments of ovs_call or ovs_submit, $1, into its variables, and makes the line to send.
_ovs_prepare() {
  local _ovs_fault=''
  _ovs_options "$1" bt "${@:2}" || return "$?"
  _ovs_running "$1" || return "$?"
  _ovs_encode "${@:2+_ovs_used}" 2>/dev/null || { _ovs_fail 64 "$1" "$_ovs_fault"; return "$?"; }
  # shellcheck disable=SC2034 # it is the user's
  OVS_ID=$_ovs_id
}

# The process

# Finds the program, _ovs_program, unless -p has set it.
_ovs_locate() {
  local _ovs_origin=-p _ovs_path=$_ovs_file _ovs_link _ovs_build
  if [[ -z ${_ovs_program+set} && -n ${OVS_BRIDGE-} ]]; then
    _ovs_origin=OVS_BRIDGE _ovs_program=$OVS_BRIDGE
  fi
  if [[ -n ${_ovs_program+set} ]]; then
    [[ -f $_ovs_program && -x $_ovs_program ]] ||
      { _ovs_fail 127 ovs_start "\"$_ovs_program\", from $_ovs_origin, is no executable file"; return "$?"; }
    [[ $_ovs_program == */* ]] || _ovs_program=./$_ovs_program
    return 0
  fi
  ! _ovs_program=$(type -P ovs-bridge) || return 0
  while [[ -L $_ovs_path ]]; do
    _ovs_link=$(command readlink "$_ovs_path")
    [[ $_ovs_link == /* ]] || _ovs_link=${_ovs_path%/*}/$_ovs_link
    _ovs_path=$_ovs_link
  done
  _ovs_program=''
  if [[ $_ovs_path == */clients/shell/* && -f ${_ovs_path%/*}/../../Package.swift ]]; then
    for _ovs_build in "${_ovs_path%/*}"/../../.build/{release,debug}/ovs-bridge; do
      [[ ! -f $_ovs_build || ! -x $_ovs_build || ! $_ovs_build -nt $_ovs_program ]] || _ovs_program=$_ovs_build
    done
  fi
  [[ -z $_ovs_program ]] || return 0
  _ovs_fail 127 ovs_start "there is no ovs-bridge: build it with \"swift build -c release\" in the package's folder, \
then put its .build/release on PATH, or the program's path in OVS_BRIDGE"
}

# Starts the program with the arguments given.
#
# A coprocess can't be read in subshells, and bash 4 has one at a time. Pipes with a name can; each side has one end
# alone, so as to see the other's end. They are opened for both first, since one end alone would wait for the other.
_ovs_spawn() {
  local _ovs_folder _ovs_both_in _ovs_both_out _ovs_reader _ovs_writer _ovs_fd_in _ovs_fd_out _ovs_failed=''
  _ovs_folder=$(command mktemp -d "${TMPDIR:-/tmp}/ovs-bridge.XXXXXX") || return "$?"
  # shellcheck disable=SC2094 # which are pipes
  { command mkfifo "$_ovs_folder/in" "$_ovs_folder/out" &&
    exec {_ovs_both_in}<>"$_ovs_folder/in" {_ovs_both_out}<>"$_ovs_folder/out" &&
    exec {_ovs_fd_in}>"$_ovs_folder/in" {_ovs_reader}<"$_ovs_folder/in" &&
    exec {_ovs_fd_out}<"$_ovs_folder/out" {_ovs_writer}>"$_ovs_folder/out" &&
    exec {_ovs_both_in}>&- {_ovs_both_out}>&-; } || _ovs_failed=1
  command rm -rf "$_ovs_folder"
  if [[ -n $_ovs_failed ]]; then
    for _ovs_failed in $_ovs_both_in $_ovs_both_out $_ovs_fd_in $_ovs_reader $_ovs_fd_out $_ovs_writer; do
      exec {_ovs_failed}>&-
    done
    return 1
  fi

  # Job control gives it a process group of its own, out of the reach of the terminal's Ctrl-C; that it is started in a
  # subshell keeps it out of the user's jobs, of wait, and of $!.
  (set -m; _ovs_host "$_ovs_program" "$@" <&"$_ovs_reader" >&"$_ovs_writer" &)
  exec {_ovs_reader}<&- {_ovs_writer}>&-
  _ovs_in[$_ovs_name]=$_ovs_fd_in _ovs_out[$_ovs_name]=$_ovs_fd_out _ovs_shell[$_ovs_name]=$BASHPID
  _ovs_pid[$_ovs_name]='' _ovs_status[$_ovs_name]='' _ovs_end[$_ovs_name]=''
  _ovs_queued[$_ovs_name]=0 _ovs_unread[$_ovs_name]=''
  unset "_ovs_ids_$_ovs_name" "_ovs_lines_$_ovs_name"
}

# Runs the program, in the background. The first line that comes out is its pid, the last its exit status. That one is
# repeated, since a subshell that has read it can't tell the shell behind it; though not more often than fits into any
# pipe, since what the script has started may hold its end open unread.
_ovs_host() {
  local _ovs_descriptor _ovs_code_of_end=0 GLOBIGNORE=''
  set +efm
  for _ovs_descriptor in /dev/fd/*; do
    _ovs_descriptor=${_ovs_descriptor##*/}
    ((_ovs_descriptor < 3)) || exec {_ovs_descriptor}>&-
  done
  (printf 'pid %s\n' "$BASHPID" && exec "$@") <&0 &
  exec </dev/null 2>/dev/null
  wait "$!" || _ovs_code_of_end=$?
  printf '\n'
  for ((_ovs_descriptor = 0; _ovs_descriptor < 200; _ovs_descriptor++)); do
    printf 'status %s\n' "$_ovs_code_of_end" || break
  done
}

# Ends bridge $1: in order if that takes it $2 seconds at most, by SIGTERM and SIGKILL otherwise.
_ovs_finish() {
  local _ovs_fd_in=${_ovs_in[$1]} _ovs_seconds=$2 _ovs_signal _ovs_now _ovs_until _ovs_line
  _ovs_unread[$1]=1
  # Programs that the user has started since may hold our end of the pipe too, so its end alone isn't relied upon.
  _ovs_send "$1" '{"cmd":"OVS_CMD_SHUTDOWN"}'
  exec {_ovs_fd_in}>&-
  _ovs_in[$1]=''
  for _ovs_signal in TERM KILL ''; do
    printf -v _ovs_now '%(%s)T' -1
    _ovs_until=$((_ovs_now + _ovs_seconds))
    while ((_ovs_now < _ovs_until)); do
      _ovs_read "$1" "$((_ovs_until - _ovs_now))" || (($? > 128)) || return 0
      printf -v _ovs_now '%(%s)T' -1
    done
    [[ -z $_ovs_signal ]] || kill -"$_ovs_signal" "${_ovs_pid[$1]}" 2>/dev/null || :
    _ovs_seconds=$_ovs_signal_seconds
  done
  _ovs_ended "$1" ''
}

# Notes that bridge $1 has ended with status $2.
_ovs_ended() {
  local _ovs_fd_in=${_ovs_in[$1]} _ovs_fd_out=${_ovs_out[$1]} _ovs_signal
  # A trap may have been here before.
  [[ -n $_ovs_fd_out ]] || return 0
  [[ -z $_ovs_fd_in ]] || exec {_ovs_fd_in}>&-
  exec {_ovs_fd_out}<&-
  _ovs_in[$1]='' _ovs_out[$1]='' _ovs_status[$1]=${2:-69} _ovs_end[$1]="ovs-bridge ended with status ${2:-unknown}"
  if [[ ${2:-0} != *[!0123456789]* ]] && ((${2:-0} > 128)) && _ovs_signal=$(kill -l "$2" 2>/dev/null); then
    _ovs_end[$1]="ovs-bridge was ended by signal SIG$_ovs_signal (status $2)"
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
  local REPLY='' _ovs_limit=${2:-${TMOUT:+2000000}} _ovs_got=0 _ovs_begun=''
  while [[ -z $REPLY ]]; do
    [[ -n ${_ovs_out[$1]} ]] || return 69
    if [[ -n $_ovs_limit ]]; then
      read -r -t "$_ovs_limit" -u "${_ovs_out[$1]}" || _ovs_got=$?
    else
      read -r -u "${_ovs_out[$1]}" || _ovs_got=$?
    fi
    REPLY=$_ovs_begun$REPLY
    if ((_ovs_got > 128)); then
      [[ -z ${2-} ]] || return "$_ovs_got"
      # A trap, which breaks off reading if bash follows POSIX.
      _ovs_begun=$REPLY REPLY='' _ovs_got=0
      continue
    fi
    _ovs_begun=''
    ((_ovs_got == 0)) || REPLY='status '
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
  local LC_ALL=C _ovs_argument _ovs_its_name _ovs_value _ovs_code _ovs_escape _ovs_char _ovs_json=''
  _ovs_fault="it takes a command's name, such as OVS_CMD_LOGIN"
  [[ -n ${1-} && $1 != *[!$_ovs_word]* ]] || return 1
  # What has no name may be a password gone astray, and isn't shown.
  _ovs_fault="behind $1 come parameters, NAME=VALUE"
  for _ovs_argument in "${@:2}"; do
    [[ $_ovs_argument == *=* ]] || return 1
    _ovs_its_name=${_ovs_argument%%=*}
    [[ -n $_ovs_its_name && $_ovs_its_name != *[!$_ovs_word]* ]] || return 1
    _ovs_value=${_ovs_argument:${#_ovs_its_name}+1}
    if [[ $_ovs_value == *[[:cntrl:]\"\\]* ]]; then
      _ovs_value=${_ovs_value//\\/\\\\}
      _ovs_value=${_ovs_value//\"/\\\"}
      for ((_ovs_code = 1; _ovs_code < 32; _ovs_code++)); do
        [[ $_ovs_value == *[[:cntrl:]]* ]] || break
        printf -v _ovs_escape '\\u%04x' "$_ovs_code"
        printf -v _ovs_char %b "\\x${_ovs_escape:4}"
        _ovs_value=${_ovs_value//"$_ovs_char"/$_ovs_escape}
      done
    fi
    _ovs_json+=",\"$_ovs_its_name\":\"$_ovs_value\""
  done
  _ovs_id=$BASHPID.$((++_ovs_count))
  _ovs_request="{\"id\":\"$_ovs_id\",\"cmd\":\"$1\""
  [[ -z $_ovs_json ]] || _ovs_request+=",\"data\":{${_ovs_json:1}}"
  [[ -z $_ovs_ms ]] || _ovs_request+=",\"timeout_ms\":$_ovs_ms"
  _ovs_request+="}"
}

# Takes _ovs_line apart: an event into _ovs_event and _ovs_data, an answer into _ovs_answer and the user's variables.
#
# The members come in one order and without white space: notification, name, error, error_name, data, of an error also
# message, retryable and details, and of an answer id. So each is found by what stands around it. No text in a string is
# mistaken for that: its quotes are escaped, so that ," with a letter behind it stands only where a member begins.
_ovs_parse() {
  local LC_ALL=C _ovs_head _ovs_rest _ovs_text _ovs_its_name
  [[ $_ovs_line == '{"notification":'* ]] || return 1
  _ovs_head=${_ovs_line%%',"data":'*}
  _ovs_rest=${_ovs_line:${#_ovs_head}+8}
  _ovs_event=''
  if [[ $_ovs_rest == *'"}' ]]; then
    _ovs_answer=${_ovs_rest##*',"id":"'}
    _ovs_rest=${_ovs_rest:0:${#_ovs_rest}-${#_ovs_answer}-7}
    _ovs_answer=${_ovs_answer%'"}'}
  elif [[ $_ovs_rest == '{'*'}}' ]]; then
    _ovs_event=${_ovs_head#*'"name":"'}
    _ovs_event=${_ovs_event%%\"*}
    _ovs_data=${_ovs_rest%\}}
    return "$?"
  else
    # Without an id of ours: an answer to nobody.
    return 1
  fi
  _ovs_head=${_ovs_head#*'"error":'}
  [[ ${_ovs_head%%,*} != *[!0123456789]* ]] || return 1
  if [[ $_ovs_head == 0,* ]]; then
    [[ $_ovs_rest != null ]] || _ovs_rest=''
    _ovs_set 0 OVS_ERR_OK '' '' '' "$_ovs_rest"
  else
    _ovs_text=${_ovs_rest#'null,"message":"'}
    _ovs_text=${_ovs_text%%'","retryable":'*}
    _ovs_rest=${_ovs_rest:${#_ovs_text}+30}
    [[ $_ovs_text != *\\* ]] || _ovs_text=$(_ovs_decode "$_ovs_text")
    _ovs_its_name=${_ovs_head##*:\"}
    _ovs_set "${_ovs_head%%,*}" "${_ovs_its_name%\"}" "$_ovs_text" "${_ovs_rest%%,*}" "${_ovs_rest#*:}"
  fi
}

# Prints member $1 of the object $2. For a subshell, whose options it changes.
#
# Splitting into words is what bash does in one pass; looking for the next quote costs it as much as there is behind it.
_ovs_find() {
  local LC_ALL=C IFS=\" _ovs_tokens=() _ovs_part _ovs_open='' _ovs_close _ovs_value _ovs_depth=0 _ovs_at _ovs_n=-1
  set +eu -f
  shopt -u nocasematch
  for _ovs_part in $2; do
    # A quote behind an odd number of backslashes is one of the string's own.
    if [[ -n $_ovs_open ]]; then _ovs_tokens[_ovs_n]+=\"$_ovs_part; else _ovs_tokens[++_ovs_n]=$_ovs_part; fi
    _ovs_open=''
    if [[ $_ovs_part == *\\ ]]; then
      _ovs_part=${_ovs_part##*[!\\]}
      ((${#_ovs_part} % 2 == 0)) || _ovs_open=1
    fi
  done
  # Every other token is the inside of a string.
  for ((_ovs_at = 0; _ovs_at < _ovs_n; _ovs_at += 2)); do
    _ovs_part=${_ovs_tokens[_ovs_at]}
    _ovs_open=${_ovs_part//[!\{\[]/}
    _ovs_close=${_ovs_part//[!\}\]]/}
    _ovs_depth=$((_ovs_depth + ${#_ovs_open} - ${#_ovs_close}))
    [[ $_ovs_depth == 1 && $_ovs_part == *[\{,] && ${_ovs_tokens[_ovs_at + 1]} == "$1" ]] || continue
    [[ ${_ovs_tokens[_ovs_at + 2]} == :* ]] || continue
    _ovs_value=${_ovs_tokens[_ovs_at + 2]#:}
    case $_ovs_value in
      null*) return 1 ;;
      '') _ovs_decode "${_ovs_tokens[_ovs_at + 3]}" ;;
      [\{\[]*)
        _ovs_tokens[_ovs_at + 2]=$_ovs_value
        for ((_ovs_depth = 0, _ovs_at += 2; _ovs_at <= _ovs_n; _ovs_at += 2)); do
          _ovs_part=${_ovs_tokens[_ovs_at]}
          while [[ $_ovs_part == *[]\[\{\}]* ]]; do
            _ovs_open=${_ovs_part%%[]\[\{\}]*}
            _ovs_close=${_ovs_part:${#_ovs_open}:1}
            printf %s "$_ovs_open$_ovs_close"
            _ovs_part=${_ovs_part:${#_ovs_open}+1}
            if [[ $_ovs_close == [\{\[] ]]; then ((++_ovs_depth)); else ((--_ovs_depth)) || break 2; fi
          done
          printf %s "$_ovs_part\"${_ovs_tokens[_ovs_at + 1]}\""
        done
        ;;
      *) printf %s "${_ovs_value%%[,\}]*}" ;;
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
  local LC_ALL=C IFS=$'\\' _ovs_x='[[:xdigit:]]' _ovs_parts _ovs_part _ovs_code _ovs_more _ovs_char _ovs_byte _ovs_at
  set +eu -f
  _ovs_parts=($1)
  for ((_ovs_at = 1; _ovs_at < ${#_ovs_parts[@]}; _ovs_at++)); do
    _ovs_part=${_ovs_parts[_ovs_at]}
    case $_ovs_part in
      '')
        _ovs_parts[_ovs_at]=\\
        ((++_ovs_at))
        ;;
      b*) _ovs_parts[_ovs_at]=$'\b'${_ovs_part:1} ;;
      f*) _ovs_parts[_ovs_at]=$'\f'${_ovs_part:1} ;;
      n*) _ovs_parts[_ovs_at]=$'\n'${_ovs_part:1} ;;
      r*) _ovs_parts[_ovs_at]=$'\r'${_ovs_part:1} ;;
      t*) _ovs_parts[_ovs_at]=$'\t'${_ovs_part:1} ;;
      u$_ovs_x$_ovs_x$_ovs_x$_ovs_x*)
        _ovs_code=$((16#${_ovs_part:1:4}))
        if [[ ${_ovs_parts[_ovs_at + 1]} == u[dD][c-fC-F]$_ovs_x$_ovs_x* ]] && ((_ovs_code >> 10 == 0xd800 >> 10)); then
          _ovs_parts[_ovs_at]=''
          _ovs_part=${_ovs_parts[++_ovs_at]}
          _ovs_code=$((0x10000 + ((_ovs_code & 0x3ff) << 10) + (16#${_ovs_part:1:4} & 0x3ff)))
        fi
        # UTF-8: the first byte tells how many follow, with six bits each.
        _ovs_more=$(((_ovs_code > 0x7f) + (_ovs_code > 0x7ff) + (_ovs_code > 0xffff)))
        _ovs_byte=$((_ovs_more ? 0xff00 >> (_ovs_more + 1) & 0xff : 0))
        printf -v _ovs_char '\\x%x' "$((_ovs_code >> 6 * _ovs_more | _ovs_byte))"
        while ((_ovs_more--)); do
          printf -v _ovs_byte '\\x%x' "$((_ovs_code >> 6 * _ovs_more & 0x3f | 0x80))"
          _ovs_char+=$_ovs_byte
        done
        printf -v _ovs_char %b "$_ovs_char"
        _ovs_parts[_ovs_at]=$_ovs_char${_ovs_part:5}
        ;;
    esac
  done
  printf %s "${_ovs_parts[@]}"
}
