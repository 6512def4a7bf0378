"""What the service does, without HTTP: rights, plans, tokens, the order of its checks."""

from __future__ import annotations

import unittest
from datetime import date
from typing import Any, Optional

from account_service import METHODS, AccountService, Members, Policy, Refusal
from accounts import MONTHS_OF_PLAN, add_months, is_strong, new_password
from api import STATUS_OF_CODE
from clock import Clock, parse_start

DAY = 24 * 60 * 60


class Bench(unittest.TestCase):
    now = "2026-01-31"

    def setUp(self) -> None:
        self.start()

    def start(self, **policy: Any) -> None:
        self.clock = Clock(parse_start(self.now))
        self.service = AccountService(Policy(**policy), self.clock)

    def ask(self, method: str, bearer: Optional[str] = None, **fields: str) -> Members:
        return self.service.perform(method, {"apikey": "key", **fields}, bearer)

    def add(self, email: str = "ann@example.com", type: str = "12", **fields: str) -> Members:
        return self.ask("AddClient", email=email, country="US", type=type, **fields)

    def ann(self, method: str, bearer: Optional[str] = None, **fields: str) -> Members:
        return self.ask(method, bearer, email="ann@example.com", **fields)

    def refused(self, code: str, method: str, bearer: Optional[str] = None, **fields: str) -> Refusal:
        with self.assertRaises(Refusal) as raised:
            self.ask(method, bearer, **fields)
        self.assertEqual(raised.exception.code, code)
        self.assertIn(code, STATUS_OF_CODE)
        return raised.exception


class PlanTests(Bench):
    def test_months_end_on_the_last_day_of_a_shorter_month(self) -> None:
        for start, months, due in [
            (date(2026, 1, 31), 1, date(2026, 2, 28)),
            (date(2027, 10, 31), 6, date(2028, 4, 30)),
            (date(2027, 11, 30), 3, date(2028, 2, 29)),
            (date(2026, 12, 5), 1, date(2027, 1, 5)),
            (date(2026, 1, 31), 36, date(2029, 1, 31)),
        ]:
            self.assertEqual(add_months(start, months), due)

    def test_every_plan(self) -> None:
        for plan, months in MONTHS_OF_PLAN.items():
            self.add(f"{plan}@example.com", plan)
            seen = self.ask("GetClient", email=f"{plan}@example.com")
            self.assertEqual(seen["type"], plan)
            self.assertEqual(seen["exp_date"], add_months(self.clock.today(), months).isoformat())
        for plan in ("0", "2", "13", "012", " 12"):
            self.refused("UNKNOWN_PLAN", "AddClient", email="new@example.com", country="US", type=plan)

    def test_a_life(self) -> None:
        self.add(type="1")
        self.ann("NewProduct", type="6")
        self.assertEqual(self.ann("GetClient")["exp_date"], "2026-07-31")
        self.ann("UpgradeProduct", type="24")
        self.assertEqual(self.ann("GetClient")["type"], "24")
        self.assertEqual(self.ann("GetClient")["exp_date"], "2028-01-31")
        self.ann("NewProduct", type="1")
        self.assertEqual(self.ann("GetClient")["type"], "1")
        self.assertEqual(self.ann("GetClient")["exp_date"], "2028-01-31")
        self.assertEqual(
            self.service.accounts(),
            [
                {
                    "email": "ann@example.com",
                    "plan": "1",
                    "due": "2028-01-31",
                    "products": 3,
                    "changes": 4,
                    "cancelled": False,
                }
            ],
        )

    def test_a_plan_that_has_run_out(self) -> None:
        self.add(type="1")
        self.clock.advance(27 * DAY)
        self.ann("GetClient")
        self.clock.advance(DAY)
        self.refused("NO_ACTIVE_PLAN", "GetClient", email="ann@example.com")
        self.ann("UpgradeProduct", type="3")
        self.assertEqual(self.ann("GetClient")["exp_date"], "2026-05-28")

    def test_a_cancelled_account_ends_on_its_due_date_and_not_before(self) -> None:
        self.add(type="1")
        self.ann("CancelClient", when="at_due_date")
        self.ann("CancelClient", when="at_due_date")
        self.clock.advance(27 * DAY)
        self.ann("GetClient")
        self.clock.advance(DAY)
        self.refused("CLIENT_NOT_FOUND", "GetClient", email="ann@example.com")
        self.assertEqual(self.service.accounts(), [])
        self.add()

    def test_a_new_product_takes_a_cancellation_back(self) -> None:
        self.add(type="1")
        self.ann("CancelClient", when="at_due_date")
        self.ann("NewProduct", type="1")
        self.clock.advance(28 * DAY)
        self.refused("NO_ACTIVE_PLAN", "GetClient", email="ann@example.com")

    def test_cancelling_needs_its_when(self) -> None:
        self.add()
        self.refused("MISSING_FIELD", "CancelClient", email="ann@example.com")
        self.refused("BAD_REQUEST", "CancelClient", email="ann@example.com", when="now")


