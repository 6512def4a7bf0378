"""The client against the real program: calls, events, errors, the end."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import math
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings
from typing import Any
from unittest import mock

import ovs_bridge
from ovs_bridge import Bridge, BridgeError, BridgeExit, BridgeNotFound, Call, Event, OVSError, find_bridge
from tests.support import LIMIT, PROGRAM, PYTHON, AMAPIServer, Arrivals, TestCase


def client(email: str, **more: Any) -> dict[str, Any]:
    """The parameters of OVS_CMD_ADD_CLIENT."""
    return {"email": email, "password": "secret", "countrycode": "DE", "type": "12", **more}


class MethodTests(TestCase):
    def test_methods_are_the_commands(self) -> None:
        """Each command of the program has a method with its parameters, and no method is without a command."""
        text = subprocess.run([PROGRAM, "--commands"], capture_output=True, text=True, check=True).stdout
        commands = {}
        for block in text.split("\nEvents:\n")[0].split("\n\n")[1:]:
            name = block.split("\n")[0].split()[1]
            takes = block.split("     gives")[0]
            commands[name] = re.findall(r"^       (\w+)(\*?) ", takes, re.MULTILINE)
        self.assertEqual(commands.keys(), self.bridge().get_info()["commands"].keys())

        methods = {
            "OVS_CMD_" + name.upper(): method
            for name, method in vars(Bridge).items()
            if inspect.isfunction(method) and (method.__doc__ or "").startswith("OVS_CMD_" + name.upper() + ":")
        }
        self.assertEqual(commands.keys(), methods.keys())
        for name, parameters in commands.items():
            with self.subTest(name):
                own = [
                    p for p in inspect.signature(methods[name]).parameters.values() if p.name not in ("self", "timeout")
                ]
                expected = [(parameter, star == "*") for parameter, star in parameters]
                self.assertEqual([(p.name, p.default is p.empty) for p in own], expected)

    def test_all_methods_work(self) -> None:
        """A life of an account, a call of each method."""
        bridge = self.bridge("--sandbox-now", "2026-01-31")
        bridge.set_api_key("key")
        bridge.set_secret_key("secret")
        credential = bridge.add_client("ann@example.com", countrycode="DE", type=1)
        assert credential is not None
        self.assertEqual(credential["username"], "ann@example.com")
        bridge.login("ann@example.com", credential["password"])
        self.assertEqual(bridge.get_account_type(), {"type": "1"})
        self.assertEqual(bridge.get_account_type("ANN@example.com"), {"type": "1"})
        self.assertEqual(bridge.get_account_exp_date(), {"exp_date": "2026-02-28"})
        self.assertEqual(set(bridge.get_account_credential()), {"username", "password"})
        bridge.new_product(6)
        bridge.change_plan(type="24")
        bridge.change_plan(email="ann@example.com", type="36")
        self.assertEqual(bridge.get_account_type()["type"], "36")
        bridge.cancel_plan()
        self.assertTrue(bridge.get_session()["logged_in"])
        bridge.logout()
        self.assertIsNone(bridge.get_session()["email"])
        self.assertIsNone(bridge.add_client(**client("bob@example.com")))
        bridge.reset_password("bob@example.com")
        bridge.close_client("bob@example.com")
        self.assertEqual(bridge.cancel(12345), {"cancelled": 0})
        bridge.set_api_domain("http://127.0.0.1:1")
        self.assertEqual(bridge.get_info()["backend"], "amapi")
        bridge.shutdown()
        self.assertEqual(bridge.close(), 0)

    def test_versions_agree(self) -> None:
        """The client's version is the program's."""
        self.assertEqual(self.bridge().get_info()["version"], ovs_bridge.__version__)


class CallTests(TestCase):
    def test_errors(self) -> None:
        """An error has all that the bridge says of it."""
        bridge = self.bridge()
        bridge.set_api_key("key")
        bridge.add_client(**client("ann@example.com"))
        with self.assertRaises(OVSError) as caught:
            bridge.add_client(**client("ann@example.com"))
        error = caught.exception
        self.assertEqual((error.number, error.name, error.retryable), (14, "OVS_ERR_CLIENT_EXISTS", False))
        self.assertEqual(error.details["backend_code"], "CLIENT_EXISTS")
        self.assertEqual(str(error), f"OVS_CMD_ADD_CLIENT: {error.message} (OVS_ERR_CLIENT_EXISTS)")
        cases: list[tuple[str | int, dict[str, Any], str, str | None]] = [
            (21, client("no e-mail"), "OVS_ERR_INVALID_PARAMS", "email"),
            (21, {"email": "a@b"}, "OVS_ERR_MISSING_PARAMS", "countrycode"),
            ("OVS_CMD_ADD_CLIENT", client("a@b", compny_name="x"), "OVS_ERR_INVALID_PARAMS", "compny_name"),
            ("OVS_CMD_ADD", {}, "OVS_ERR_UNKNOWN_COMMAND", "cmd"),
            (21, client("a@b", first_name="\ud800"), "OVS_ERR_PARSE", None),
            (21, client("a@b", first_name="x" * (1 << 20)), "OVS_ERR_LINE_TOO_LONG", None),
        ]
        for command, data, name, field in cases:
            with self.subTest(name), self.assertRaises(OVSError) as caught:
                bridge.call(command, data)
            self.assertEqual((caught.exception.name, caught.exception.details.get("field")), (name, field))

    def test_values_without_json_form(self) -> None:
        """What JSON has no form for is refused here, and nothing is lost."""
        bridge = self.bridge()
        for value, kind in [(math.nan, ValueError), (b"bytes", TypeError)]:
            with self.assertRaises(kind):
                bridge.submit("OVS_CMD_LOGIN", email=value)
        self.assertEqual(bridge.get_info()["name"], "ovs-bridge")

    def test_awkward_text(self) -> None:
        """Any text gets there and comes back as it is."""
        server = AMAPIServer()
        self.addCleanup(server.close)
        bridge = self.bridge("--api-domain", server.domain)
        bridge.set_api_key("key")
        name = '"Ännchen" \\ \n\r\t\x01\x7f \u2028\u2029 \N{PILE OF POO} 日本語 </script> %41+&='
        bridge.add_client(**client("zoë@exämple.com", first_name=name))
        fields = dict(server.tell("journal")["entries"][-1]["fields"])
        self.assertEqual((fields["email"], fields["first_name"]), ("zoë@exämple.com", name))
        bridge.login("zoë@exämple.com", "secret")
        self.assertEqual(bridge.get_session()["email"], "zoë@exämple.com")

    def test_ten_thousand_calls(self) -> None:
        """Pipelined calls are all answered, each by its own answer."""
        bridge = self.bridge()
        bridge.set_api_key("key")
        adds = [bridge.submit("OVS_CMD_ADD_CLIENT", client(f"c{n}@b", password=None)) for n in range(10_000)]
        self.assertEqual([self.answer(call)["username"] for call in adds], [f"c{n}@b" for n in range(10_000)])
        again = [bridge.submit("OVS_CMD_ADD_CLIENT", client(f"c{n}@b")) for n in range(0, 10_000, 100)]
        names = {getattr(self.failure(call), "name", None) for call in again}
        self.assertEqual(names, {"OVS_ERR_CLIENT_EXISTS"})

    def test_long_answer(self) -> None:
        """An answer of 900 KB is an answer like any other."""
        server = AMAPIServer()
        self.addCleanup(server.close)
        bridge = self.bridge("--api-domain", server.domain)
        bridge.set_api_key("key")
        bridge.add_client(**client("ann@example.com"))
        bridge.login("ann@example.com", "secret")
        plan = "ä\u2028" + "x" * 900_000
        body = {"status": "success", "type": plan, "exp_date": "2030-12-31", "vpn_username": "u", "vpn_password": "p"}
        server.tell("fault", fault="body", method="GetClient", body=json.dumps(body))
        self.assertEqual(bridge.get_account_type()["type"], plan)
        self.assertEqual(bridge.get_account_type()["type"], "12")

    def test_events(self) -> None:
        """Events come in their order, before the answer of what caused them, and are none themselves."""
        bridge = self.bridge()
        arrivals = Arrivals(bridge)
        bridge.set_api_key("key")
        bridge.add_client(**client("ann@example.com"))
        calls = [
            arrivals.watch(call)
            for call in [
                bridge.submit("OVS_CMD_GET_INFO"),
                bridge.submit("OVS_CMD_RESET_PASSWORD", email="ann@example.com"),
                bridge.submit("OVS_CMD_GET_SESSION"),
            ]
        ]
        self.assertIs(arrivals.next(), calls[0])
        mail = arrivals.next()
        assert isinstance(mail, Event)
        self.assertEqual((mail.notification, mail.name), (1200, "OVS_NOTIFY_SANDBOX_MAIL"))
        self.assertEqual(mail.data["to"], "ann@example.com")
        self.assertIs(arrivals.next(), calls[1])
        self.assertIs(arrivals.next(), calls[2])
        bridge.login("ann@example.com", mail.data["password"])

    def test_callbacks(self) -> None:
        """A callback may submit, must not wait, and does no harm by failing."""
        raised: list[type[BaseException]] = []
        follow_ups: list[Call] = []
        bridge = self.bridge()

        @bridge.on_event
        def act(event: Event) -> None:
            follow_ups.append(bridge.submit("OVS_CMD_LOGIN", email=event.data["to"], password=event.data["password"]))
            for forbidden in (bridge.get_info, bridge.close):
                try:
                    forbidden()
                except RuntimeError as error:
                    raised.append(type(error))
            raise KeyError("a mistake of the callback's")

        bridge.set_api_key("key")
        bridge.add_client(**client("ann@example.com"))
        with mock.patch("sys.excepthook") as hook:
            bridge.reset_password("ann@example.com")
        self.assertEqual(hook.call_args[0][0], KeyError)
        self.assertEqual(raised, [RuntimeError, RuntimeError])
        self.assertIsNone(self.answer(follow_ups[0]))
        self.assertTrue(bridge.get_session()["logged_in"])

    def test_submitting_from_callbacks_never_blocks(self) -> None:
        """Answers that each bring more commands than the pipe holds are no deadlock."""
        bridge = self.bridge()
        done = threading.Event()
        left = [5000]

        def count(_: object) -> None:
            left[0] -= 1
            if left[0] == 0:
                done.set()

        def more(_: object) -> None:
            for n in range(5000):
                bridge.submit("OVS_CMD_LOGIN", email=f"{n}@{'x' * 200}", password="p").add_done_callback(count)

        bridge.submit("OVS_CMD_GET_INFO").add_done_callback(more)
        self.assertTrue(done.wait(LIMIT), f"{left[0]} calls were not answered")

    def test_timeout(self) -> None:
        """A call's timeout is the bridge's, and tells what became of a change."""
        bridge = self.bridge("--sandbox-latency", "600000", "--timeout", "3600")
        bridge.set_api_key("key", timeout=LIMIT)
        error = self.failure(bridge.submit("OVS_CMD_ADD_CLIENT", client("ann@example.com"), timeout=0.05))
        assert isinstance(error, OVSError)
        self.assertEqual((error.name, error.outcome), ("OVS_ERR_TIMEOUT", "unknown"))

    def test_cancel(self) -> None:
        """A call that is cancelled ends with what the bridge says of it."""
        bridge = self.bridge("--sandbox-latency", "600000")
        bridge.set_api_key("key")
        calls = [bridge.submit("OVS_CMD_RESET_PASSWORD", email="ann@example.com") for _ in range(2)]
        bridge.get_info()
        for call in reversed(calls):
            self.assertTrue(call.running())
            self.assertFalse(call.cancel())
        errors = [self.failure(call) for call in calls]
        self.assertEqual([getattr(error, "name", error) for error in errors], ["OVS_ERR_CANCELLED"] * 2)
        self.assertEqual([getattr(error, "outcome", error) for error in errors], ["unknown", "not_sent"])
        self.assertFalse(calls[0].cancel())

    def test_asyncio(self) -> None:
        """Calls are awaitable, and cancelling the awaiting cancels them."""
        bridge = self.bridge("--sandbox-latency", "1")
        slow = self.bridge("--sandbox-latency", "600000")

        async def conversation() -> list[str]:
            await asyncio.wrap_future(bridge.submit("OVS_CMD_SET_API_KEY", api_key="key"))
            calls = [bridge.submit("OVS_CMD_ADD_CLIENT", client(f"{n}@b", password=None)) for n in range(100)]
            answers = await asyncio.gather(*map(asyncio.wrap_future, calls))
            await asyncio.wrap_future(slow.submit("OVS_CMD_SET_API_KEY", api_key="key"))
            call = slow.submit("OVS_CMD_CLOSE_CLIENT", email="a@b")
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.wrap_future(call), 0.05)
            self.assertEqual(getattr(self.failure(call), "name", None), "OVS_ERR_CANCELLED")
            return [answer["username"] for answer in answers]

        self.assertEqual(asyncio.run(conversation()), [f"{n}@b" for n in range(100)])

    def test_two_bridges(self) -> None:
        """Two bridges at once have nothing to do with each other."""
        bridges = [self.bridge(), self.bridge()]
        for number, bridge in enumerate(bridges):
            bridge.set_api_key("key")
            bridge.add_client(**client(f"{number}@b"))
        for number, bridge in enumerate(bridges):
            bridge.login(f"{number}@b", "secret")
        self.assertEqual([bridge.get_session()["email"] for bridge in bridges], ["0@b", "1@b"])
        self.assertNotEqual(bridges[0].pid, bridges[1].pid)
        bridges[0].close()
        self.assertEqual(bridges[1].get_account_type(), {"type": "12"})

    def test_threads(self) -> None:
        """Calls from many threads each get their own answers."""
        bridge = self.bridge()
        bridge.set_api_key("key")
        wrong: list[str] = []

        def work(thread: int) -> None:
            for n in range(200):
                credential = bridge.add_client(f"{thread}.{n}@b", countrycode="DE", type=1)
                if credential is None or credential["username"] != f"{thread}.{n}@b":
                    wrong.append(f"{thread}.{n}@b was answered {credential}")

        threads = [threading.Thread(target=work, args=(thread,), daemon=True) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
            self.assertFalse(thread.is_alive(), "a call was not answered")
        self.assertEqual(wrong, [])


class EndTests(TestCase):
    def test_killed(self) -> None:
        """When the bridge is killed, all calls under way fail at once and say so, and so do later ones."""
        bridge = self.bridge("--sandbox-latency", "600000")
        bridge.set_api_key("key")
        calls = [bridge.submit("OVS_CMD_ADD_CLIENT", client(f"{n}@b")) for n in range(1000)]
        bridge.get_info()
        os.kill(bridge.pid, signal.SIGKILL)
        for call in calls:
            error = self.failure(call)
            assert isinstance(error, BridgeExit)
            self.assertEqual(error.status, -signal.SIGKILL)
        self.assertEqual(
            str(self.failure(calls[0])),
            "ovs-bridge was ended by signal SIGKILL; whether OVS_CMD_ADD_CLIENT was carried out is not known",
        )
        with self.assertRaisesRegex(BridgeExit, "ended by signal SIGKILL; OVS_CMD_GET_INFO was not sent"):
            bridge.get_info()
        self.assertFalse(pathlib.Path(f"/proc/{bridge.pid}").exists(), "it is a zombie")
        self.assertEqual(bridge.status, -signal.SIGKILL)
        self.assertEqual(bridge.close(), -signal.SIGKILL)

    def test_waiting_call_is_woken(self) -> None:
        """A call that waits in another thread is woken by the bridge's end."""
        bridge = self.bridge("--sandbox-latency", "600000")
        bridge.set_api_key("key")
        killer = threading.Timer(0.2, os.kill, (bridge.pid, signal.SIGKILL))
        killer.start()
        with self.assertRaises(BridgeExit):
            bridge.close_client("a@b")

    def test_wrong_options(self) -> None:
        """A bridge that doesn't like its options fails the calls with its status, and the log says why."""
        bridge = self.bridge("--no-such-option")
        with self.assertRaisesRegex(BridgeExit, r"ended with status 64 \(wrong options, as its log says\)"):
            bridge.get_info()
        bridge.close()
        self.assertIn("--no-such-option", "\n".join(self.log))

    def test_programs_that_are_no_bridge(self) -> None:
        """A program that says something else, or nothing, fails the calls and is ended."""
        with self.assertRaisesRegex(TypeError, r"\['--sandbox-latency', '1'\]"):
            Bridge(PROGRAM, "--sandbox-latency 1")
        for program, words in [
            ("cat", "is no ovs-bridge: it said --parent-pid|cat: .*|ended with status 1"),
            ("true", "ended with status 0; (whether )?OVS_CMD_GET_INFO was (carried out is not known|not sent)"),
        ]:
            with self.subTest(program):
                bridge = Bridge(program, on_log=self.log.append)
                self.addCleanup(bridge.close, 0)
                with self.assertRaisesRegex(BridgeError, words):
                    bridge.get_info()
        unrelated = '{"notification":0,"name":"OVS_NOTIFY_ERROR","error":2,"error_name":"OVS_ERR_PARSE","data":null}'
        for said in ["hello", "[1]", '{"id":1}', '{"notification":5,"id":"another"}', unrelated]:
            with self.subTest(said), tempfile.TemporaryDirectory() as folder:
                program = script(folder, f"read line\necho '{said}'\nexec sleep 600")
                bridge = Bridge(program, on_log=self.log.append)
                self.addCleanup(bridge.close, 0)
                with self.assertRaisesRegex(BridgeError, "is no ovs-bridge: it said .*; whether OVS_CMD_GET_INFO was"):
                    bridge.get_info()
                self.assertEqual(bridge.close(), -signal.SIGKILL)

    def test_output_held_open(self) -> None:
        """What the program has started and left behind, with its pipes in hand, holds up no failure."""
        for rest in ["sleep 600 & exit 3", "setsid sleep 600 & exit 3"]:
            with self.subTest(rest), tempfile.TemporaryDirectory() as folder:
                bridge = Bridge(script(folder, f"{rest.replace('&', '& echo $! >&2;')}"), on_log=self.log.append)
                with self.assertRaisesRegex(BridgeExit, "ended with status 3"):
                    bridge.get_info()
                self.assertEqual(bridge.close(), 3)
                if "setsid" in rest:
                    os.kill(int(self.log[-1]), signal.SIGKILL)

    def test_callback_that_exits(self) -> None:
        """A callback that wants to end the program doesn't end the reading."""
        bridge = self.bridge()
        with mock.patch("sys.excepthook") as hook:
            bridge.submit("OVS_CMD_GET_INFO").add_done_callback(lambda _: sys.exit(1))
            self.assertEqual(bridge.get_info()["name"], "ovs-bridge")
        self.assertEqual(hook.call_args[0][0], SystemExit)

    def test_submitting_from_a_signal_handler(self) -> None:
        """A signal handler may submit, whatever it interrupts."""
        bridge = self.bridge()
        before = signal.signal(signal.SIGALRM, lambda *_: bridge.submit("OVS_CMD_CANCEL", id=1))
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0002)
        calls = [bridge.submit("OVS_CMD_GET_SESSION") for _ in range(20_000)]
        signal.setitimer(signal.ITIMER_REAL, 0)
        for call in calls:
            self.answer(call)

    def test_forked(self) -> None:
        """A forked process has no part in the bridge: it can't use it, doesn't end it, and holds nothing open."""
        bridge = self.bridge()
        ours, its = os.pipe()
        with warnings.catch_warnings():
            # Later versions of Python warn of threads, which a child that only waits doesn't need.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            with contextlib.suppress(RuntimeError), bridge:
                bridge.get_info()
                os._exit(1)
            os.read(ours, 1)
            os._exit(0)
        self.assertEqual(bridge.get_info()["name"], "ovs-bridge")
        self.assertEqual(bridge.close(3600), 0)
        os.write(its, b"!")
        os.close(ours)
        os.close(its)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_input_not_read(self) -> None:
        """What can't be written to a program that has ended is no failure of its own."""
        with tempfile.TemporaryDirectory() as folder, mock.patch("threading.excepthook") as hook:
            bridge = Bridge(script(folder, "exec <&-\nexec sleep 0.2"), on_log=self.log.append)
            calls = [bridge.submit("OVS_CMD_LOGIN", email="x" * 100_000) for _ in range(10)]
            for call in calls:
                self.assertIsInstance(self.failure(call), BridgeExit)
            bridge.close()
        self.assertFalse(hook.called, hook.call_args)

    def test_torn_answer(self) -> None:
        """An answer in the midst of which the program ends is its end, and no nonsense."""
        with tempfile.TemporaryDirectory() as folder:
            bridge = Bridge(
                script(folder, """read line\nprintf '{"notification":10'\nexit 3"""), on_log=self.log.append
            )
            self.addCleanup(bridge.close, 0)
            with self.assertRaisesRegex(BridgeExit, "ended with status 3; whether OVS_CMD_GET_INFO was carried out"):
                bridge.get_info()

    def test_output_closed(self) -> None:
        """A program that closes its output and lives on is ended, as nothing can come of it."""
        with tempfile.TemporaryDirectory() as folder:
            bridge = Bridge(script(folder, "exec >&-\nexec sleep 600"), on_log=self.log.append)
            self.addCleanup(bridge.close, 0)
            with self.assertRaisesRegex(BridgeExit, "SIGKILL"):
                bridge.get_info()

    def test_close_carries_through(self) -> None:
        """What was submitted before is answered while the bridge is closed, and nothing after it is sent."""
        bridge = self.bridge("--sandbox-latency", "50")
        bridge.submit("OVS_CMD_SET_API_KEY", api_key="key")
        calls = [bridge.submit("OVS_CMD_ADD_CLIENT", client(f"{n}@b")) for n in range(100)]
        self.assertEqual(bridge.close(), 0)
        self.assertEqual([self.answer(call) for call in calls], [None] * 100)
        self.assertEqual(bridge.close(), 0)
        with self.assertRaisesRegex(BridgeError, "the bridge was closed; OVS_CMD_GET_INFO was not sent"):
            bridge.get_info()

    def test_close_gives_up(self) -> None:
        """What can't be carried through in time is given back."""
        bridge = self.bridge("--sandbox-latency", "600000", "--drain-timeout", "1")
        bridge.submit("OVS_CMD_SET_API_KEY", api_key="key")
        calls = [bridge.submit("OVS_CMD_CLOSE_CLIENT", email="a@b") for n in range(2)]
        bridge.get_info()
        self.assertEqual(bridge.close(0.05), 0)
        errors = [self.failure(call) for call in calls]
        self.assertEqual([getattr(error, "name", error) for error in errors], ["OVS_ERR_SHUTTING_DOWN"] * 2)
        self.assertEqual([getattr(error, "outcome", error) for error in errors], ["unknown", "not_sent"])

    def test_close_kills(self) -> None:
        """A program that ignores the end of its input and SIGTERM is killed."""
        with tempfile.TemporaryDirectory() as folder:
            bridge = Bridge(
                script(folder, "trap '' TERM\necho ready >&2\nwhile :; do sleep 600; done"),
                on_log=self.log.append,
                close_timeout=0.1,
                kill_timeout=0.1,
            )
            call = bridge.submit("OVS_CMD_GET_INFO")
            self.assertEqual(bridge.close(), -signal.SIGKILL)
            self.assertIsInstance(self.failure(call), BridgeExit)

    def test_kill(self) -> None:
        """A bridge that is killed from here fails what is under way."""
        bridge = self.bridge("--sandbox-latency", "600000")
        bridge.set_api_key("key")
        call = bridge.submit("OVS_CMD_CLOSE_CLIENT", email="a@b")
        bridge.kill()
        self.assertIsInstance(self.failure(call), BridgeExit)

    def test_closing_is_interrupted(self) -> None:
        """Ctrl-C while a bridge is closed ends it at once."""
        bridge = self.bridge("--sandbox-latency", "600000")
        bridge.set_api_key("key")
        call = bridge.submit("OVS_CMD_CLOSE_CLIENT", email="a@b")
        bridge.get_info()
        main = threading.main_thread().ident
        assert main is not None
        timer = threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT))
        with self.assertRaises(KeyboardInterrupt):
            timer.start()
            bridge.close(4 * LIMIT)
        self.assertIsInstance(self.failure(call), BridgeExit)
        self.assertEqual(bridge.close(), -signal.SIGKILL)

    def test_leaving_a_block(self) -> None:
        """A block that ends well carries all through; one that is left by an exception doesn't wait for it."""
        with self.bridge("--sandbox-latency", "100") as bridge:
            bridge.set_api_key("key")
            call = bridge.submit("OVS_CMD_ADD_CLIENT", client("a@b"))
        self.assertIsNone(self.answer(call))
        with (
            self.assertRaises(ZeroDivisionError),
            self.bridge("--sandbox-latency", "600000", "--drain-timeout", "0.1") as bridge,
        ):
            bridge.set_api_key("key")
            call = bridge.submit("OVS_CMD_ADD_CLIENT", client("a@b"))
            bridge.get_info()
            raise ZeroDivisionError
        self.assertEqual(getattr(self.failure(call), "name", None), "OVS_ERR_SHUTTING_DOWN")

    def test_forgotten(self) -> None:
        """A program that forgets to close its bridge ends, and the bridge with it."""
        program = "from ovs_bridge import Bridge\nbridge = Bridge(on_log=print)\nprint(bridge.get_info()['pid'])"
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            env={**os.environ, "PYTHONPATH": str(PYTHON), "OVS_BRIDGE": PROGRAM},
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_ctrl_c_is_the_parents(self) -> None:
        """Ctrl-C at the terminal doesn't reach the bridge, which is in a session of its own."""
        bridge = self.bridge()
        self.assertEqual(os.getsid(bridge.pid), bridge.pid)


