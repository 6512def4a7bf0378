#!/usr/bin/env bash
# The tests of ovs-bridge.sh, against the real program: bash tests/run.sh [PATTERN]
#
# Each test is a function run in a subshell, which passes if it fails no check and ends in time. Output is TAP.
#
# shellcheck disable=SC2016,SC2317 # another bash expands the scripts in quotes; the library calls functions in tests
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
package=$here/../../..
library=$here/../ovs-bridge.sh
# shellcheck source-path=SCRIPTDIR source=../ovs-bridge.sh
source "$library"
_ovs_locate || exit
program=$_ovs_program
export OVS_BRIDGE=$program
unset _ovs_program OVS_API_KEY OVS_SECRET_KEY OVS_API_DOMAIN
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# By this the processes of a test are told from all others.
export OVS_TEST_RUN=$$

# The frame

number=0
failures=0

# Runs function $1 as a test, for $2 seconds at most.
run_test() {
  local name=${1//_/ } line pid='' status='' descriptor
  shift
  name=${name#test }
  [[ $name == *$pattern* ]] || return 0
  number=$((number + 1))
  exec {descriptor}< <(
    echo "$BASHPID"
    failed=0
    "test_${name// /_}" "$@" 2>&1
    echo "status $failed"
  )
  read -r -t 20 -u "$descriptor" pid
  : >"$scratch/output"
  SECONDS=0
  while ((SECONDS < limit)) && read -r -t "$limit" -u "$descriptor" line; do
    if [[ $line == 'status '* ]]; then status=${line#status }; else printf '# %s\n' "$line" >>"$scratch/output"; fi
  done
  if [[ -z $status ]]; then
    kill -KILL "$pid" 2>/dev/null
    echo "# no end in $limit seconds" >>"$scratch/output"
  fi
  exec {descriptor}<&-
  if [[ $status == 0 ]]; then
    echo "ok $number - $name${1:+ ${1##*/}} ($SECONDS s)"
  else
    failures=$((failures + 1))
    echo "not ok $number - $name${1:+ ${1##*/}}"
    cat "$scratch/output"
  fi
}

# Checks that $2, called $1, is $3.
is() {
  [[ "$2" == "$3" ]] && return
  failed=1
  printf 'FAILED %s\n  is       %q\n  expected %q\n' "$1" "${2:0:400}" "${3:0:400}"
}

# Checks that $2, called $1, has $3 in it.
has() {
  [[ "$2" == *"$3"* ]] && return
  failed=1
  printf 'FAILED %s\n  is       %q\n  lacks    %q\n' "$1" "${2:0:400}" "$3"
}

# Calls the arguments and leaves the status in $status, what goes to stderr in $errors.
try() {
  status=0
  "$@" >"$scratch/out" 2>"$scratch/errors" || status=$?
  output=$(<"$scratch/out")
  errors=$(<"$scratch/errors")
}

# Starts bridge main without its words on the sandbox.
start() {
  ovs_start "$@" 2>/dev/null || { failed=1; echo "FAILED ovs_start: $OVS_MESSAGE"; }
}

# An executable file $1 of the lines that follow.
script() {
  printf '%s\n' "#!$BASH" "${@:2}" >"$1"
  chmod +x "$1"
}

# The golden transcripts

# Whether the line $2 is as $1 expects it; binds names in the array bound.
matches() {
  local rest=$1 regex='' literal name part special group=0 names=() groups=()
  while :; do
    literal=${rest%%'<<'*}
    for special in \\ . '*' + '?' '^' $ '(' ')' '[' ']' '{' '}' '|'; do
      literal=${literal//"$special"/\\$special}
    done
    regex+=$literal
    [[ $rest == *'<<'*'>>'* ]] || break
    name=${rest#*'<<'}
    name=${name%%'>>'*}
    rest=${rest#*'>>'}
    regex+='(([^"\\]|\\.)+)'
    names+=("$name") groups+=("$((group + 1))")
    group=$((group + 2))
  done
  [[ $2 =~ ^$regex$ ]] || return
  for ((part = 0; part < ${#names[@]}; part++)); do
    [[ ${names[part]} == '*' ]] || bound[${names[part]}]=${BASH_REMATCH[groups[part]]}
  done
}

test_transcript() {
  local -A bound=([backend]=sandbox [api_domain]=null)
  local line name options=() sending=() lines=() descriptor
  while IFS= read -r line; do lines+=("$line"); done <"$1"
  for line in "${lines[@]}"; do
    [[ $line != '$ '* ]] || read -r -a options <<<"${line:2}"
  done
  start ${options[@]+"${options[@]}"}
  for line in "${lines[@]}" ''; do
    for name in "${!bound[@]}"; do line=${line//"<<$name>>"/${bound[$name]}}; done
    case $line in
      '> '*) sending+=("${line:2}") ;;
      '< '* | '')
        [[ ${#sending[@]} == 0 || -z $line ]] || { _ovs_send main "${sending[@]}"; sending=(); }
        [[ -n $line ]] || continue
        _ovs_read main 20 || _ovs_line="no line: $?"
        matches "${line:2}" "$_ovs_line" || { is "the answer" "$_ovs_line" "${line:2}"; break; }
        ;;
    esac
  done
  [[ ${#sending[@]} == 0 ]] || _ovs_send main "${sending[@]}"
  descriptor=${_ovs_in[main]}
  exec {descriptor}>&-
  _ovs_in[main]=''
  _ovs_line=''
  _ovs_read main 20
  is "reading the end" "$?" 69
  is "what comes after the last line" "$_ovs_line" ''
  is "the exit status" "${_ovs_status[main]}" 0
}

# Calls

test_calls() {
  local x
  start --sandbox-now 2026-01-31
  try ovs_call OVS_CMD_SET_API_KEY api_key=k
  is "no data" "$status$output$errors$OVS_DATA$OVS_ERROR$OVS_ERROR_NAME" 00OVS_ERR_OK
  try ovs_call OVS_CMD_LOGIN email=a@b.de password=p
  is "the status" "$status" 15
  is "stderr" "$errors" 'OVS_CMD_LOGIN: no client has this e-mail; OVS_CMD_ADD_CLIENT adds one'
  is "the variables" "$OVS_ERROR $OVS_ERROR_NAME $OVS_RETRYABLE $OVS_DATA $OVS_MESSAGE" \
    "15 OVS_ERR_CLIENT_NOT_FOUND false  no client has this e-mail; OVS_CMD_ADD_CLIENT adds one"
  is "a number of the details" "$(ovs_field http_status "$OVS_DETAILS")" 404
  is "a string of the details" "$(ovs_field backend_code "$OVS_DETAILS")" CLIENT_NOT_FOUND
  try ovs_call OVS_CMD_ADD_CLIENT email=a@b.de
  is "a message with quotes" "$OVS_MESSAGE" \
    "OVS_CMD_ADD_CLIENT needs \"countrycode\": the end-user's country, two letters such as US"
  ovs_call OVS_CMD_ADD_CLIENT email=a@b.de password=a=b countrycode=DE type=1
  x=$(ovs_call OVS_CMD_LOGIN email=a@b.de password=a=b) || failed=1
  is "no data in \$()" "$x" ''
  x=$(ovs_call OVS_CMD_GET_ACCOUNT_EXP_DATE)
  is "data in \$()" "$x" '{"exp_date":"2026-02-28"}'
  try ovs_call OVS_CMD_CLOSE_CLIENT email=$'\xff@b.de'
  is "what is no UTF-8" "$status" 2
  has "what is no UTF-8" "$errors" 'invalid UTF-8'
  ovs_stop 2>/dev/null
  is "ovs_stop" "$?" 0
}

test_wrong_usage() {
  start
  local arguments
  for arguments in '' 'a-b' 'OVS_CMD_LOGIN email' 'OVS_CMD_LOGIN =x' 'OVS_CMD_LOGIN e-x=x' '-x 1 OVS_CMD_LOGIN' '-t' \
    '-t x OVS_CMD_LOGIN' '-t . OVS_CMD_LOGIN' '-b a[0] OVS_CMD_LOGIN' '-b é OVS_CMD_LOGIN'; do
    # shellcheck disable=SC2086 # to be split
    try ovs_call $arguments
    is "ovs_call $arguments" "$status" 64
    has "stderr" "$errors" 'ovs_call: '
    is "OVS_ERROR" "$OVS_ERROR" 64
  done
  try ovs_call OVS_CMD_LOGIN verysecret
  is "a lone value" "$status" 64
  [[ $errors != *verysecret* ]] || is "a lone value" shown hidden
  try ovs_collect nonesuch
  is "ovs_collect nonesuch" "$status" 64
  try ovs_field a
  is "ovs_field a" "$status" 64
  try ovs_start
  is "ovs_start twice" "$status" 64
  try ovs_call OVS_CMD_GET_INFO
  is "a call after all that" "$status" 0
  ovs_stop 2>/dev/null
}

test_fields() {
  local json='{"a":"x\\\"},\"b\":1","e":"","n":null,"o":{"b":"in}","c":[1,{"d":"]"}],"x":{}},"b":-1.5e3,"l":["q","b"],'
  json+='"t":true,"s":"\\\\","u":"\u00e4\u20ac\ud83d\ude00\u2028!*\/\"\\n\n","z":{}}'
  is a "$(ovs_field a "$json")" 'x\"},"b":1'
  is e "$(ovs_field e "$json"; echo $?)" $'\n0'
  is n "$(ovs_field n "$json"; echo $?)" 1
  is o "$(ovs_field o "$json")" '{"b":"in}","c":[1,{"d":"]"}],"x":{}}'
  is b "$(ovs_field b "$json")" -1.5e3
  is l "$(ovs_field l "$json")" '["q","b"]'
  is t "$(ovs_field t "$json")" true
  is s "$(ovs_field s "$json")." '\\.'
  is u "$(ovs_field u "$json"; echo .)" $'ä€😀\342\200\250!*/"\\n\n\n.'
  is z "$(ovs_field z "$json")" '{}'
  is "a pattern" "$(cd / && ovs_field a '{"a":"*\n*","b":"*"}')" $'*\n*'
  is "a member of a member" "$(ovs_field d "$json"; echo $?)" 1
  is "another case" "$(ovs_field A "$json"; echo $?)" 1
  for json in '' null '{}' 'garbage' '{"a"' '[]'; do
    is "$json" "$(ovs_field a "$json"; echo $?)" 1
  done
}

test_awkward_values() {
  local code char value='' email=$'"\\/<ä\u20ac😀>*$(x)`&@ex.de'
  for ((code = 1; code < 128; code++)); do
    printf -v char '\\x%x' "$code"
    printf -v char %b "$char"
    value+=$char
  done
  value+=$'ä€😀\u2028 \\n\\\\ "x" \\"\n'
  local _ovs_id _ovs_request _ovs_ms=''
  _ovs_encode OVS_CMD_LOGIN v="$value" w='' x=y=z
  is "every character" "$(ovs_field v "$(ovs_field data "$_ovs_request")"; echo .)" "$value"$'\n.'
  is "an equals sign" "$(ovs_field x "$(ovs_field data "$_ovs_request")")" y=z
  start
  ovs_call OVS_CMD_SET_API_KEY api_key=k
  try ovs_call OVS_CMD_ADD_CLIENT email="$email" password="$value" countrycode=DE type=1 first_name="$value" \
    last_name=$'O\'Neill "\\"\t' company_name=$'\u2028'
  is "adding" "$status $errors" '0 '
  try ovs_call OVS_CMD_LOGIN email="$email" password="$value"
  is "logging in" "$status $errors" '0 '
  is "the e-mail" "$(ovs_field email "$(ovs_call OVS_CMD_GET_SESSION)")" "$email"
  ovs_stop 2>/dev/null
}

test_a_long_answer() {
  command -v python3 >/dev/null || { echo "skipped, as there is no python3"; return; }
  local text=$'ä€\U0001f600\u2028' commands server port type
  mkfifo "$scratch/commands"
  exec {commands}<>"$scratch/commands"
  exec {server}< <(exec <"$scratch/commands" {commands}>&-
    exec python3 "$package/Tests/AMAPIServer/amapi_server.py")
  read -r -t 20 -u "$server" port
  port=${port#*'"http": '}
  port=${port%%,*}
  while ((${#text} < 20000)); do text+=$text; done
  printf -v text '%s%0880000d' "${text:0:20000}" 0
  start --api-domain "http://127.0.0.1:$port"
  ovs_call OVS_CMD_SET_API_KEY api_key=key
  ovs_call OVS_CMD_ADD_CLIENT email=a@b.de password=pw countrycode=DE type=1 || failed=1
  ovs_call OVS_CMD_LOGIN email=a@b.de password=pw || failed=1
  local body='{\"status\":\"success\",\"type\":\"'$text
  body+='\",\"exp_date\":\"2027-01-01\",\"vpn_username\":\"u\",\"vpn_password\":\"p\"}'
  printf '{"do":"fault","fault":"body","method":"GetClient","body":"%s"}\n' "$body" >&"$commands"
  read -r -t 20 -u "$server" port
  is "the order" "$port" '{"ok":true}'
  try ovs_call OVS_CMD_GET_ACCOUNT_TYPE
  is "the status" "$status $errors" '0 '
  type=$(ovs_field type "$output")
  is "its length" "${#type}" 900000
  [ "$type" = "$text" ] || is "the text" different equal
  ovs_stop 2>/dev/null
  exec {commands}>&- {server}<&-
  rm "$scratch/commands"
}

test_pipelining() {
  local -A email=()
  local n=0 wrong=0
  own() {
    ((++n))
    [[ $2 == 0 && $3 == '{"username":"'"${email[$1]}"'","password":"'* ]] || ((++wrong))
    unset "email[$1]"
  }
  start
  ovs_call OVS_CMD_SET_API_KEY api_key=k
  for ((i = 0; i < 10000; i++)); do
    ovs_submit OVS_CMD_ADD_CLIENT email="user$i@example.com" countrycode=DE type=12
    email[$OVS_ID]=user$i@example.com
  done
  ovs_collect own
  is "its status" "$?" 0
  is "answers, wrong ones, left" "$n $wrong ${#email[@]}" '10000 0 0'
  try ovs_call OVS_CMD_GET_INFO
  is "a call after that" "$status" 0
  ovs_collect own
  is "nothing to collect" "$? $n" '0 10000'
  ovs_stop 2>/dev/null
}

test_collect() {
  local seen='' n=7
  take() { seen+="$2:$3:$4:$OVS_ERROR_NAME "; }
  start
  ovs_submit OVS_CMD_SET_API_KEY api_key=k
  ovs_submit OVS_CMD_LOGOUT
  ovs_submit OVS_CMD_GET_ACCOUNT_TYPE
  ovs_submit OVS_CMD_LOGIN email=a@b.de password=p
  ovs_collect take
  is "the first error" "$?" 11
  has "a success" "$seen" '0:::OVS_ERR_OK '
  has "an error" "$seen" '11::log in first, with OVS_CMD_LOGIN:OVS_ERR_NOT_LOGGED_IN '
  ovs_submit OVS_CMD_LOGIN email=a@b.de password=p
  try ovs_collect
  is "without a function" "$status $errors" "15 $OVS_ID: no client has this e-mail; OVS_CMD_ADD_CLIENT adds one"
  # A call of the function's would read away what the others wait for.
  nested() { nested=$(ovs_call OVS_CMD_GET_INFO 2>&1); nested+=$?; ovs_submit OVS_CMD_LOGOUT; }
  ovs_submit OVS_CMD_LOGOUT
  ovs_collect nested
  has "a call in the function" "$nested" 'waits for other answers; ovs_submit queues a command64'
  seen=''
  ovs_collect take
  is "what the function queued" "$seen" '0:::OVS_ERR_OK '
  ovs_stop 2>/dev/null
}

# A queue is the shell's that it is made in: nothing is lost behind a pipe, or sent again from outside of a $(…).
test_queues_of_subshells() {
  start
  ovs_call OVS_CMD_SET_API_KEY api_key=k
  try eval 'echo a@b.de | while read -r e; do ovs_submit OVS_CMD_ADD_CLIENT email="$e" countrycode=DE type=1; done'
  is "behind a pipe" "$status $errors" \
    '64 ovs_submit: this is a subshell, with which its queue would be lost; use while … done < <(…)'
  while read -r e; do
    ovs_submit OVS_CMD_ADD_CLIENT email="$e" countrycode=DE type=1
  done < <(printf '%s\n' a@b.de c@d.de)
  try eval 'x=$(ovs_collect)'
  has "in a substitution" "$status $errors" '64 ovs_collect: this is a subshell'
  ovs_collect
  is "then" "$?" 0
  ovs_submit OVS_CMD_LOGOUT
  ovs_collect
  is "and nothing twice" "$?" 0
  ovs_stop 2>/dev/null
}

# Names that a script may have taken for itself, and for ever.
test_readonly_names() {
  local taken='name data value head rest in out end signal status part code text file link n x at folder reader caller'
  is "all of it" "$("$BASH" -c "
    for name in $taken; do readonly \"\$name=mine\"; done
    source '$library'
    ovs_start 2>/dev/null; ovs_call OVS_CMD_SET_API_KEY api_key=\$'k\\t'; echo \$?
    ovs_field name \"\$(ovs_call OVS_CMD_GET_INFO)\"
    f() { ovs_call OVS_CMD_LOGIN email=a@b.de password=p 2>/dev/null || echo \"error \$?\"; }; f
    ovs_submit OVS_CMD_LOGOUT; ovs_collect; echo \$?
    ovs_stop 2>/dev/null; echo \$?")" $'0\novs-bridge\nerror 15\n0\n0'
}

# In a trap of EXIT, return without a number would be the status of what ended the script.
test_trap_of_exit() {
  local said
  said=$("$BASH" -c "
    set -e
    source '$library'
    ovs_on_event() { echo \"event \$1\"; }
    at_exit() {
      ovs_call OVS_CMD_RESET_PASSWORD email=a@b.de; echo \"reset \$?\"; ovs_stop 2>/dev/null; echo \"stop \$?\"
    }
    trap at_exit EXIT
    ovs_start 2>/dev/null
    ovs_call OVS_CMD_SET_API_KEY api_key=k
    ovs_call OVS_CMD_ADD_CLIENT email=a@b.de countrycode=DE type=1 password=p
    ovs_call OVS_CMD_LOGIN email=a@b.de password=wrong 2>/dev/null")
  is "what it said" "$said" $'event OVS_NOTIFY_SANDBOX_MAIL\nreset 0\nstop 0'
}

# What the script leaves behind holds no process of ours, though it has inherited its descriptors.
test_something_left_running() {
  [[ -d /proc/$$ ]] || { echo "skipped, as there is no /proc"; return; }
  local left
  left=$("$BASH" -c "
    source '$library'
    ovs_start 2>/dev/null; sleep 60 >/dev/null 2>&1 & ovs_stop 2>/dev/null; echo \$!")
  # The host has nothing else to wait for.
  SECONDS=0
  running() { grep -las "[s]ource '$library'" /proc/[0-9]*/cmdline; }
  while running >/dev/null && ((SECONDS < 15)); do :; done
  is "processes left" "$(running)" ''
  kill "$left"
}

test_posix_mode() {
  is "a trap in a call" "$("$BASH" -c "
    set -o posix
    . '$library'
    ovs_start --sandbox-latency 700 2>/dev/null
    ovs_call OVS_CMD_SET_API_KEY api_key=k
    trap 'echo trap' USR1
    (sleep 0.3; kill -USR1 \$\$) &
    ovs_call OVS_CMD_CLOSE_CLIENT email=a@b.de 2>/dev/null; echo \"\$?\"
    ovs_stop 2>/dev/null")" $'trap\n15'
}

test_full_output() {
  start
  ovs_call OVS_CMD_GET_INFO 2>/dev/null >/dev/full
  is "data that could not be written" "$?" 74
  ovs_stop 2>/dev/null
}

# Nothing that a program says is evaluated.
test_what_a_program_says() {
  script "$scratch/bad" 'read -r line; id=${line#*:\"}; id=${id%%\"*}' \
    'echo "{\"notification\":1006,\"name\":\"x\",\"error\":x[\$(touch '"$scratch"'/pwned)],\"data\":1,\"id\":\"$id\"}"' \
    'echo; echo "status x[\$(touch '"$scratch"'/pwned)]"'
  try ovs_start -p "$scratch/bad"
  try ovs_call OVS_CMD_GET_INFO
  ovs_stop 2>/dev/null
  is "its commands" "$(ls "$scratch"/pwned 2>/dev/null)" ''
}

test_environment() {
  is "a variable of ours" "$(_ovs_count=1 main='x[$(echo pwned >&2)]' "$BASH" -c "
    source '$library'; ovs_start 2>/dev/null; ovs_call OVS_CMD_SET_API_KEY api_key=k; echo \$?; ovs_stop" 2>&1)" 0
}

test_timeout_and_cancel() {
  local first seen=''
  take() { if [[ $1 == "$first" ]]; then seen+=" $2 $(ovs_field outcome "$OVS_DETAILS")."; else seen+=" $3"; fi; }
  start --sandbox-latency 60000
  ovs_call OVS_CMD_SET_API_KEY api_key=k
  try ovs_call -t 0.05 OVS_CMD_ADD_CLIENT email=a@b.de countrycode=DE type=12
  is "after 50 ms" "$status $(ovs_field outcome "$OVS_DETAILS")" '21 unknown'
  ovs_submit OVS_CMD_ADD_CLIENT email=c@d.de countrycode=DE type=12
  first=$OVS_ID
  ovs_submit OVS_CMD_CANCEL id="$first"
  ovs_collect take
  is "its status" "$?" 23
  has "what was cancelled" "$seen" ' 23 unknown.'
  has "how many" "$seen" '{"cancelled":1}'
  try ovs_call OVS_CMD_CANCEL id="$first"
  is "once more" "$output" '{"cancelled":0}'
  ovs_stop 2>/dev/null
}

test_events() {
  local x order=''
  start
  ovs_call OVS_CMD_SET_API_KEY api_key=k
  ovs_call OVS_CMD_ADD_CLIENT email=a@b.de password=p countrycode=DE type=1
  try ovs_call OVS_CMD_RESET_PASSWORD email=a@b.de
  is "without a handler" "$status$output$errors" 0
  ovs_on_event() { order+="$1 $(ovs_field to "$2")"; echo "handled by $BASHPID" >&2; }
  take() { order+=" answer$2"; }
  ovs_call OVS_CMD_RESET_PASSWORD email=a@b.de 2>/dev/null
  is "in a call" "$? $order" '0 OVS_NOTIFY_SANDBOX_MAIL a@b.de'
  order=''
  ovs_submit OVS_CMD_RESET_PASSWORD email=a@b.de
  ovs_collect take 2>/dev/null
  is "in ovs_collect" "$order" 'OVS_NOTIFY_SANDBOX_MAIL a@b.de answer0'
  x=$(ovs_call OVS_CMD_RESET_PASSWORD email=a@b.de 2>&1)
  has "in a subshell" "$x" 'handled by '
  ovs_stop 2>/dev/null
}

test_two_bridges() {
  local name
  for name in one two; do
    ovs_start -b "$name" 2>/dev/null || failed=1
    ovs_call -b "$name" OVS_CMD_SET_API_KEY api_key=k
    ovs_call -b "$name" OVS_CMD_ADD_CLIENT email="$name@b.de" password=p countrycode=DE type=1
  done
  for name in one two; do ovs_call -b "$name" OVS_CMD_LOGIN email="$name@b.de" password=p || failed=1; done
  for name in two one two; do
    ovs_submit -b "$name" OVS_CMD_GET_ACCOUNT_TYPE
    is "the session of $name" "$(ovs_field email "$(ovs_call -b "$name" OVS_CMD_GET_SESSION)")" "$name@b.de"
  done
  # In the function of one the other may be called.
  both() { x+="$3$(ovs_call -b two OVS_CMD_GET_ACCOUNT_TYPE)"; }
  x=''
  ovs_collect -b one both
  is "one in the function of another" "$x" '{"type":"1"}{"type":"1"}'
  x=''
  both() { x+=$3; }
  ovs_collect -b two both
  is "two in the queue" "$x" '{"type":"1"}{"type":"1"}'
  # Neither holds the other's pipes.
  ovs_stop -b one 2>/dev/null
  is "the first to end" "$?" 0
  ovs_call -b two OVS_CMD_GET_INFO >/dev/null || failed=1
  ovs_stop -b two 2>/dev/null
  is "the second to end" "$?" 0
}

test_answers_of_others() {
  local a b own seen=''
  start --sandbox-latency 300
  ovs_call OVS_CMD_SET_API_KEY api_key=k
  # As after a call that was interrupted: its answer comes when another is waited for.
  _ovs_send main '{"id":"1.1","cmd":"OVS_CMD_GET_INFO"}'
  _ovs_send main '{"id":"1.2","cmd":"OVS_CMD_CLOSE_CLIENT","data":{"email":"x@y.de"}}'
  try ovs_call OVS_CMD_GET_SESSION
  has "its own answer" "$output" '{"backend":"sandbox"'
  try ovs_call OVS_CMD_CLOSE_CLIENT email=x@y.de
  is "its own error" "$status" 15
  _ovs_send main '{"id":"1.3","cmd":"OVS_CMD_CLOSE_CLIENT","data":{"email":"x@y.de"}}'
  ovs_submit OVS_CMD_CLOSE_CLIENT email=x@y.de
  own=$OVS_ID
  take() { seen+="$1 $2."; }
  ovs_collect take
  is "its own in ovs_collect" "$seen" "$own 15."
  a=$(ovs_call OVS_CMD_LOGOUT; echo "$OVS_ID")
  b=$(ovs_call OVS_CMD_LOGOUT; echo "$OVS_ID")
  [[ $a != "$b" ]] || is "ids in subshells" equal different
  ovs_stop 2>/dev/null
}

# The process

test_killed() {
  local seen=0 wrong=0 pid
  start --sandbox-latency 60000 --add-client-interval 60
  ovs_call OVS_CMD_SET_API_KEY api_key=k
  pid=${_ovs_pid[main]}
  # It says that a client waits for its turn: the first is under way.
  ovs_on_event() { kill -KILL "$pid"; }
  take() { ((++seen)); [[ $2 == 69 && $4 == *SIGKILL* && $1 == "$BASHPID."* ]] || ((++wrong)); }
  for i in 1 2 3; do ovs_submit OVS_CMD_ADD_CLIENT email="$i@b.de" countrycode=DE type=1; done
  ovs_collect take
  is "its status" "$?" 69
  is "calls that failed, in another way" "$seen $wrong" '3 0'
  try ovs_call OVS_CMD_GET_INFO
  is "a later call" "$status" 69
  has "a later call" "$errors" 'ovs-bridge was ended by signal SIGKILL (status 137)'
  [[ ! -e /proc/$pid ]] || is "the process" there gone
  try ovs_stop
  is "ovs_stop" "$status" 137
  start
  ovs_call OVS_CMD_GET_INFO >/dev/null || failed=1
  ovs_stop 2>/dev/null
  is "another of the same name" "$?" 0
}

test_killed_seen_in_subshells() {
  local x
  start
  kill -KILL "${_ovs_pid[main]}"
  for i in 1 2 3; do
    x=$(ovs_call OVS_CMD_GET_INFO 2>&1)
    is "in subshell $i" "$? $x" '69 OVS_CMD_GET_INFO: ovs-bridge was ended by signal SIGKILL (status 137)'
  done
  try ovs_call OVS_CMD_GET_INFO
  is "in the shell" "$status $errors" '69 OVS_CMD_GET_INFO: ovs-bridge was ended by signal SIGKILL (status 137)'
  ovs_stop
  is "ovs_stop" "$?" 137
}

test_shutdown() {
  start
  ovs_call OVS_CMD_SHUTDOWN 2>/dev/null || failed=1
  try ovs_call OVS_CMD_GET_INFO
  is "a call" "$status $errors" '69 OVS_CMD_GET_INFO: ovs-bridge ended with status 0'
  ovs_stop
  is "ovs_stop" "$?" 0
}

test_closing() {
  try ovs_call OVS_CMD_GET_INFO
  is "before the start" "$status $errors" '69 ovs_call: bridge main was not started'
  try ovs_stop
  is "before the start" "$status $errors" '69 ovs_stop: bridge main was not started'
  start
  ovs_stop 2>/dev/null
  is "ovs_stop" "$?" 0
  ovs_stop
  is "ovs_stop again" "$?" 0
  try ovs_call OVS_CMD_GET_INFO
  is "a call" "$status $errors" '69 ovs_call: bridge main was stopped'
  # Another program has the pipe as well.
  local other
  start
  exec {other}> >(read -r -t 60)
  ovs_stop 2>/dev/null
  is "with the pipe held" "$?" 0
  exec {other}>&-
}

test_closing_one_that_hangs() {
  start --sandbox-latency 600000 --drain-timeout 1
  ovs_call OVS_CMD_SET_API_KEY api_key=k
  _ovs_send main '{"id":"1.1","cmd":"OVS_CMD_CLOSE_CLIENT","data":{"email":"x@y.de"}}'
  ovs_stop -t 1 2>/dev/null
  is "by SIGTERM" "$?" 0
  mkfifo "$scratch/never"
  script "$scratch/deaf" "trap '' TERM" 'read -r line' "echo '{\"notification\":1006'" "read -r line <>'$scratch/never'"
  _ovs_signal_seconds=1
  start -p "$scratch/deaf"
  ovs_stop -t 1
  is "by SIGKILL" "$?" 137
}

test_finding() {
  local copy=$scratch/package/clients/shell
  mkdir -p "$copy" "$scratch/package/.build/debug" "$scratch/path" "$scratch/else where"
  cp "$library" "$copy"
  ln -s "$copy/ovs-bridge.sh" "$scratch/else where/link.sh"
  script "$scratch/path/ovs-bridge" "echo path; exit"
  script "$scratch/an argument" "echo argument"
  script "$scratch/variable" "echo variable"
  # Starts with the variable, path and library given, and tells what program said.
  found() {
    OVS_BRIDGE=$1 PATH=$2 "$BASH" -c 'source "$1" && ovs_start "${@:2}" 2>&1; echo "$?"' bash "${@:3}"
  }
  has -p "$(found "$scratch/variable" "$scratch/path:$PATH" "$copy/ovs-bridge.sh" -p "$scratch/an argument")" \
    'said: argument'
  has "-p without a folder" "$(cd "$scratch" && found '' "$PATH" "$copy/ovs-bridge.sh" -p variable)" 'said: variable'
  has OVS_BRIDGE "$(found "$scratch/variable" "$scratch/path:$PATH" "$copy/ovs-bridge.sh")" 'said: variable'
  has PATH "$(found '' "$scratch/path:$PATH" "$copy/ovs-bridge.sh")" 'said: path'
  is none "$(found '' "$PATH" "$copy/ovs-bridge.sh")" \
    "ovs_start: there is no ovs-bridge: build it with \"swift build -c release\" in the package's folder, \
then put its .build/release on PATH, or the program's path in OVS_BRIDGE"$'\n127'
  script "$scratch/package/.build/debug/ovs-bridge" "echo debug"
  # A copy in another project takes no build that happens to lie there.
  has "another's" "$(found '' "$PATH" "$copy/ovs-bridge.sh")" 'there is no ovs-bridge'
  : >"$scratch/package/Package.swift"
  has "the package's" "$(found '' "$PATH" "$copy/ovs-bridge.sh")" 'said: debug'
  has "by a link" "$(found '' "$PATH" "$scratch/else where/link.sh")" 'said: debug'
  mkdir "$scratch/package/.build/release"
  script "$scratch/package/.build/release/ovs-bridge" "echo release"
  touch -d 2033-01-01 "$scratch/package/.build/release/ovs-bridge"
  has "the latest" "$(cd "$copy" && found '' "$PATH" ./ovs-bridge.sh)" 'said: release'
  touch -d 2033-01-02 "$scratch/package/.build/debug/ovs-bridge"
  has "the latest" "$(cd "$copy" && found '' "$PATH" ./ovs-bridge.sh)" 'said: debug'
  is "an argument that is none" "$(found '' "$PATH" "$copy/ovs-bridge.sh" -p /nonesuch)" \
    $'ovs_start: "/nonesuch", from -p, is no executable file\n127'
  is "an empty one" "$(found '' "$PATH" "$copy/ovs-bridge.sh" -p '')" \
    $'ovs_start: "", from -p, is no executable file\n127'
  is "a folder" "$(found "$scratch" "$PATH" "$copy/ovs-bridge.sh")" \
    "ovs_start: \"$scratch\", from OVS_BRIDGE, is no executable file"$'\n127'
}

test_bad_programs() {
  script "$scratch/cat" 'while read -r line; do printf "%s\n" "$line"; done'
  try ovs_start -p "$scratch/cat"
  is "one that repeats" "$status" 69
  has "one that repeats" "$errors" "does not answer as ovs-bridge does; it said: {\"id\":\"$BASHPID."
  script "$scratch/true" 'exit 0'
  try ovs_start -p "$scratch/true"
  is "one that ends" "$status $errors" '69 ovs_start: ovs-bridge ended with status 0'
  script "$scratch/killed" 'kill -KILL $$'
  try ovs_start -p "$scratch/killed"
  is "one that dies" "$status $errors" '69 ovs_start: ovs-bridge was ended by signal SIGKILL (status 137)'
  printf '#!/nonesuch\n' >"$scratch/unusable"
  chmod +x "$scratch/unusable"
  try ovs_start -p "$scratch/unusable"
  is "one that can't be run" "$status" 69
  has "one that can't be run" "$errors" 'ovs-bridge ended with status 12'
  script "$scratch/silent" 'while read -r line; do :; done'
  _ovs_start_seconds=1
  try ovs_start -p "$scratch/silent"
  is "one that is silent" "$status" 69
  has "one that is silent" "$errors" 'does not answer as ovs-bridge does; it said: nothing'
  try ovs_start --nonesuch
  is "a wrong option" "$status" 69
  has "a wrong option" "$errors" 'ended with status 64'
  try ovs_call OVS_CMD_GET_INFO
  has "a call then" "$errors" 'ended with status 64'
  start
  ovs_stop 2>/dev/null
  is "a good one after them" "$?" 0
}

test_stderr() {
  local n=0 line last=''
  ovs_start --log-level debug 2>"$scratch/log" || failed=1
  ovs_call OVS_CMD_SET_API_KEY api_key=k
  for ((i = 0; i < 2000; i++)); do ovs_submit OVS_CMD_CLOSE_CLIENT email="$i@b.de"; done
  take() { ((++n)); }
  ovs_collect take
  is "answers" "$? $n" '15 2000'
  ovs_stop
  n=0
  while read -r line; do
    [[ $line != *debug* ]] || ((++n))
    last=$line
  done <"$scratch/log"
  ((n >= 2000)) || is "lines of the log" "$n" '2000 and more'
  has "the last" "$last" 'ended; all is answered'
}

test_nothing_inherited() {
  [[ -d /proc/$$/fd ]] || { echo "skipped, as there is no /proc"; return; }
  local of fd ours=''
  exec {of}>"$scratch/mine"
  ovs_start -b first 2>/dev/null
  start
  for fd in /proc/"${_ovs_pid[main]}"/fd/*; do
    case $(readlink "$fd") in
      "$scratch/mine") ours+=" the user's" ;;
      */ovs-bridge.*) ours+=' pipe' ;;
    esac
  done
  is "what it has" "$ours" ' pipe pipe'
  # With SIGINT from the terminal only the parent's group is meant.
  [[ $(ps -o pgid= -p "${_ovs_pid[main]}") != $(ps -o pgid= -p "$BASHPID") ]] || is "its group" ours "one of its own"
  [[ $(ps -o args= -p "${_ovs_pid[main]}") == *"--parent-pid $BASHPID"* ]] || is "its parent" other ours
  ovs_stop 2>/dev/null
  ovs_stop -b first 2>/dev/null
  exec {of}>&-
}

# The shell

# Runs the script $1 under bash as it comes.
under() {
  "$BASH" ${2+"${@:2}"} -c "source '$library'; $1" 2>&1
}

test_options_of_the_shell() {
  # In GBK the last byte of the Chinese character and the backslash behind it are one character.
  local settings life='
    secret=$'"'* \\\\ \" 0 N \\344\\275\\240\\\\ x\"'"'
    ovs_on_event() { echo "event $1"; }
    take() { echo "$2:$3"; }
    ovs_start --sandbox-now 2026-01-31 2>/dev/null
    ovs_call OVS_CMD_SET_API_KEY api_key=k
    ovs_call OVS_CMD_ADD_CLIENT email="a*@b.de" password="$secret" countrycode=DE type=1
    ovs_call OVS_CMD_LOGIN email="a*@b.de" password="$secret." 2>/dev/null || echo "$?"
    ovs_call OVS_CMD_LOGIN email="a*@b.de" password="$secret"
    ovs_call OVS_CMD_GET_SESSION "$secret=" 2>/dev/null || echo "$?"
    x="$(ovs_call OVS_CMD_GET_ACCOUNT_TYPE)"
    ovs_field type "$x"
    ovs_call OVS_CMD_ADD_CLIENT email=c@b.de 2>/dev/null || echo "$OVS_MESSAGE"
    ovs_call OVS_CMD_RESET_PASSWORD email="a*@b.de"
    ovs_submit OVS_CMD_LOGOUT; ovs_submit OVS_CMD_GET_SESSION
    ovs_collect take
    ovs_stop 2>/dev/null
    ovs_call OVS_CMD_GET_INFO 2>/dev/null || echo "$?"'
  local expected='12
64
1
OVS_CMD_ADD_CLIENT needs "countrycode": the end-user'"'"'s country, two letters such as US
event OVS_NOTIFY_SANDBOX_MAIL
0:
0:{"backend":"sandbox","api_domain":null,"api_key_set":true,"logged_in":false,"email":null,"expires_at":null}
69'
  local -a all=(: 'set -euo pipefail' 'set -f' 'set -C' 'set -m' 'set -o posix' 'set -u; GLOBIGNORE="*"'
    'shopt -s nocasematch' 'shopt -s extglob nullglob dotglob' 'shopt -s failglob'
    'IFS=" :0123\"\\-/."' 'IFS=' 'unset IFS' 'readonly TMOUT=5' 'exec <&-'
    "trap '' PIPE INT TERM" 'trap "echo PIPE" PIPE' 'set -E; trap "echo ERR" ERR; trap - ERR'
    'LC_ALL=C.UTF-8' 'export LC_ALL=xx_YY.UTF-8' 'LC_ALL=tr_TR.UTF-8' 'LC_ALL=de_DE.ISO-8859-1'
    'LC_ALL=zh_CN.GBK' 'LC_ALL=zh_TW.BIG5' 'LC_ALL=ja_JP.SHIFT_JIS'
    'alias rm="rm -i" kill=false; shopt -s expand_aliases' 'rm() { false; }; mkfifo() { false; }; kill() { false; }')
  for settings in "${all[@]}"; do
    settings="{ $settings; } 2>/dev/null"
    is "under $settings" "$(under "$settings; $life")" "$expected"
    is "under $settings before" "$("$BASH" -c "$settings; source '$library'; $life" 2>&1)" "$expected"
  done
}

test_nothing_left_in_the_shell() {
  is "what changed" "$(under '
    names() {
      compgen -v; declare -F; trap -p; shopt; set +o; ls /proc/$$/fd 2>/dev/null
      printf "<%q>" "$IFS" "$-" "$*" "$!"; echo
    }
    set -- a "b c"; trap "echo int" INT; trap "echo pipe" PIPE; : & wait "$!"
    take() { value=$2; }
    x= value= before= after=
    before=$(names)
    ovs_start 2>/dev/null
    ovs_call OVS_CMD_SET_API_KEY api_key=k
    ovs_call OVS_CMD_ADD_CLIENT email=a@b.de 2>/dev/null
    ovs_submit OVS_CMD_GET_SESSION; ovs_collect take
    x=$(ovs_call OVS_CMD_GET_SESSION); x=$(ovs_field backend "$x")
    jobs; wait
    ovs_stop 2>/dev/null
    after=$(names)
    while read -r line; do
      case $line in _ovs_* | OVS_* | BASH* | PIPESTATUS | line) continue ;; esac
      [[ $'"'\\n'"'$before$'"'\\n'"' == *$'"'\\n'"'"$line"$'"'\\n'"'* ]] || echo "$line"
    done <<<"$after"
    [[ $x == sandbox && $value == 0 ]] || echo "$x $value"')" ''
}

test_variables_of_a_function() {
  is "they are its own" "$(under '
    take() {
      data=1 name=2 line=3 rest=4 IFS=5 at=6 out=7 in=8 head=9 text=10 n=11
      declare -p LC_ALL 2>/dev/null
    }
    ovs_on_event() { take; }
    ovs_start 2>/dev/null; ovs_call OVS_CMD_SET_API_KEY api_key=k
    ovs_call OVS_CMD_ADD_CLIENT email=a@b.de countrycode=DE type=1 >/dev/null
    for i in 1 2 3; do ovs_submit OVS_CMD_RESET_PASSWORD email=a@b.de; done
    ovs_collect take
    echo "$? $data$name$line$rest$IFS$at$out$in$head$text$n"
    ovs_stop 2>/dev/null')" '0 1234567891011'
}

test_waiting() {
  is "with TMOUT" "$(under '
    readonly TMOUT=1
    ovs_start --sandbox-latency 1500 2>/dev/null; ovs_call OVS_CMD_SET_API_KEY api_key=k
    ovs_call OVS_CMD_CLOSE_CLIENT email=a@b.de 2>/dev/null; echo "$?"
    ovs_stop 2>/dev/null')" 15
  is "with signals" "$(under '
    trap "echo caught" USR1; me=$$
    ovs_on_event() { kill -USR1 "$me"; }
    ovs_start --add-client-interval 1 2>/dev/null; ovs_call OVS_CMD_SET_API_KEY api_key=k
    ovs_call OVS_CMD_ADD_CLIENT email=a@b.de countrycode=DE type=1 password=p
    ovs_call OVS_CMD_ADD_CLIENT email=c@d.de countrycode=DE type=1 password=p; echo "$?"
    ovs_stop 2>/dev/null')" $'caught\n0'
}

test_the_parent_ends() {
  local pid
  pid=$(under 'ovs_start 2>/dev/null; echo "${_ovs_pid[main]}"; kill -KILL "$$"')
  pid=${pid%%$'\n'*}
  SECONDS=0
  while kill -0 "$pid" 2>/dev/null && ((SECONDS < 20)); do read -r -t 0.05 <> <(:); done
  ! kill -0 "$pid" 2>/dev/null || is "the bridge" running ended
}

test_sourcing() {
  is "an older one" "$(sh -c "BASH_VERSION=3.2.57; . '$library'; exit" 2>&1; echo "$?")" \
    $'ovs-bridge.sh needs bash 4.2 or later; this is 3.2.57\n69'
  is "in a function, and twice" "$("$BASH" -euc "f() { source '$library'; }; f; ovs_start; source '$library'
    ovs_call OVS_CMD_LOGOUT; ovs_stop; echo \$?" 2>/dev/null)" 0
}

test_quickstart() {
  matches_all() {
    local -A bound=()
    matches "$1" "$2" || is "the output" "$2" "$1"
  }
  matches_all "added user_name@domain.com
once more: OVS_ERR_CLIENT_EXISTS, <<*>>
plan 12, due 2027-01-31
OpenVPN user <<*>>, password <<*>>
plan 24, due 2028-01-31
cancelled for that day
added 1000 more, the last is 999@x.de with password <<*>>
mail to user_name@domain.com: Your new VPN password <<*>>
closed" "$("$BASH" "$here/../quickstart.sh" --sandbox-now 2026-01-31 2>/dev/null)"
}

# Whatever was started knows of this run by its environment.
test_no_process_left() {
  [[ -d /proc/$$ ]] || { echo "skipped, as there is no /proc"; return; }
  local file pid variable left=x
  SECONDS=0
  while [[ -n $left ]] && ((SECONDS < 15)); do
    left=''
    for file in /proc/[0-9]*/environ; do
      pid=${file//[!0-9]/}
      [[ $pid != "$$" && $pid != "$BASHPID" ]] || continue
      while IFS= read -r -d '' variable; do
        [[ $variable != "OVS_TEST_RUN=$$" ]] || left+=" $pid"
      done 2>/dev/null <"$file"
    done
  done
  is "processes left" "$left" ''
}

pattern=${1-}
limit=60
for file in "$package"/Tests/Transcripts/*.txt; do run_test transcript "$file"; done
for test in $(declare -F); do
  case $test in test_transcript | test_no_process_left | declare | -f) ;; test_*) run_test "$test" ;; esac
done
run_test test_no_process_left
echo "1..$number"
((failures == 0)) || { echo "# $failures of $number failed"; exit 1; }
