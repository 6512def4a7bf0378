"""What an account is: its plans, its due date, its passwords. Nothing here knows of requests or rights."""

from __future__ import annotations

import calendar
import secrets
import string
from dataclasses import dataclass, field
from datetime import date
from typing import List, Optional

MONTHS_OF_PLAN = {"1": 1, "3": 3, "6": 6, "12": 12, "24": 24, "36": 36}

_SPECIAL = "-_.!*"


def add_months(start: date, months: int) -> date:
    """The same day some months on, or the last day of a month that has no such day."""
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def is_strong(password: str) -> bool:
    """The vendor's rule: ten characters, of three kinds among digits, letters, uppercase letters, special ones."""
    kinds = (
        any(c.isdigit() for c in password),
        any(c.isalpha() and not c.isupper() for c in password),
        any(c.isupper() for c in password),
        any(not c.isalnum() for c in password),
    )
    return len(password) >= 10 and sum(kinds) >= 3


def new_password() -> str:
    """A password that the vendor's rule takes."""
    alphabet = string.ascii_letters + string.digits + _SPECIAL
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(16))
        if is_strong(password):
            return password


def email_key(email: str) -> str:
    """What e-mails are compared by: a client exists once, whatever the case."""
    return email.lower()


@dataclass
class Product:
    """One plan, running from the day it was bought until its due date; on that day it is over."""

    plan: str
    due: date

    @classmethod
    def starting(cls, today: date, plan: str) -> "Product":
        return cls(plan, add_months(today, MONTHS_OF_PLAN[plan]))


@dataclass
class Account:
    """An end-user's account. `generation` counts the times its tokens were killed; a token lives in one of them."""

    email: str
    password: str
    products: List[Product]
    vpn_username: str = field(default_factory=lambda: "vpn-" + secrets.token_hex(5))
    vpn_password: str = field(default_factory=new_password)
    cancelled: bool = False
    generation: int = 0
    changes: int = 0

    @property
    def key(self) -> str:
        return email_key(self.email)

    @property
    def due(self) -> date:
        """An account is due when the last of its products is."""
        return max(product.due for product in self.products)

    def current(self, today: date) -> Optional[Product]:
        """The youngest product that still runs."""
        return next((product for product in reversed(self.products) if product.due > today), None)

    def has_ended(self, today: date) -> bool:
        """A cancelled account ends on its due date and not before; without a cancellation it lives on, planless."""
        return self.cancelled and today >= self.due

    def add_product(self, plan: str, today: date) -> None:
        self.products.append(Product.starting(today, plan))
        self.cancelled = False

    def upgrade(self, plan: str, today: date) -> None:
        """Puts a plan that starts today in the place of the current one, or of the last if none runs any more."""
        replaced = self.current(today) or self.products[-1]
        self.products.remove(replaced)
        self.products.append(Product.starting(today, plan))

    def reset_password(self) -> None:
        self.password = new_password()
        self.generation += 1