class LogTests(TestCase):
    def test_callback(self) -> None:
        """All of the log is handed over, whole lines, also one that the end of the program has cut off."""
        loop = 'n=0; while [ $n -lt 20000 ]; do n=$((n+1)); echo "line $n ü" >&2; done; printf last >&2'
        with tempfile.TemporaryDirectory() as folder:
            Bridge(script(folder, loop), on_log=self.log.append).close()
        self.assertEqual(self.log, [*(f"line {n} ü" for n in range(1, 20_001)), "last"])

    def test_much_log(self) -> None:
        """A lot of log is in nobody's way."""
        bridge = self.bridge("--log-level", "debug")
        bridge.set_api_key("key")
        for call in [bridge.submit("OVS_CMD_ADD_CLIENT", client(f"{n}@b")) for n in range(5000)]:
            self.answer(call)
        bridge.close()
        # How many lines come is the bridge's: it drops some rather than wait for a reader.
        self.assertTrue(all(line.startswith("ovs-bridge: ") for line in self.log))

    def test_inherited(self) -> None:
        """Without a callback the log goes where this program's stderr goes."""
        program = "from ovs_bridge import Bridge\nwith Bridge() as bridge: bridge.get_info()"
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": str(PYTHON), "OVS_BRIDGE": PROGRAM},
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        self.assertIn("this is the sandbox", done.stderr)


