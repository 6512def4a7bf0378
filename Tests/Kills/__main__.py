"""Kills the bridge, time after time, while it changes the accounts of a --sandbox-file.

    swift build -c release
    python3 Tests/Kills --kills 10000

Each time a new process opens the file that the last one was killed over, and is asked for every account about which
there was a doubt: what was answered must be there, what was not may be there or not, and nothing else. Then it gets
changes, and SIGKILL at a random moment while they are under way.

The exit status is 1 if an answered change was lost, or a file could not be opened.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

ROOT = Path(__file__).resolve().parents[2]
ACCOUNTS = 60
PLANS = ["1", "3", "6", "12", "24", "36"]
#: How long a process may take for what it is asked, in seconds.
LIMIT = 30.0
#: How long the longest life lasts from its first change, in seconds.
LONGEST_LIFE = 0.004


@dataclass(frozen=True)
class Account:
    """An account as it should be; None in its place is one that isn't there."""

    #: Empty if nobody knows it.
    password: str
    plan: str


State = Optional[Account]


class Lost(Exception):
    """What was promised is not there, in words for people."""


class Life:
    """One process on the file, from its start to its end."""

    def __init__(self, program: str, file: Path) -> None:
        command = [program, "--sandbox-file", str(file), "--log-level", "error"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        self._timer = threading.Timer(LIMIT, self._process.kill)
        self._timer.start()

    def ask(self, commands: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
        """The answers to commands that are all answered."""
        assert self._process.stdout
        self.tell(commands)
        answers: List[Dict[str, Any]] = []
        while len(answers) < len(commands):
            line = self._process.stdout.readline()
            if not line:
                raise Lost(f"it ended after {len(answers)} of {len(commands)} answers and said: {self._last_words()}")
            answers.append(json.loads(line))
        return answers

    def tell(self, commands: List[Dict[str, Any]]) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write("".join(json.dumps(command) + "\n" for command in commands).encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Lost(f"it takes no commands and said: {self._last_words()}") from None

    def kill(self) -> List[Dict[str, Any]]:
        """Kills it, and gives the whole lines that it wrote."""
        self._process.send_signal(signal.SIGKILL)
        output, errors = self._process.communicate()
        self._timer.cancel()
        if errors:
            raise Lost(f"it said: {errors.decode()}")
        return [json.loads(line) for line in output[: output.rfind(b"\n") + 1].splitlines()]

    def _last_words(self) -> str:
        output, errors = self._process.communicate()
        self._timer.cancel()
        return errors.decode()


class Kills:
    """The accounts as they should be, over all lives."""

    def __init__(self, program: str, file: Path, chance: random.Random) -> None:
        self._program = program
        self._file = file
        self._chance = chance
        #: What each account may be.
        self._states: Dict[str, List[State]] = {f"c{number}@b.de": [None] for number in range(ACCOUNTS)}
        self.answered = 0
        self.unanswered = 0
        self.made_without_answer = 0

    def life(self) -> None:
        """One life, and its end."""
        life = Life(self._program, self._file)
        try:
            self._settle(life)
            changes = self._changes()
            life.tell([command for _, _, commands in changes for command in commands])
            time.sleep(self._chance.uniform(0, LONGEST_LIFE))
        finally:
            lines = life.kill()
        self._note(changes, lines)

    def _settle(self, life: Life) -> None:
        """Finds out what became of the accounts that are in doubt, and of some others."""
        emails = [email for email, states in self._states.items() if len(states) > 1]
        emails += self._chance.sample([email for email in self._states if email not in emails], 5)
        questions: List[Tuple[str, State, List[Dict[str, Any]]]] = []
        for email in emails:
            for state in self._states[email]:
                password = state.password if state and state.password else "none of its own"
                login = {"cmd": "OVS_CMD_LOGIN", "data": {"email": email, "password": password}}
                questions.append(
                    (email, state, [login, {"cmd": "OVS_CMD_GET_ACCOUNT_TYPE"}, {"cmd": "OVS_CMD_LOGOUT"}])
                )
        answers = life.ask([{"cmd": 10, "data": {"api_key": "k"}}, *(c for _, _, cs in questions for c in cs)])[1:]
        found: Dict[str, List[State]] = {email: [] for email in emails}
        for number, (email, state, _) in enumerate(questions):
            if self._is(state, *answers[number * 3 : number * 3 + 2]):
                found[email].append(state)
        for email, states in found.items():
            if len(states) > 1:
                # A password that nobody knows is another than those that are known.
                states = [state for state in states if state is None or state.password]
            if len(states) != 1:
                told = [a for n, q in enumerate(questions) if q[0] == email for a in answers[n * 3 : n * 3 + 2]]
                raise Lost(f"{email} should be one of {self._states[email]}, but of it was told {told}")
            if len(self._states[email]) > 1 and states[0] == self._states[email][1]:
                self.made_without_answer += 1
            self._states[email] = states

    @staticmethod
    def _is(state: State, login: Dict[str, Any], plan: Dict[str, Any]) -> bool:
        if state is None:
            return bool(login["error_name"] == "OVS_ERR_CLIENT_NOT_FOUND")
        if not state.password:
            return bool(login["error_name"] == "OVS_ERR_UNAUTHORIZED")
        return bool(login["error"] == 0 and plan["data"] == {"type": state.plan})

    def _changes(self) -> List[Tuple[str, State, List[Dict[str, Any]]]]:
        """Changes of different accounts: what it makes of each, and how to ask for it; its e-mail is the id."""
        changes: List[Tuple[str, State, List[Dict[str, Any]]]] = []
        for email in self._chance.sample(sorted(self._states), self._chance.randint(1, 40)):
            [state] = self._states[email]
            plan = self._chance.choice([plan for plan in PLANS if state is None or plan != state.plan])
            if state is None:
                new = Account(f"p{self._chance.randrange(1 << 40)}", plan)
                data = {"email": email, "password": new.password, "countrycode": "DE", "type": plan}
                changes.append((email, new, [{"cmd": "OVS_CMD_ADD_CLIENT", "data": data, "id": email}]))
            elif state.password and self._chance.random() < 0.3:
                login = {"cmd": "OVS_CMD_LOGIN", "data": {"email": email, "password": state.password}}
                change = {"cmd": "OVS_CMD_CHANGE_PLAN", "data": {"email": email, "type": plan}, "id": email}
                changes.append((email, Account(state.password, plan), [login, change]))
            elif self._chance.random() < 0.5:
                changes.append((email, None, [{"cmd": "OVS_CMD_CLOSE_CLIENT", "data": {"email": email}, "id": email}]))
            else:
                reset = {"cmd": "OVS_CMD_RESET_PASSWORD", "data": {"email": email}, "id": email}
                changes.append((email, Account("", state.plan), [reset]))
        return changes

    def _note(self, changes: List[Tuple[str, State, List[Dict[str, Any]]]], lines: List[Dict[str, Any]]) -> None:
        answers = {line["id"]: line for line in lines if "id" in line}
        passwords = {line["data"]["to"]: line["data"]["password"] for line in lines if line["notification"] == 1200}
        for email, new, commands in changes:
            if new is not None and not new.password:
                new = Account(passwords.get(email, ""), new.plan)
            answer = answers.get(email)
            if answer is None:
                self.unanswered += 1
                if new not in self._states[email]:
                    self._states[email].append(new)
            elif answer["error"] != 0:
                raise Lost(f"{commands[-1]} was refused: {answer}")
            else:
                self.answered += 1
                self._states[email] = [new]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python3 Tests/Kills", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=1000, metavar="N", help="how often to kill (1000)")
    parser.add_argument("--seed", type=int, metavar="N", help="what chance begins with; it is printed (a random one)")
    parser.add_argument("--bridge", metavar="PATH", default=str(ROOT / ".build/release/ovs-bridge"), help="the program")
    options = parser.parse_args()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    print(f"kills: {options.bridge}, {options.kills} times, --seed {seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="ovs-bridge-kills-") as folder:
        file = Path(folder) / "accounts"
        kills = Kills(options.bridge, file, random.Random(seed))
        for number in range(options.kills):
            try:
                kills.life()
            except Lost as lost:
                kept = ROOT / ".build" / f"kills-{seed}"
                kept.write_bytes(file.read_bytes())
                print(f"life {number + 1}: {lost}\nthe file is kept as {kept}", file=sys.stderr)
                return 1
    print(
        f"killed {options.kills} times: {kills.answered} answered changes, none lost; of {kills.unanswered} without an"
        f" answer {kills.made_without_answer} were made; no file refused"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
