"""The two kinds of token: random strings that mean nothing but to whoever issued them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Dict, Optional

from accounts import Account

SHORT, LONG = "short", "long"
SHORT_LIFETIME_SECONDS = 12 * 60 * 60
LONG_LIFETIME_WITHOUT_A_PLAN = timedelta(days=30)


@dataclass
class Token:
    kind: str
    account: Account
    generation: int
    expires: datetime


class Tokens:
    """All tokens ever issued and not yet seen to be dead. Its user holds the lock."""

    def __init__(self, short_lifetime: float = SHORT_LIFETIME_SECONDS) -> None:
        self._short_lifetime = timedelta(seconds=short_lifetime)
        self._issued: Dict[str, Token] = {}

    def issue(self, account: Account, now: datetime) -> Dict[str, str]:
        """A fresh pair, as the members of an answer. Older pairs stay good: an end-user may have many devices."""
        if account.current(now.date()):
            long_expires = datetime.combine(account.due, time(), timezone.utc)
        else:
            long_expires = now + LONG_LIFETIME_WITHOUT_A_PLAN
        return {
            "short_token": self._new(Token(SHORT, account, account.generation, now + self._short_lifetime)),
            "long_token": self._new(Token(LONG, account, account.generation, long_expires)),
        }

    def account(self, text: str, kind: str, now: datetime) -> Optional[Account]:
        """Whose token this is, if it is one of this kind that is still good. Whether the account lives on is not
        known here."""
        token = self._issued.get(text)
        if token is None or token.kind != kind:
            return None
        if token.expires <= now or token.generation != token.account.generation:
            del self._issued[text]
            return None
        return token.account

    def expire(self, kind: Optional[str] = None) -> int:
        """Kills every token of a kind, or of both; returns how many."""
        kept = {text: token for text, token in self._issued.items() if kind is not None and token.kind != kind}
        killed = len(self._issued) - len(kept)
        self._issued = kept
        return killed

    def _new(self, token: Token) -> str:
        text = secrets.token_urlsafe(24)
        self._issued[text] = token
        return text
