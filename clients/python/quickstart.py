"""An account's life on the sandbox: `python3 clients/python/quickstart.py`."""

from ovs_bridge import Bridge, Event, OVSError


def show(event: Event) -> None:
    """The sandbox tells what a real service would have mailed."""
    if event.name == "OVS_NOTIFY_SANDBOX_MAIL":
        print(f"  mail to {event.data['to']}: {event.data['subject']} {event.data['password']}")


with Bridge(on_event=show) as bridge:
    bridge.set_api_key("your_api_key")

    print("add a client")
    bridge.add_client(
        "user_name@domain.com",
        password="user_password",
        countrycode="US",
        type="12",
        first_name="Zoë",
        last_name="Ångström",
    )
    try:
        bridge.add_client("user_name@domain.com", password="user_password", countrycode="US", type="12")
    except OVSError as error:
        print(f"  a second time: {error.name}, {error.message}")

    bridge.login("user_name@domain.com", "user_password")
    print(f"logged in: plan {bridge.get_account_type()['type']}, due {bridge.get_account_exp_date()['exp_date']}")
    credential = bridge.get_account_credential()
    print(f"  OpenVPN: {credential['username']} {credential['password']}")

    bridge.new_product("6")
    bridge.change_plan(type="24")
    print(f"changed: plan {bridge.get_account_type()['type']}, due {bridge.get_account_exp_date()['exp_date']}")

    # Many at once: submit doesn't wait, and each call gets its own answer.
    calls = [
        bridge.submit("OVS_CMD_ADD_CLIENT", email=f"client{n}@domain.com", countrycode="DE", type="1")
        for n in range(1000)
    ]
    print(
        f"added {len([call.result() for call in calls])} more, the last with password {calls[-1].result()['password']}"
    )

    bridge.reset_password("user_name@domain.com")
    bridge.close_client("user_name@domain.com")
    print("closed")
