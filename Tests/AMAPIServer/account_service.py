"""The account service: who may do what to which account, and what comes of it. Nothing here knows of HTTP."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from accounts import MONTHS_OF_PLAN, Account, Product, email_key, is_strong, new_password
from clock import Clock
from tokens import LONG, SHORT, SHORT_LIFETIME_SECONDS, Tokens

Fields = Dict[str, str]
Members = Dict[str, Any]


@dataclass(frozen=True)
class Policy:
    """What the service takes from whom. A key of None means that any will do, but an empty one."""

    api_key: Optional[str] = None
    secret_key: Optional[str] = None
    whitelisted: bool = True
    strong_passwords: bool = False
    add_client_interval: float = 10
    short_lifetime: float = SHORT_LIFETIME_SECONDS


class Refusal(Exception):
    """A request that is not carried out."""

    def __init__(self, code: str, message: str, retry_after: Optional[int] = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after


class Method(NamedTuple):
    """What a method takes. `token` is the kind that gives a right to it; a method without one is open to anybody who
    has an API key, but only at a certain pace."""

    perform: Callable[["AccountService", Fields], Members]
    required: Tuple[str, ...]
    optional: Tuple[str, ...] = ()
    token: Optional[str] = SHORT
    is_change: bool = True

    @property
    def fields(self) -> FrozenSet[str]:
        return frozenset(self.required + self.optional + ("apikey", "secretkey", "password"))


class AccountService:
    """Accounts in memory. Requests come from many threads and are carried out one at a time."""

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self.reset()

    def perform(self, name: str, fields: Fields, bearer: Optional[str]) -> Members:
        """Carries out one request and returns the members of its answer, or raises a Refusal and changes nothing. An
        empty field counts as one that was left out, but for the keys."""
        with self._lock:
            method = METHODS[name]
            self._check_keys(fields)
            if method.token is None:
                self._check_pace(fields)
            for field in method.required:
                if not fields.get(field):
                    raise Refusal("MISSING_FIELD", f"{name} needs {field}.")
            if method.token is not None:
                self._check_right(fields, bearer, method.token)
            return method.perform(self, fields)

    # What the tests look at and meddle with

    def reset(self) -> None:
        with self._lock:
            self._accounts: Dict[str, Account] = {}
            self._tokens = Tokens(self._policy.short_lifetime)
            self._mails: List[Members] = []
            self._next_client_at: Optional[datetime] = None

    def mails(self, since: int) -> List[Members]:
        with self._lock:
            return self._mails[since:]

    def expire_tokens(self, kind: Optional[str]) -> int:
        with self._lock:
            return self._tokens.expire(kind)

    def accounts(self) -> List[Members]:
        with self._lock:
            living = filter(None, map(self._living, list(self._accounts)))
            return [self._overview(account) for account in living]

    def _overview(self, account: Account) -> Members:
        current = account.current(self._clock.today())
        return {
            "email": account.email,
            "plan": current.plan if current else None,
            "due": account.due.isoformat(),
            "products": len(account.products),
            "changes": account.changes,
            "cancelled": account.cancelled,
        }

    # Rights

    def _check_keys(self, fields: Fields) -> None:
        if not self._is_taken(fields.get("apikey", ""), self._policy.api_key):
            raise Refusal("INVALID_APIKEY", "The API key is not valid.")
        if "secretkey" in fields and not self._is_taken(fields["secretkey"], self._policy.secret_key):
            raise Refusal("INVALID_SECRETKEY", "The secret key is not valid.")

    @staticmethod
    def _is_taken(key: str, only: Optional[str]) -> bool:
        return key != "" and only in (None, key)

    def _is_trusted(self, fields: Fields) -> bool:
        """Whether a request may do everything; a secret key that was not right has been refused already."""
        return self._policy.whitelisted or "secretkey" in fields

    def _check_pace(self, fields: Fields) -> None:
        if self._is_trusted(fields) or self._next_client_at is None:
            return
        wait = (self._next_client_at - self._clock.now()).total_seconds()
        if wait > 0:
            raise Refusal("RATE_LIMITED", "Too many new clients.", retry_after=math.ceil(wait))

    def _check_right(self, fields: Fields, bearer: Optional[str], kind: str) -> None:
        """Every credential that a request carries must be right, even where another alone would do."""
        key = email_key(fields["email"])
        if bearer is not None:
            owner = self._tokens.account(bearer, kind, self._clock.now())
            if owner is None or self._living(owner.key) is not owner:
                raise Refusal("INVALID_TOKEN", f"The {kind} token is not valid or has expired.")
            if owner.key != key:
                raise Refusal("OTHER_ACCOUNT", "The token belongs to another account.")
        password = fields.get("password")
        if password and self._account(fields).password != password:
            raise Refusal("INVALID_PASSWORD", "The password is not valid.")
        if bearer is None and not password:
            if not self._is_trusted(fields):
                raise Refusal("NOT_PERMITTED", "The address is not whitelisted, and the request proves no right.")
            if kind == LONG:
                raise Refusal("MISSING_FIELD", "TokenRefresh needs the password or the long token.")

    # Look-ups

    def _living(self, key: str) -> Optional[Account]:
        account = self._accounts.get(key)
        if account and account.has_ended(self._clock.today()):
            del self._accounts[key]
            return None
        return account

    def _account(self, fields: Fields) -> Account:
        account = self._living(email_key(fields["email"]))
        if account is None:
            raise Refusal("CLIENT_NOT_FOUND", "No client has this e-mail.")
        return account

    @staticmethod
    def _plan(fields: Fields) -> str:
        if fields["type"] not in MONTHS_OF_PLAN:
            raise Refusal("UNKNOWN_PLAN", "No plan has this type.")
        return fields["type"]

    def _tokens_if_whitelisted(self, account: Account) -> Members:
        return self._tokens.issue(account, self._clock.now()) if self._policy.whitelisted else {}

    # The methods

    def add_client(self, fields: Fields) -> Members:
        if self._living(email_key(fields["email"])):
            raise Refusal("CLIENT_EXISTS", "A client with this e-mail exists already.")
        plan = self._plan(fields)
        country = fields["country"]
        if not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise Refusal("BAD_REQUEST", "country must be two letters.")
        password = fields.get("password") or new_password()
        if self._policy.strong_passwords and not is_strong(password):
            raise Refusal("WEAK_PASSWORD", "The password is too weak.")
        account = Account(fields["email"], password, [Product.starting(self._clock.today(), plan)], changes=1)
        self._accounts[account.key] = account
        if not self._is_trusted(fields):
            self._next_client_at = self._clock.now() + timedelta(seconds=self._policy.add_client_interval)
        return {"username": account.email, "password": password, **self._tokens_if_whitelisted(account)}

    def new_product(self, fields: Fields) -> Members:
        account = self._account(fields)
        account.add_product(self._plan(fields), self._clock.today())
        account.changes += 1
        return self._tokens_if_whitelisted(account)

    def upgrade_product(self, fields: Fields) -> Members:
        account = self._account(fields)
        account.upgrade(self._plan(fields), self._clock.today())
        account.changes += 1
        return self._tokens_if_whitelisted(account)

    def token_refresh(self, fields: Fields) -> Members:
        return dict(self._tokens.issue(self._account(fields), self._clock.now()))

    def cancel_client(self, fields: Fields) -> Members:
        if fields["when"] != "at_due_date":
            raise Refusal("BAD_REQUEST", "when must be at_due_date.")
        account = self._account(fields)
        account.cancelled = True
        account.changes += 1
        return {}

    def close_client(self, fields: Fields) -> Members:
        del self._accounts[self._account(fields).key]
        return {}

    def reset_password(self, fields: Fields) -> Members:
        account = self._account(fields)
        account.reset_password()
        account.changes += 1
        self._mails.append({"to": account.email, "subject": "Your new VPN password", "password": account.password})
        return {}

    def get_client(self, fields: Fields) -> Members:
        account = self._account(fields)
        current = account.current(self._clock.today())
        if current is None:
            raise Refusal("NO_ACTIVE_PLAN", "The client has no active plan.")
        return {
            "type": current.plan,
            "exp_date": account.due.isoformat(),
            "vpn_username": account.vpn_username,
            "vpn_password": account.vpn_password,
        }


METHODS: Dict[str, Method] = {
    "AddClient": Method(
        AccountService.add_client,
        ("email", "country", "type"),
        ("first_name", "last_name", "company_name", "state", "zip_code"),
        token=None,
    ),
    "NewProduct": Method(AccountService.new_product, ("email", "type")),
    "UpgradeProduct": Method(AccountService.upgrade_product, ("email", "type")),
    "TokenRefresh": Method(AccountService.token_refresh, ("email",), token=LONG, is_change=False),
    "CancelClient": Method(AccountService.cancel_client, ("email", "when")),
    "CloseClient": Method(AccountService.close_client, ("email",)),
    "ResetPassword": Method(AccountService.reset_password, ("email",)),
    "GetClient": Method(AccountService.get_client, ("email",), is_change=False),
}
