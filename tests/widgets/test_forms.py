"""What all forms have in common, without a screen: what comes from the browser, and what goes there."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest

from msgnb.core.errors import InvalidRequest
from msgnb.platforms.message_kinds import Upload
from msgnb.widgets.form import Form, forget_values
from msgnb.widgets.ordered_inbox import OrderedInbox
from msgnb.widgets.parts import Button, Code, Control, FileControl, Pane, SecretControl


class Sample(Form):
    """A form with one of each."""

    presses: ClassVar = {"send": "submit", "pick": "pick"}

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.name = Control("text", "Name")
        self.size = Control("select", "Size", options=["small", "large"])
        self.sure = Control("check", "Sure", value=False)
        self.file = FileControl("File", accept="*", most=10)
        self.secret = SecretControl("Password")
        self.pane = Pane()
        super().__init__(
            "Sample",
            "of nobody",
            {
                "name": self.name, "size": self.size, "sure": self.sure, "file": self.file,
                "secret": self.secret, "pane": self.pane, "send": Button("Go"), "line": Code(),
            },
            ["name", ["size", "sure"], "file", "secret", "pane", ["send", "status"], "line"],
            look="sample",
            owner="nobody",
        )  # fmt: skip

    def submit(self) -> None:
        self.done.append((self.name.value, self.size.value))
        if self.name.value == "boom":
            raise RuntimeError("<oops>")

    def pick(self, value: str) -> None:
        self.done.append(value)

    def told(self, **message: Any) -> None:
        """A message of the browser."""
        self._receive(message, [])

    def spec(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.view["parts"][name]
        return found


def test_a_press_acts_on_what_was_told_before() -> None:
    """Changes and the press come in their order, and the press sees all of them."""
    form = Sample()
    for value in ("A", "An", "Ana"):
        form.told(do="change", name="name", value=value)
    form.told(do="change", name="size", value="large")
    form.told(do="press", name="send")
    assert form.done == [("Ana", "large")]
    assert form.view["answered"] == 1


def test_a_press_that_comes_too_early_waits_for_what_was_told_before() -> None:
    """A browser's messages come by two ways: what was told later is heard later, whichever is faster."""
    form = Sample()

    def arrives(number: int, view: str = "a", **told: Any) -> None:
        form.comm.handle_msg(
            {
                "content": {
                    "data": {
                        "method": "custom",
                        "content": {"view": view, "number": number, "message": told},
                    }
                },
                "buffers": [],
            }
        )

    arrives(0, do="change", name="name", value="A")
    arrives(3, do="press", name="send")
    arrives(2, do="change", name="size", value="large")
    assert form.done == []
    arrives(0, "another view", do="press", name="pick", value="42")
    assert form.done == ["42"]
    arrives(1, do="change", name="name", value="Ana")
    assert form.done == ["42", ("Ana", "large")]
    assert form.view["answered"] == 2


def test_messages_of_two_threads_are_heard_one_by_one() -> None:
    """However the threads of a kernel share them."""
    form = Sample()
    heard = OrderedInbox(form._receive)
    numbers = list(range(200))
    random.Random(7).shuffle(numbers)

    def tell(number: int) -> None:
        told = {"do": "press", "name": "pick", "value": str(number)}
        heard.receive(form, {"view": "a", "number": number, "message": told}, [])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, numbers))
    assert form.done == [str(number) for number in range(200)]


def test_what_a_person_types_is_never_written_back() -> None:
    """A value from the browser keeps its stamp, by which it is left alone there; ours gets a new one."""
    form = Sample()
    form.told(do="change", name="name", value="Ana")
    assert (form.spec("name")["value"], form.spec("name")["stamp"]) == ("Ana", 0)
    form.name.value = "Bia"
    assert (form.spec("name")["value"], form.spec("name")["stamp"]) == ("Bia", 1)


