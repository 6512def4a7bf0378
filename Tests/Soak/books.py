"""The books of a run: what was sent, what was answered, what the service did; and what of it doesn't agree."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Dict, Iterable, List, Optional
from typing import Counter as Counts

from commands import METHODS, NUMBERS, OPEN_ERRORS, Answer, Batch, Command, Life, change

LOST = "commands lost"
ANSWERED_TWICE = "commands answered twice"
APPLIED_TWICE = "changes applied twice"
SENT_TWICE = "changes sent again after they may have been taken"
NOT_APPLIED = "changes answered as a success and not applied"
APPLIED_ALL_THE_SAME = "changes answered as not sent, or refused, and applied"
UNASKED = "changes applied that nobody asked for"
WRONG = "wrong answers"
NOT_FLAT = "memory or descriptors not flat"
TRAPPED = "bridges that trapped, or ended otherwise than they should"
KINDS = [
    LOST,
    ANSWERED_TWICE,
    APPLIED_TWICE,
    SENT_TWICE,
    NOT_APPLIED,
    APPLIED_ALL_THE_SAME,
    UNASKED,
    WRONG,
    NOT_FLAT,
    TRAPPED,
]
#: So many findings of a kind are told in full.
TOLD = 5

DONE, REFUSED, NOT_SENT, UNKNOWN, UNANSWERED = "done", "refused", "not_sent", "unknown", "unanswered"


class Books:
    """All that is known of a run. Changes are kept by name; all else is forgotten once it has turned out right."""

    def __init__(self) -> None:
        self.findings: Counts[str] = Counter()
        self.details: List[str] = []
        self.errors: Counts[str] = Counter()
        #: What the bridges said became of each change that the service was asked for.
        self.fates: Dict[str, str] = {}
        #: How often the service took each, and carried each out.
        self.taken: Counts[str] = Counter()
        self.applied: Counts[str] = Counter()

    def find(self, kind: str, detail: str) -> None:
        """Something that must not be."""
        self.findings[kind] += 1
        if self.findings[kind] <= TOLD:
            self.details.append(f"{kind}: {detail}")

    def read_journal(self, lines: Iterable[bytes]) -> None:
        """Takes what one run of the service wrote down, all at once."""
        entries: Dict[int, Dict[str, Any]] = {}
        for line in lines:
            if not line.endswith(b"\n"):
                break
            record = json.loads(line)
            entries.setdefault(record["n"], {}).update(record)
        for entry in entries.values():
            fields = dict(entry["fields"])
            method = entry["path"].rpartition("/")[2]
            if method not in METHODS.values() or "email" not in fields:
                continue
            name = change(method, fields["email"], fields.get("type"))
            if entry["applied"]:
                self.applied[name] += 1
            # A refusal is an end of it: the same change may be sent again, with another token.
            if entry["applied"] or not 400 <= (entry["status"] or 0) < 500:
                self.taken[name] += 1

    def compare(self) -> None:
        """Finds what the service did otherwise than the bridges said; once all bridges and services have ended."""
        for name, fate in self.fates.items():
            taken, applied = self.taken[name], self.applied[name]
            if applied > 1:
                self.find(APPLIED_TWICE, f"{name}, {applied} times; its answer: {fate}")
            elif taken > 1:
                self.find(SENT_TWICE, f"{name}, {taken} times; its answer: {fate}")
            if fate == DONE and applied == 0:
                self.find(NOT_APPLIED, name)
            elif (fate == REFUSED and applied > 0) or (fate == NOT_SENT and taken > 0):
                self.find(APPLIED_ALL_THE_SAME, f"{name}; its answer: {fate}")
        for name in self.applied.keys() - self.fates.keys():
            self.find(UNASKED, name)


class Ledger:
    """What one bridge was sent and has answered."""

    def __init__(self, books: Books, name: str, is_sandbox: bool) -> None:
        self._books = books
        self._is_sandbox = is_sandbox
        self.name = name
        self.open: Dict[int, Command] = {}
        self._lives: Dict[str, Life] = {}
        self._last = 0
        self.sent = 0
        self.answered = 0
        self.unknown = 0
        self.unanswered = 0

    def send(self, command: Command) -> None:
        """Notes a command as it is sent."""
        self.sent += 1
        self.open[command.number] = command
        self._last = max(self._last, command.number)
        if command.life:
            self._lives[command.life.email] = command.life
            if not self._is_sandbox and command.change:
                self._books.fates[command.change] = UNANSWERED

    def take(self, line: bytes) -> None:
        """Takes a line of a bridge's output."""
        try:
            message = json.loads(line)
            if isinstance(message, list):
                self._take_batch([self._take_answer(element, is_native=False) for element in message])
            elif message.get("method") or message.get("notification", 0) > 1099 and "id" not in message:
                self._take_event(message)
            else:
                command = self._take_answer(message, is_native="jsonrpc" not in message)
                if command and command.batch:
                    self._wrong(f"{command} was answered outside of its batch")
        except (ValueError, TypeError, LookupError, AttributeError) as problem:
            self._wrong(f"{line[:300]!r} ({problem!r})")

    def close(self, is_killed: bool) -> None:
        """Says that no answer will come any more; what is open is lost, unless the bridge was killed."""
        for command in self.open.values():
            if is_killed:
                self.unanswered += 1
            else:
                self._books.find(LOST, f"{command}, sent to {self.name}")
        self.open.clear()
        self._lives.clear()

    def _wrong(self, detail: str) -> None:
        self._books.find(WRONG, f"{self.name}: {detail}")

    # Answers

    def _take_answer(self, message: Dict[str, Any], is_native: bool) -> Optional[Command]:
        number = int(message["id"])
        command = self.open.pop(number, None)
        if command is None:
            if number <= self._last:
                self._books.find(ANSWERED_TWICE, f"{self.name}: {str(message)[:300]}")
            else:
                self._wrong(f"an answer to what was not sent: {str(message)[:300]}")
            return None
        self.answered += 1
        if type(message["id"]) is not type(command.id) or is_native != command.is_native:
            self._wrong(f"{command} was answered with another id, or in the other dialect: {str(message)[:300]}")
        command.answer = _read_native(message, command) if is_native else _read_json_rpc(message)
        self._judge(command, command.answer)
        return command

    def _take_batch(self, commands: List[Optional[Command]]) -> None:
        batch: Optional[Batch] = commands[0].batch if commands[0] else None
        if batch is None or batch.size != len(commands) or any(c is None or c.batch is not batch for c in commands):
            self._wrong(f"a batch of answers to {', '.join(map(str, commands))} is none to one batch")

    def _judge(self, command: Command, answer: Answer) -> None:
        self._books.errors[answer.error or "OK"] += 1
        if answer.outcome == "unknown":
            self.unknown += 1
        if command.name in METHODS:
            # Any error may be that of new tokens, without which nothing was sent.
            if answer.outcome != "not_sent" and (answer.outcome == "unknown") != (answer.error in OPEN_ERRORS):
                self._wrong(f"{command} failed with {answer.error} and the outcome {answer.outcome}")
            if not self._is_sandbox and command.change:
                fate = answer.outcome or (REFUSED if answer.error else DONE)
                self._books.fates[command.change] = fate
        elif answer.outcome is not None:
            self._wrong(f"{command}, which changes nothing, has an outcome")
        if answer.error == "INTERNAL":
            self._wrong(f"{command} failed with INTERNAL")
        if command.cancels and not answer.error:
            self._judge_cancel(command, command.cancels, answer.data["cancelled"])
        if command.life:
            self._end(command.life)

    def _judge_cancel(self, cancel: Command, target: Command, count: int) -> None:
        """Whatever came of it, the command is answered before; in a batch the answer waits for the others."""
        if target.answer is None:
            if target.batch is None:
                self._wrong(f"{cancel} was answered before {target}, which it was to take back")
        elif count != (1 if target.answer.error == "CANCELLED" else 0):
            self._wrong(f"{cancel} took back {count}, and {target} was answered {target.answer.error or 'OK'}")

    def _end(self, life: Life) -> None:
        life.open -= 1
        if life.open == 0:
            self._lives.pop(life.email, None)
            for contradiction in life.contradictions():
                self._wrong(contradiction)

    # Events

    def _take_event(self, message: Dict[str, Any]) -> None:
        name = message["name"] if "name" in message else message["method"]
        data = message["data"] if "name" in message else message["params"]
        if name == "OVS_NOTIFY_SESSION_EXPIRED":
            return
        if name != "OVS_NOTIFY_SANDBOX_MAIL" or not self._is_sandbox:
            self._wrong(f"the event {str(message)[:300]}")
            return
        life = self._lives.get(data["to"])
        if life is None:
            self._wrong(f"a mail to {data['to']}, whose account has ended")
        else:
            life.mails += 1


def _read_native(message: Dict[str, Any], command: Command) -> Answer:
    if message["notification"] != NUMBERS[command.name]:
        raise ValueError(f"the notification for {command.name} is {NUMBERS[command.name]}")
    error = message["error_name"][len("OVS_ERR_") :] if message["error"] else ""
    return Answer(error, message["details"].get("outcome") if error else None, message["data"])


def _read_json_rpc(message: Dict[str, Any]) -> Answer:
    if "error" not in message:
        return Answer("", None, message["result"])
    details = message["error"]["data"]
    return Answer(details["name"][len("OVS_ERR_") :], details.get("outcome"), None)
