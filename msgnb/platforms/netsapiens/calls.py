"""Active calls: listed, made and ended (NetSapiens 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgnb.core.errors import InvalidRequest
from msgnb.core.http import path_segment
from msgnb.core.sending import new_id
from msgnb.platforms.netsapiens import to_tables
from msgnb.platforms.netsapiens.connection import (
    NetSapiensConnection,
    owner_path,
    user_path,
)
from msgnb.platforms.netsapiens.payloads import Wire
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    import pandas as pd

YesNo = Literal["yes", "no"]


class Calls(Resource):
    """Active calls: `pbx.calls()`, `pbx.calls.hang_up(call)`."""

    _connection: NetSapiensConnection

    def __call__(
        self, *, user: str | None = "~", domain: str = "~", limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """Return the active calls of a user or a domain as a table `calls` (NetSapiens 6).

        >>> pbx.calls(user=None)  # those of all users of the domain

        Args:
            user: the user; `~` is oneself, `None` the whole domain.
            domain: the domain; `~` is one's own.
            limit: the most rows; all rows if `None`.
            raw: add the platform's own objects as a last column `raw`.
        """
        rows = self.read(user=user, domain=domain, limit=limit)
        return to_tables.calls(rows, self._connection.whose(user, domain), raw=raw)

    def read(self, *, user: str | None = "~", domain: str = "~", limit: int | None = None) -> list[Wire]:
        """Return active calls as the platform sends them; the arguments are those of `calls()`."""
        return self._connection.rows(f"{owner_path(domain, user)}/calls", _call_key, "calls", limit)

    def get(self, call: str, *, user: str = "~", domain: str = "~") -> Wire:
        """Return one active call as the platform sends it.

        Args:
            call: the call's ID.
            user: the user whose call it is; `~` is oneself.
            domain: the domain; `~` is one's own.

        Raises:
            NotFound: the user has no such call, or it has ended.
        """
        return self._connection.read(_path(call, user, domain))

    def count(self, *, user: str | None = None, domain: str = "~") -> int:
        """Return the number of active calls of a domain, or of one of its users."""
        return self._connection.count(f"{owner_path(domain, user)}/calls/count")

    def create(
        self,
        to: str,
        *,
        user: str = "~",
        domain: str = "~",
        call: str | None = None,
        synchronous: YesNo = "no",
        dial_rule_application: str = "call",
        call_orig_user: str | None = None,
        auto_answer_enabled: YesNo = "no",
        caller_id_number: str | None = None,
        callback_caller_id_number: str | None = None,
    ) -> Wire:
        """Make a call: the user's phone rings, and is then connected (NetSapiens 6).

        >>> made = pbx.calls.create("18587645200")
        >>> pbx.calls.hang_up(made["call-id"])

        Args:
            to: phone number or user to call.
            user: the user who calls; `~` is oneself.
            domain: the domain; `~` is one's own.
            call: ID of the call; generated if `None`.
            synchronous: `yes` returns the call, `no` an acknowledgement.
            dial_rule_application: how the next destination is chosen.
            call_orig_user: user, device or number that calls; the user if `None`.
            auto_answer_enabled: whether the caller's phone answers automatically.
            caller_id_number: number that the called party sees.
            callback_caller_id_number: number that the caller sees.

        Returns:
            The platform's response, with the `call-id` that `hang_up` takes.

        Raises:
            InvalidRequest: `to` is empty.
            OutcomeUnknown: the response was lost; `id` is the call's ID.
        """
        if not to:
            raise InvalidRequest.of(to="is empty: whom to call?")
        call = call or new_id()
        fields = {
            "synchronous": synchronous,
            "call-id": call,
            "call-term-user": to,
            "dial-rule-application": dial_rule_application,
            "call-orig-user": call_orig_user,
            "auto-answer-enabled": auto_answer_enabled,
            "caller-id-number": caller_id_number,
            "callback-caller-id-number": callback_caller_id_number,
        }
        body = {key: value for key, value in fields.items() if value is not None}
        response = self._connection.write("POST", f"{user_path(domain, user)}/calls", body, id=call)
        # An acknowledgement does not contain the ID, without which nobody could hang up (NetSapiens 6).
        return {"call-id": call, **response}

    def hang_up(self, call: str, *, user: str = "~", domain: str = "~") -> Wire:
        """End an active call, and return the platform's response.

        >>> pbx.calls.hang_up(made["call-id"])

        Args:
            call: the call's ID.
            user: the user whose call it is; `~` is oneself.
            domain: the domain; `~` is one's own.

        Raises:
            NotFound: the user has no such call, or it has ended.
        """
        return self._connection.write("DELETE", _path(call, user, domain))


def _path(call: str, user: str, domain: str) -> str:
    return f"{user_path(domain, user)}/calls/{path_segment(call)}"


def _call_key(row: Mapping[str, Any]) -> str:
    # Rows are renamed only for the table, so either name occurs here (NetSapiens 6).
    return str(row.get("call-orig-call-id") or row.get("orig_callid") or row)