class FindTests(TestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.module = self.folder / "clients/python/ovs_bridge.py"
        (self.folder / "Package.swift").touch()
        for name in ["argument", "variable", "path", ".build/debug", ".build/release"]:
            (self.folder / name).mkdir(parents=True)
            script(self.folder / name, "exit 0", "ovs-bridge")

    def find(self, program: Any = None, variable: str = "", path: str = "") -> str:
        """What is found, relative to the test's folder."""
        with mock.patch.dict(os.environ, {"OVS_BRIDGE": variable, "PATH": path}):
            with mock.patch.object(ovs_bridge, "__file__", str(self.module)):
                return str(pathlib.Path(find_bridge(program)).relative_to(self.folder))

    def test_order(self) -> None:
        """The argument, then OVS_BRIDGE, then PATH, then what was built last in the package."""
        variable, path = str(self.folder / "variable/ovs-bridge"), str(self.folder / "path")
        self.assertEqual(self.find(self.folder / "argument/ovs-bridge", variable, path), "argument/ovs-bridge")
        self.assertEqual(self.find(None, variable, path), "variable/ovs-bridge")
        self.assertEqual(self.find(None, "ovs-bridge", path), "path/ovs-bridge")
        self.assertEqual(self.find(None, "", path), "path/ovs-bridge")
        for build in ["debug", "release"]:
            os.utime(self.folder / f".build/{build}/ovs-bridge", (2e9, 2e9 + (build == "release")))
            self.assertEqual(self.find(), f".build/{build}/ovs-bridge")

    def test_not_found(self) -> None:
        """What was named and is no program is an error; where nothing is named, how to build it is told."""
        (self.folder / "text").write_text("no program")
        for program in [self.folder / "text", self.folder / "nothing", self.folder]:
            with self.assertRaisesRegex(BridgeNotFound, rf"^{re.escape(str(program))} is no program that can be run"):
                self.find(program)
            with self.assertRaisesRegex(BridgeNotFound, r" \(OVS_BRIDGE\) is no program that can be run"):
                self.find(None, str(program))
        (self.folder / "Package.swift").unlink()
        with self.assertRaisesRegex(BridgeNotFound, "swift build -c release"):
            self.find()
        # A copy in another project takes no build that happens to lie there.
        (self.folder / "Package.swift").touch()
        self.module = self.folder / "other/python/ovs_bridge.py"
        with self.assertRaisesRegex(BridgeNotFound, "swift build -c release"):
            self.find()

    def test_not_executable(self) -> None:
        """A file that the system can't execute is told as what it is."""
        program = pathlib.Path(script(self.folder, "", "broken"))
        program.write_bytes(b"\x7fELF")
        with self.assertRaisesRegex(BridgeNotFound, f"^{program} can't be run: Exec format error"):
            Bridge(program)

    def test_environment(self) -> None:
        """Variables that are given come to those of this process."""
        bridge = self.bridge(env={"OVS_API_KEY": "key"})
        self.assertTrue(bridge.get_session()["api_key_set"])
        variables = pathlib.Path(f"/proc/{bridge.pid}/environ").read_text().split("\0")
        self.assertIn(f"PATH={os.environ['PATH']}", variables)


def script(folder: Any, text: str, name: str = "program") -> str:
    """A shell script of this text, in the folder."""
    path = pathlib.Path(folder) / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


class QuickstartTests(TestCase):
    def test_quickstart(self) -> None:
        """The quickstart goes through an account's life."""
        done = subprocess.run(
            [sys.executable, PYTHON / "quickstart.py"],
            env={**os.environ, "OVS_BRIDGE": PROGRAM},
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ["OVS_ERR_CLIENT_EXISTS", "plan 12, due", "plan 24, due", "added 1000 more", "mail to", "closed"]:
            self.assertIn(words, done.stdout)


if __name__ == "__main__":
    unittest.main()
