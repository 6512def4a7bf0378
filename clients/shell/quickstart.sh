#!/usr/bin/env bash
# An account's life on the sandbox, from the API key to the end: bash clients/shell/quickstart.sh
#
# With ovs_start --api-domain acme the same calls go to the real service.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=ovs-bridge.sh
source "$(dirname "${BASH_SOURCE[0]}")/ovs-bridge.sh"

email=user_name@domain.com password=user_password

# What the sandbox would have mailed it tells as an event.
ovs_on_event() {
  [[ $1 != OVS_NOTIFY_SANDBOX_MAIL ]] ||
    echo "mail to $(ovs_field to "$2"): $(ovs_field subject "$2") $(ovs_field password "$2")"
}

show_plan() {
  local plan due
  plan=$(ovs_call OVS_CMD_GET_ACCOUNT_TYPE)
  due=$(ovs_call OVS_CMD_GET_ACCOUNT_EXP_DATE)
  echo "plan $(ovs_field type "$plan"), due $(ovs_field exp_date "$due")"
}

trap ovs_stop EXIT
ovs_start "$@"

ovs_call OVS_CMD_SET_API_KEY api_key=your_api_key
ovs_call OVS_CMD_ADD_CLIENT email="$email" password="$password" countrycode=US type=12 first_name=Zoë
echo "added $email"
ovs_call OVS_CMD_ADD_CLIENT email="$email" password="$password" countrycode=US type=12 2>/dev/null ||
  echo "once more: $OVS_ERROR_NAME, $OVS_MESSAGE"

ovs_call OVS_CMD_LOGIN email="$email" password="$password"
show_plan
credential=$(ovs_call OVS_CMD_GET_ACCOUNT_CREDENTIAL)
echo "OpenVPN user $(ovs_field username "$credential"), password $(ovs_field password "$credential")"
ovs_call OVS_CMD_NEW_PRODUCT type=6
ovs_call OVS_CMD_CHANGE_PLAN type=24
show_plan
ovs_call OVS_CMD_CANCEL_PLAN
echo "cancelled for that day"

# Many at a time: ovs_submit queues, ovs_collect sends them all and hands over each answer.
keep() { last=$3; }
for ((n = 0; n < 1000; n++)); do
  ovs_submit OVS_CMD_ADD_CLIENT email="$n@x.de" countrycode=DE type=1
done
ovs_collect keep
echo "added $n more, the last is $(ovs_field username "$last") with password $(ovs_field password "$last")"

ovs_call OVS_CMD_RESET_PASSWORD email="$email"
ovs_call OVS_CMD_CLOSE_CLIENT email="$email"
echo "closed"