class ClientTests(Bench):
    def test_a_client_exists_once_whatever_the_case(self) -> None:
        self.assertEqual(self.add("Ann@Example.com")["username"], "Ann@Example.com")
        self.refused("CLIENT_EXISTS", "AddClient", email="ann@example.COM", country="US", type="12")
        self.refused("CLIENT_EXISTS", "AddClient", email="ann@example.com", country="US", type="13")
        self.ann("CloseClient")
        self.refused("CLIENT_NOT_FOUND", "CloseClient", email="ann@example.com")
        self.add()

    def test_passwords(self) -> None:
        self.assertEqual(self.add(password="weak")["password"], "weak")
        generated = self.add("bob@example.com", password="")["password"]
        self.assertTrue(is_strong(generated))
        self.ask("TokenRefresh", email="bob@example.com", password=generated)
        self.assertTrue(all(is_strong(new_password()) for _ in range(100)))
        for weak in ("", "Sh0rt!", "user_password", "1234567890", "ALLUPPER1234"):
            self.assertFalse(is_strong(weak), weak)
        for strong in ("Long-enough", "l0ng_enough", "LONG-3NOUGH"):
            self.assertTrue(is_strong(strong), strong)

    def test_weak_passwords_are_refused_on_demand(self) -> None:
        self.start(strong_passwords=True)
        self.refused("WEAK_PASSWORD", "AddClient", email="a@b", country="US", type="1", password="user_password")
        self.add(password="User_password")

    def test_a_reset_kills_the_password_and_the_tokens_and_mails_a_new_one(self) -> None:
        tokens = self.add(password="old")
        self.ann("ResetPassword")
        self.refused("INVALID_PASSWORD", "TokenRefresh", email="ann@example.com", password="old")
        self.refused("INVALID_TOKEN", "GetClient", tokens["short_token"], email="ann@example.com")
        self.refused("INVALID_TOKEN", "TokenRefresh", tokens["long_token"], email="ann@example.com")
        mail = self.service.mails(0)[0]
        self.assertEqual((mail["to"], mail["subject"]), ("ann@example.com", "Your new VPN password"))
        self.ann("TokenRefresh", password=mail["password"])
        self.assertEqual(self.service.mails(1), [])

    def test_missing_fields_and_a_bad_country(self) -> None:
        self.refused("MISSING_FIELD", "AddClient", email="a@b", type="12")
        self.refused("MISSING_FIELD", "AddClient", email="", country="US", type="12")
        self.refused("BAD_REQUEST", "AddClient", email="a@b", country="USA", type="12")
        for method in set(METHODS) - {"AddClient"}:
            self.refused("MISSING_FIELD", method)


