"""That the books find what must not be, each kind of it, and nothing in what may be."""

from __future__ import annotations

import itertools
import json
import random
import unittest
from typing import Any, Dict, List, Optional

import books
from books import Books, Ledger
from commands import NUMBERS, Batch, Command, Life
from load import Line, Load

EMAIL = "user1@soak.example"


class BooksTestCase(unittest.TestCase):
    """Books of a bridge on the service, or on the sandbox, and an account."""

    is_sandbox = False

    def setUp(self) -> None:
        self.books = Books()
        self.ledger = Ledger(self.books, "bridge", self.is_sandbox)
        self.life = Life(EMAIL, self.is_sandbox)
        self.numbers = itertools.count(1)

    def send(self, name: str, **data: Any) -> Command:
        command = self.life.add(name, **data)
        command.number = command.id = next(self.numbers)
        self.ledger.send(command)
        return command

    def answer(self, command: Command, error: str = "", outcome: Optional[str] = None, data: Any = None) -> None:
        message: Dict[str, Any] = {"notification": NUMBERS[command.name], "error": 99 if error else 0}
        message.update(error_name=f"OVS_ERR_{error or 'OK'}", data=data, id=command.id)
        if error:
            message["details"] = {"outcome": outcome} if outcome else {}
        self.ledger.take(json.dumps(message).encode())

    def journal(self, *requests: Dict[str, Any]) -> None:
        lines = []
        for number, request in enumerate(requests):
            fields = [["apikey", "key"], ["email", EMAIL]]
            if "plan" in request:
                fields.append(["type", request["plan"]])
            entry = {"n": number, "path": f"/api/amapi/{request['method']}", "fields": fields}
            entry.update(applied=request.get("applied", False), status=request.get("status"))
            lines.append(json.dumps(entry).encode() + b"\n")
        self.books.read_journal(lines)

    def assert_found(self, *kinds: str) -> None:
        self.ledger.close(is_killed=False)
        self.books.compare()
        self.assertEqual(dict(self.books.findings), dict.fromkeys(kinds, 1), self.books.details)


