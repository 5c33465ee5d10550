"""`msgnb.aio`; its types are in `aio.pyi`, which is generated from the clients."""

from __future__ import annotations

from typing import Any

from msgnb.app.asynchronous import AsyncProxy


def aio(thing: Any, *, threads: int = 8) -> Any:
    """Return a client whose methods and resources are awaited.

    >>> async with msgnb.aio(msgnb.connect("netsapiens")) as pbx:
    ...     sessions = await pbx.sessions()
    ...     tables = await asyncio.gather(*(pbx.messages(name) for name in sessions["session"]))

    It works for anything that blocks: a client, an archive, or what `listen` returns. Cancelling a call that
    is in progress makes no further request, but does not take back a message that was sent: look it up before
    you send it again.

    Args:
        thing: the object whose methods are to be awaited.
        threads: how many of its calls run at the same time.
    """
    return AsyncProxy(thing, threads)
