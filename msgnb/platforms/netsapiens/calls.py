"""Calls that are going on: listed, made and ended (NetSapiens 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgnb.core.errors import InvalidRequest
from msgnb.core.http import WRITE, part
from msgnb.core.sending import new_id
from msgnb.platforms.netsapiens import to_tables as rows
from msgnb.platforms.netsapiens.connection import Resource, only, owner_path, user_path
from msgnb.platforms.netsapiens.payloads import Wire

if TYPE_CHECKING:
    import pandas as pd


class Calls(Resource):
    """Active calls."""

    def calls(
        self, *, user: str | None = "~", domain: str = "~", limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """The active calls of a user or a domain, as a table `calls` (NetSapiens 6).

        >>> pbx.calls(user=None)  # of everybody in the domain

        Args:
            user: `~` is oneself, `None` the whole domain.
            domain: `~` is one's own.
            limit: the most rows; all where it is `None`.
            raw: add the calls themselves as a last column.
        """
        path = f"{owner_path(domain, user)}/calls"
        return rows.calls(self._list(path, _call_key, "calls", limit), self._whose(user, domain), raw=raw)

    def count_calls(self, *, user: str | None = None, domain: str = "~") -> int:
        """The number of active calls of a domain, or of one of its users."""
        return int(only(self._read(f"{owner_path(domain, user)}/calls/count"))["total"])

    def read_calls(
        self, domain: str = "~", count: bool = False, user: str | None = None, callid: str | None = None
    ) -> Wire | list[Wire]:
        """The active calls of a domain or user, their count, or one of them, as the platform sends them.

        Args:
            domain: `~` is one's own.
            count: count the domain's calls, as `{"total": …}`.
            user: only this user's.
            callid: only this call, of this user.

        Raises:
            InvalidRequest: `count` together with `user` or `callid`, or `callid` without `user`.
        """
        if count and (user or callid):
            raise InvalidRequest.of(count="goes with a domain only, not with user or callid")
        if callid and not user:
            raise InvalidRequest.of(callid="needs the user whose call it is")
        path = f"{owner_path(domain, user)}/calls"
        if count or callid:
            return only(self._read(f"{path}/{part(callid) if callid else 'count'}"))
        return self._list(path, _call_key, "calls", None)

    def new_call(
        self,
        domain: str = "~",
        user: str = "~",
        synchronous: Literal["yes", "no"] = "no",
        call_term_user: str = "",
        call_id: str | None = None,
        dial_rule_application: str = "call",
        call_orig_user: str | None = None,
        auto_answer_enabled: Literal["yes", "no"] = "no",
        caller_id_number: str | None = None,
        callback_caller_id_number: str | None = None,
    ) -> Wire:
        """Make a call: the user's phone rings, and is then connected (NetSapiens 6).

        >>> pbx.new_call(call_term_user="18587645200")

        Args:
            domain: `~` is one's own.
            user: who calls; `~` is oneself.
            synchronous: `yes` answers with the call, `no` with an acknowledgement.
            call_term_user: whom to call.
            call_id: what to call it; made where it is `None`.
            dial_rule_application: how the next destination is chosen.
            call_orig_user: user, device or number that calls; the user where it is `None`.
            auto_answer_enabled: whether the caller's phone answers by itself.
            caller_id_number: what the called party sees.
            callback_caller_id_number: what the caller sees.

        Returns:
            The platform's answer, with the `call-id` to end the call by.

        Raises:
            InvalidRequest: nobody to call.
            OutcomeUnknown: the answer got lost; `id` is the call's.
        """
        if not call_term_user:
            raise InvalidRequest.of(call_term_user="is empty: whom to call?")
        call_id = call_id or new_id()
        body = {
            "synchronous": synchronous,
            "call-id": call_id,
            "call-term-user": call_term_user,
            "dial-rule-application": dial_rule_application,
            "call-orig-user": call_orig_user,
            "auto-answer-enabled": auto_answer_enabled,
            "caller-id-number": caller_id_number,
            "callback-caller-id-number": callback_caller_id_number,
        }
        body = {key: value for key, value in body.items() if value is not None}
        path = f"{user_path(domain, user)}/calls"
        answer = self.http.send("POST", path, policy=WRITE, json=body, id=call_id).body
        return {"call-id": call_id, **(answer if isinstance(answer, dict) else {})}

    def hang_up(self, call: str, *, user: str = "~", domain: str = "~") -> Wire:
        """End an active call; returns the platform's answer.

        >>> pbx.hang_up(made["call-id"])

        Args:
            call: the call's id.
            user: whose call it is; `~` is oneself.
            domain: `~` is one's own.

        Raises:
            NotFound: the user has no such call, or it is over.
        """
        return self._write("DELETE", f"{user_path(domain, user)}/calls/{part(call)}")


def _call_key(row: Mapping[str, Any]) -> str:
    return str(row.get("call-orig-call-id") or row.get("orig_callid") or row)
