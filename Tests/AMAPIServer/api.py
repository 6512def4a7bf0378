"""The service's face: HTTP requests on one side, the account service on the other, and strictness between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Optional, Tuple
from urllib.parse import unquote_to_bytes

from account_service import METHODS, AccountService, Refusal
from http_messages import BadMessage, Header, Reply, Request, error_reply, json_reply

PREFIX = "/api/amapi/"

STATUS_OF_CODE = {
    "BAD_REQUEST": 400,
    "INVALID_APIKEY": 401,
    "INVALID_SECRETKEY": 401,
    "INVALID_PASSWORD": 401,
    "INVALID_TOKEN": 401,
    "OTHER_ACCOUNT": 403,
    "NOT_PERMITTED": 403,
    "CLIENT_NOT_FOUND": 404,
    "CLIENT_EXISTS": 409,
    "NO_ACTIVE_PLAN": 409,
    "UNKNOWN_PLAN": 422,
    "MISSING_FIELD": 422,
    "WEAK_PASSWORD": 422,
    "RATE_LIMITED": 429,
}

# What may stand in a form: printable ASCII, with every percent sign leading two digits, and no bare space.
_FORM_TEXT = re.compile(rb"(?:[\x21-\x24\x26-\x7e]|%[0-9A-Fa-f]{2})*")

_NOT_FOUND = Reply(
    404,
    b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n",
    "text/html; charset=utf-8",
)


class BadRequest(Exception):
    """A request that no client of this API should ever send."""


@dataclass
class Call:
    """What a request asks of the service; `problem` is the reply to one that asks for nothing that can be done."""

    method: Optional[str]
    fields: List[Tuple[str, str]]
    bearer: Optional[str]
    problem: Optional[Reply] = None

    @property
    def email(self) -> Optional[str]:
        return next((value for name, value in self.fields if name == "email"), None)


def read_call(request: Request) -> Call:
    """Reads as much as can be made of a request, since the journal and the faults want to see bad ones too."""
    name = request.path[len(PREFIX) :] if request.path.startswith(PREFIX) else ""
    call = Call(name if name in METHODS else None, [], None)
    try:
        call.bearer = _bearer(request)
        call.fields = parse_form(request.body)
        if call.method:
            _check_wire(request, call)
    except (BadRequest, BadMessage) as problem:
        call.problem = bad_request(str(problem))
    if not call.method:
        call.problem = _NOT_FOUND
    return call


def bad_request(why: str, status: int = 400) -> Reply:
    return error_reply(status, "BAD_REQUEST", why)


def parse_form(body: bytes) -> List[Tuple[str, str]]:
    """The fields of a form, in order."""
    if not body:
        return []
    if not _FORM_TEXT.fullmatch(body):
        raise BadRequest("the form has a character that must be percent-encoded, or a percent sign without its digits")
    fields = []
    for pair in body.replace(b"+", b" ").split(b"&"):
        name, equals, value = pair.partition(b"=")
        if not equals:
            raise BadRequest("a field of the form has no equals sign")
        try:
            fields.append((unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()))
        except UnicodeDecodeError:
            raise BadRequest("a field of the form is not UTF-8") from None
    return fields


def _bearer(request: Request) -> Optional[str]:
    value = request.value("authorization")
    if value is None:
        return None
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer" or not token or " " in token:
        raise BadRequest("the header Authorization is no bearer token")
    return token


def _check_wire(request: Request, call: Call) -> None:
    if request.method != "POST":
        raise BadRequest(f"{call.method} must be a POST")
    if request.query is not None:
        raise BadRequest("nothing is taken from a query string, which ends up in logs")
    media_type = (request.value("content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise BadRequest("the body must be application/x-www-form-urlencoded")
    if request.content_length is None:
        raise BadRequest("the header Content-Length is missing")
    seen = set()
    for name, _ in call.fields:
        if name in seen:
            raise BadRequest(f"the field {name} stands twice")
        if name not in METHODS[call.method or ""].fields:
            raise BadRequest(f"{call.method} has no field {name}")
        seen.add(name)


def carry_out(call: Call, service: AccountService) -> Tuple[Reply, bool]:
    """Does what a request asks for. Returns the reply, and whether anything was changed."""
    if call.problem or call.method is None:
        return call.problem or _NOT_FOUND, False
    try:
        members = service.perform(call.method, dict(call.fields), call.bearer)
    except Refusal as refusal:
        return _refused(refusal), False
    return json_reply(200, {"status": "success", **members}), METHODS[call.method].is_change


def _refused(refusal: Refusal) -> Reply:
    status = STATUS_OF_CODE[refusal.code]
    headers: List[Header] = []
    if status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    if refusal.retry_after is not None:
        headers.append(("Retry-After", str(refusal.retry_after)))
    return error_reply(status, refusal.code, refusal.message, headers)