class RightTests(Bench):
    def test_keys_come_first(self) -> None:
        self.start(api_key="right", secret_key="secret", whitelisted=False)
        self.refused("INVALID_APIKEY", "GetClient", secretkey="wrong")
        self.refused("INVALID_APIKEY", "GetClient", apikey="")
        self.refused("INVALID_SECRETKEY", "GetClient", apikey="right", secretkey="wrong")
        self.refused("INVALID_SECRETKEY", "GetClient", apikey="right", secretkey="")
        self.refused("MISSING_FIELD", "GetClient", apikey="right", secretkey="secret")

    def test_one_proof_is_needed_where_the_address_is_none(self) -> None:
        self.start(whitelisted=False, secret_key="secret")
        self.assertEqual(set(self.add(password="pw")), {"username", "password"})
        self.refused("NOT_PERMITTED", "GetClient", email="ann@example.com")
        self.refused("NOT_PERMITTED", "GetClient", email="nobody@example.com")
        self.ann("GetClient", password="pw")
        self.ann("GetClient", secretkey="secret")
        tokens = self.ann("TokenRefresh", password="pw")
        self.assertEqual(set(tokens), {"short_token", "long_token"})
        self.ann("GetClient", tokens["short_token"])

    def test_every_proof_must_be_right(self) -> None:
        tokens = self.add(password="pw")
        self.refused("INVALID_PASSWORD", "GetClient", email="ann@example.com", password="PW")
        self.refused("INVALID_TOKEN", "GetClient", "nonsense", email="ann@example.com", secretkey="any")
        self.refused("INVALID_PASSWORD", "GetClient", tokens["short_token"], email="ann@example.com", password="PW")
        self.refused("CLIENT_NOT_FOUND", "TokenRefresh", email="nobody@example.com", password="pw")
        self.refused("MISSING_FIELD", "TokenRefresh", email="ann@example.com")

    def test_each_kind_of_token_has_its_purpose(self) -> None:
        tokens = self.add()
        self.refused("INVALID_TOKEN", "GetClient", tokens["long_token"], email="ann@example.com")
        self.refused("INVALID_TOKEN", "TokenRefresh", tokens["short_token"], email="ann@example.com")
        fresh = self.ann("TokenRefresh", tokens["long_token"])
        self.ann("GetClient", fresh["short_token"])
        self.ann("GetClient", tokens["short_token"])

    def test_a_token_is_no_good_for_another_account(self) -> None:
        tokens = self.add()
        self.add("bob@example.com")
        self.refused("OTHER_ACCOUNT", "GetClient", tokens["short_token"], email="bob@example.com")
        self.refused("OTHER_ACCOUNT", "GetClient", tokens["short_token"], email="nobody@example.com")
        self.refused("OTHER_ACCOUNT", "TokenRefresh", tokens["long_token"], email="bob@example.com")
        self.ask("GetClient", tokens["short_token"], email="ANN@example.com")

    def test_a_closed_account_s_tokens_are_dead_even_if_the_e_mail_comes_back(self) -> None:
        tokens = self.add()
        self.ann("CloseClient", tokens["short_token"])
        self.refused("INVALID_TOKEN", "GetClient", tokens["short_token"], email="ann@example.com")
        self.add()
        self.refused("INVALID_TOKEN", "GetClient", tokens["short_token"], email="ann@example.com")

    def test_tokens_end(self) -> None:
        tokens = self.add(type="1")
        self.clock.advance(DAY / 2 - 5)
        self.ann("GetClient", tokens["short_token"])
        self.clock.advance(5)
        self.refused("INVALID_TOKEN", "GetClient", tokens["short_token"], email="ann@example.com")
        self.clock.advance(27 * DAY)
        self.ann("TokenRefresh", tokens["long_token"])
        self.clock.advance(DAY / 2)
        self.refused("INVALID_TOKEN", "TokenRefresh", tokens["long_token"], email="ann@example.com")
        planless = self.ann("TokenRefresh", password=self.new_password())
        self.clock.advance(30 * DAY - 5)
        self.ann("TokenRefresh", planless["long_token"])
        self.clock.advance(5)
        self.refused("INVALID_TOKEN", "TokenRefresh", planless["long_token"], email="ann@example.com")

    def new_password(self) -> str:
        self.ann("ResetPassword")
        password: str = self.service.mails(0)[-1]["password"]
        return password

    def test_tokens_can_be_expired_by_kind(self) -> None:
        tokens = self.add()
        self.assertEqual(self.service.expire_tokens("short"), 1)
        self.refused("INVALID_TOKEN", "GetClient", tokens["short_token"], email="ann@example.com")
        self.ann("TokenRefresh", tokens["long_token"])
        self.assertEqual(self.service.expire_tokens(None), 3)
        self.refused("INVALID_TOKEN", "TokenRefresh", tokens["long_token"], email="ann@example.com")

    def test_the_pace_of_new_clients(self) -> None:
        self.start(whitelisted=False)
        self.refused("MISSING_FIELD", "AddClient", email="ann@example.com")
        self.add()
        self.clock.advance(2.5)
        refusal = self.refused("RATE_LIMITED", "AddClient", email="ann@example.com", country="US", type="12")
        self.assertEqual(refusal.retry_after, 8)
        self.add("bob@example.com", secretkey="any")
        self.clock.advance(7.5)
        self.refused("CLIENT_EXISTS", "AddClient", email="ann@example.com", country="US", type="12")
        self.add("cid@example.com")
        self.start(whitelisted=True)
        for number in range(3):
            self.add(f"{number}@example.com")


if __name__ == "__main__":
    unittest.main()