class ServiceBooksTests(BooksTestCase):
    def test_a_change_that_was_applied_once_and_answered_so_is_right(self) -> None:
        self.answer(self.send("CLOSE_CLIENT", email=EMAIL))
        self.journal({"method": "CloseClient", "applied": True, "status": 200})
        self.assert_found()

    def test_a_command_without_an_answer_is_lost(self) -> None:
        self.send("CLOSE_CLIENT", email=EMAIL)
        self.assert_found(books.LOST)

    def test_a_command_of_a_killed_bridge_is_counted_apart(self) -> None:
        self.send("CLOSE_CLIENT", email=EMAIL)
        self.ledger.close(is_killed=True)
        self.journal({"method": "CloseClient", "applied": True, "status": 200})
        self.assertEqual(self.ledger.unanswered, 1)
        self.assert_found()

    def test_a_second_answer_is_found(self) -> None:
        command = self.send("LOGOUT")
        self.answer(command)
        self.answer(command)
        self.assert_found(books.ANSWERED_TWICE)

    def test_an_answer_to_nothing_is_wrong(self) -> None:
        command = self.send("LOGOUT")
        self.answer(command)
        self.ledger.take(b'{"notification":1001,"error":0,"error_name":"OVS_ERR_OK","data":null,"id":77}')
        self.assert_found(books.WRONG)

    def test_what_is_no_message_is_wrong(self) -> None:
        for line in (b"Fatal error", b"[]", b"3", b'{"id":', b'{"notification":7}'):
            self.ledger.take(line)
        self.assertEqual(self.books.findings[books.WRONG], 5)

    def test_another_spelling_of_the_id_is_wrong(self) -> None:
        command = self.send("LOGOUT")
        message = {"notification": 1001, "error": 0, "error_name": "OVS_ERR_OK", "data": None, "id": str(command.id)}
        self.ledger.take(json.dumps(message).encode())
        self.assert_found(books.WRONG)

    def test_a_change_that_was_applied_twice_is_found_whatever_the_answer(self) -> None:
        for answer in (("", None), ("NETWORK", "unknown")):
            with self.subTest(answer=answer):
                self.setUp()
                self.answer(self.send("RESET_PASSWORD", email=EMAIL), *answer)
                # Over two lives of the service, of which each applied it once.
                self.journal({"method": "ResetPassword", "applied": True})
                self.journal({"method": "ResetPassword", "applied": True, "status": 200})
                self.assert_found(books.APPLIED_TWICE)

    def test_a_change_that_was_sent_again_is_found_but_not_after_a_refusal(self) -> None:
        for status, found in ((401, 0), (429, 0), (307, 1), (503, 1), (None, 1)):
            with self.subTest(status=status):
                self.setUp()
                self.answer(self.send("RESET_PASSWORD", email=EMAIL), "NETWORK", "unknown")
                self.journal({"method": "ResetPassword", "status": status}, {"method": "ResetPassword"})
                self.assert_found(*[books.SENT_TWICE] * found)

    def test_a_success_that_was_not_applied_is_found(self) -> None:
        self.answer(self.send("RESET_PASSWORD", email=EMAIL))
        self.journal({"method": "ResetPassword", "status": 404})
        self.assert_found(books.NOT_APPLIED)

    def test_a_change_that_came_although_it_was_not_sent_is_found(self) -> None:
        self.answer(self.send("NEW_PRODUCT", type="12"), "CANCELLED", "not_sent")
        self.journal({"method": "NewProduct", "plan": "12"})
        self.assert_found(books.APPLIED_ALL_THE_SAME)

    def test_a_refused_change_that_was_applied_is_found(self) -> None:
        self.answer(self.send("NEW_PRODUCT", type="12"), "CLIENT_NOT_FOUND")
        self.journal({"method": "NewProduct", "plan": "12", "applied": True, "status": 404})
        self.assert_found(books.APPLIED_ALL_THE_SAME)

    def test_changes_to_different_plans_are_different_changes(self) -> None:
        self.answer(self.send("NEW_PRODUCT", type="12"))
        self.answer(self.send("NEW_PRODUCT", type="6"), "TIMEOUT", "unknown")
        self.journal({"method": "NewProduct", "plan": "12", "applied": True, "status": 200})
        self.assert_found()

    def test_a_change_that_nobody_asked_for_is_found(self) -> None:
        self.journal({"method": "CloseClient", "applied": True, "status": 200})
        self.assert_found(books.UNASKED)

    def test_a_line_of_the_journal_that_was_cut_off_counts_for_nothing(self) -> None:
        self.books.read_journal([b'{"n":1,"path":"/api/amapi/CloseC'])
        self.assert_found()

    def test_a_failed_change_tells_its_outcome_and_nothing_else_does(self) -> None:
        self.answer(self.send("RESET_PASSWORD", email=EMAIL), "TIMEOUT")
        self.answer(self.send("GET_ACCOUNT_TYPE"), "TIMEOUT", "unknown")
        self.answer(self.send("CLOSE_CLIENT", email=EMAIL), "RATE_LIMITED", "not_sent")
        self.ledger.close(is_killed=False)
        self.assertEqual(self.books.findings[books.WRONG], 2)

    def test_a_plan_that_was_not_the_last_one_is_wrong(self) -> None:
        self.answer(self.send("ADD_CLIENT", email=EMAIL, type="12", password="x"))
        self.answer(self.send("CHANGE_PLAN", type="6"))
        self.journal(
            {"method": "AddClient", "plan": "12", "applied": True, "status": 200},
            {"method": "UpgradeProduct", "plan": "6", "applied": True, "status": 200},
        )
        self.answer(self.send("GET_ACCOUNT_TYPE"), data={"type": "12"})
        self.assert_found(books.WRONG)

    def cancel(self, target: Command) -> Command:
        cancel = Command("CANCEL", {"id": target.id})
        cancel.cancels = target
        cancel.number = cancel.id = next(self.numbers)
        self.ledger.send(cancel)
        return cancel

    def test_what_is_taken_back_is_answered_first_but_in_a_batch(self) -> None:
        for batch in (None, Batch()):
            with self.subTest(batch=batch):
                self.setUp()
                target = self.send("RESET_PASSWORD", email=EMAIL)
                target.batch = batch
                self.answer(self.cancel(target), data={"cancelled": 1})
                self.assertEqual(self.books.findings[books.WRONG], 0 if batch else 1)

    def test_a_cancellation_tells_what_it_took_back(self) -> None:
        for answers in ((("CANCELLED", "not_sent"), 0), (("", None), 1), (("CANCELLED", "not_sent"), 1)):
            with self.subTest(answers=answers):
                self.setUp()
                target = self.send("RESET_PASSWORD", email=EMAIL)
                cancel = self.cancel(target)
                (error, outcome), count = answers
                self.answer(target, error, outcome)
                self.answer(cancel, data={"cancelled": count})
                self.assertEqual(self.books.findings[books.WRONG], 0 if error and count else 1)


class SandboxBooksTests(BooksTestCase):
    is_sandbox = True

    def mail(self) -> None:
        data = {"to": EMAIL, "subject": "Your new VPN password", "password": "x"}
        message = {"notification": 1200, "name": "OVS_NOTIFY_SANDBOX_MAIL", "error": 0, "data": data}
        self.ledger.take(json.dumps(message).encode())

    def test_a_reset_is_mailed_once(self) -> None:
        for mails in (1, 0, 2):
            with self.subTest(mails=mails):
                self.setUp()
                command = self.send("RESET_PASSWORD", email=EMAIL)
                for _ in range(mails):
                    self.mail()
                self.answer(command)
                self.assert_found(*[books.WRONG] * (mails != 1))

    def test_a_failure_that_nothing_explains_is_wrong(self) -> None:
        self.answer(self.send("CLOSE_CLIENT", email=EMAIL), "CLIENT_NOT_FOUND")
        self.assert_found(books.WRONG)


class LoadTests(unittest.TestCase):
    def bursts(self, seed: int) -> List[Line]:
        load = Load(random.Random(seed), itertools.count(1), is_in_sandbox=False)
        return [line for _ in range(50) for line in load.burst(5)]

    def test_a_seed_makes_the_same_load_again(self) -> None:
        texts = [[line.text for line in self.bursts(seed)] for seed in (1, 1, 2)]
        self.assertEqual(texts[0], texts[1])
        self.assertNotEqual(texts[0], texts[2])

    def test_all_commands_come_in_both_dialects_and_no_change_twice(self) -> None:
        commands = [command for line in self.bursts(1) for command in line.commands]
        self.assertEqual({(c.name, c.is_native) for c in commands}, set(itertools.product(NUMBERS, (True, False))))
        changes = [command.change for command in commands if command.change]
        self.assertEqual(len(changes), len(set(changes)))
        self.assertEqual(len(commands), len({command.number for command in commands}))


if __name__ == "__main__":
    unittest.main()
