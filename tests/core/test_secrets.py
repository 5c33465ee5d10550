"""A Secret keeps its text to itself."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

import msgnb
from msgnb.platforms.netsapiens.auth import TokenAnswer

CANARY = "canary-4711"


def test_it_never_prints() -> None:
    """No way of printing shows the text."""
    secret = msgnb.Secret(CANARY)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r}", repr([secret]), repr({"key": secret})]
    assert not [text for text in shown if CANARY in text]
    assert secret.reveal() == CANARY


def test_it_is_compared_and_hashed_by_its_text() -> None:
    """Equal texts are equal secrets, and a secret is no text."""
    assert msgnb.Secret(CANARY) == msgnb.Secret(msgnb.Secret(CANARY))
    assert len({msgnb.Secret(CANARY), msgnb.Secret(CANARY)}) == 1
    assert msgnb.Secret(CANARY) != CANARY
    assert not msgnb.Secret("")


def test_it_is_not_pickled() -> None:
    """Pickling a secret, or a client that holds one, is refused with what to do."""
    for thing in (msgnb.Secret(CANARY), msgnb.Blip("eDp5")):
        with pytest.raises(TypeError, match=r"msgnb\.connect|pickle"):
            pickle.dumps(thing)


def test_it_is_copied_as_itself() -> None:
    """A copy, also a deep one, is the same secret."""
    secret = msgnb.Secret(CANARY)
    assert copy.copy(secret) is copy.deepcopy([secret])[0] is secret


def test_it_is_not_json() -> None:
    """JSON refuses it rather than showing it."""
    with pytest.raises(TypeError):
        json.dumps(msgnb.Secret(CANARY))


def test_a_token_answer_hides_its_tokens_only() -> None:
    """The answer of a sign-in shows all but its tokens, and still holds them."""
    answer = TokenAnswer(access_token=CANARY, refresh_token=CANARY, token_type="Bearer", scope="Super User")
    assert CANARY not in f"{answer!r}{answer}"
    assert "Super User" in repr(answer)
    assert answer["access_token"] == CANARY
