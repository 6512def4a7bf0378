"""An account's life on the sandbox, from the API key to the end: `python3 clients/python/quickstart.py`.

With `Bridge(options=["--api-domain", "acme"])` the same calls go to the real service.
"""

from ovs_bridge import Bridge, Event, OVSError

EMAIL, PASSWORD = "user_name@domain.com", "user_password"


def show(event: Event) -> None:
    """What the sandbox would have mailed it tells as an event."""
    if event.name == "OVS_NOTIFY_SANDBOX_MAIL":
        print(f"mail to {event.data['to']}: {event.data['subject']} {event.data['password']}")


with Bridge(on_event=show) as bridge:
    bridge.set_api_key("your_api_key")
    bridge.add_client(EMAIL, password=PASSWORD, countrycode="US", type="12", first_name="Zoë")
    print(f"added {EMAIL}")
    try:
        bridge.add_client(EMAIL, password=PASSWORD, countrycode="US", type="12")
    except OVSError as error:
        print(f"once more: {error.name}, {error.message}")

    bridge.login(EMAIL, PASSWORD)
    print(f"plan {bridge.get_account_type()['type']}, due {bridge.get_account_exp_date()['exp_date']}")
    credential = bridge.get_account_credential()
    print(f"OpenVPN user {credential['username']}, password {credential['password']}")
    bridge.new_product("6")
    bridge.change_plan(type="24")
    print(f"plan {bridge.get_account_type()['type']}, due {bridge.get_account_exp_date()['exp_date']}")
    bridge.cancel_plan()
    print("cancelled for that day")

    # Many at a time: submit doesn't wait, and each call gets its own answer.
    calls = [bridge.submit("OVS_CMD_ADD_CLIENT", email=f"{n}@x.de", countrycode="DE", type="1") for n in range(1000)]
    last = [call.result() for call in calls][-1]
    print(f"added 1000 more, the last is {last['username']} with password {last['password']}")

    bridge.reset_password(EMAIL)
    bridge.close_client(EMAIL)
    print("closed")