def test_nothing_is_raised_to_the_browser(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever comes or breaks, the form says so; the button may be pressed again."""
    form = Sample()
    form.told(do="change", name="size", value="huge")
    assert form.status.spec["words"] == "size: 'huge' is none of 'small', 'large'"
    form.told(do="change", name="name", value="boom")
    form.told(do="press", name="send")
    assert "RuntimeError: <oops>" in form.status.spec["words"]
    form.told(do="press", name="destroy")
    assert "'destroy' is none of send, pick" in form.status.spec["words"]
    assert form.view["answered"] == 2
    for odd in ({"do": "change", "name": "nobody", "value": 1}, {"do": "?"}, {}, [], None, "x"):
        form._receive(odd, [])
    assert form.name.value == "boom"


def test_a_press_may_carry_a_value() -> None:
    """Buttons in a pane say which row they are of."""
    form = Sample()
    form.told(do="press", name="pick", value="42")
    assert form.done == ["42"]


def test_a_file_comes_in_pieces() -> None:
    """Pieces are put together; what lacks one or is too large is refused, and nothing of it is kept."""
    form = Sample()
    about = {"do": "file", "name": "file", "file": "a.txt", "type": "text/plain", "size": 6}
    form._receive({**about, "offset": 0}, [memoryview(b"abc")])
    assert form.file.value is None
    form._receive({**about, "offset": 3}, [memoryview(b"def")])
    assert form.file.value == Upload("a.txt", "text/plain", b"abcdef")
    assert form.spec("file")["value"] == "a.txt"
    form._receive({**about, "offset": 3}, [memoryview(b"def")])
    assert "did not arrive in full" in form.status.spec["words"]
    form._receive({**about, "size": 11, "offset": 0}, [memoryview(b"")])
    assert "a.txt has 11 bytes; 10 are the most" in form.status.spec["words"]


def test_a_secret_is_in_nothing_that_is_shown_or_saved() -> None:
    """A secret is there for the handler, and in no state, repr or picture."""
    form = Sample()
    form.told(do="change", name="secret", value="hunter2-canary")
    assert form.secret.value.reveal() == "hunter2-canary"
    shown = [json.dumps(form.view), repr(form), str(form.get_state()), str(form._repr_mimebundle_())]
    assert not any("canary" in each for each in shown)
    form.told(do="change", name="secret", value="")
    assert form.secret.value.reveal() == "hunter2-canary"


def test_the_same_cell_again_has_what_was_put_in() -> None:
    """A new form of the same account begins with the last values, but with no secret and no file."""
    form = Sample()
    form.name.value, form.size.value, form.sure.value = "Ana", "large", True
    form.secret.typed("x")
    again = Sample()
    assert (again.name.value, again.size.value, again.sure.value) == ("Ana", "large", True)
    assert again.secret.value is None
    assert again.spec("name")["value"] == "Ana"


def test_what_was_put_in_is_forgotten() -> None:
    """After forgetting, a new form of the same account starts empty; one that is open goes on."""
    form = Sample()
    form.name.value = "Ana"
    forget_values()
    assert Sample().name.value == ""
    form.name.value = "Bia"
    form.show("sent", "gone")
    assert Sample().state == "ready"


def test_what_can_not_be_shown_is_replaced() -> None:
    """Control characters and half surrogate pairs reach no browser: they would break it or the connection."""
    form = Sample()
    form.name.value = "a\x00b\ud800c\x1b[31m"
    assert form.spec("name")["value"] == "a␀b�c␛[31m"
    json.dumps(form.view).encode()


def test_without_a_script_the_form_is_a_picture() -> None:
    """Where no widget is drawn there are its title and values, escaped."""
    form = Sample()
    form.name.value = "<b>$5 and $6</b>"
    bundle, _ = form._repr_mimebundle_()
    assert "Name: </span>&lt;b&gt;$5 and $6&lt;/b&gt;" in bundle["text/html"]
    assert "mathjax_ignore" in bundle["text/html"]
    assert bundle["text/plain"] == "<Sample of nobody state=ready>"


def test_unknown_choices_and_buttons_are_named() -> None:
    """Wrong names are refused with those that there are."""
    form = Sample()
    with pytest.raises(InvalidRequest, match="'huge' is none of 'small', 'large'"):
        form.size.value = "huge"
    with pytest.raises(InvalidRequest, match="is none of send, pick"):
        form.press("nothing")
