"""Mock servers for messaging platforms, on this machine and without an account.

    with msgnb_mocks.serve(seed=7) as servers:
        requests.get(servers.credentials["acme"]["url"])

The same from a shell: `python -m msgnb_mocks --port 0 --seed 7`. Inside a process, without a socket:
`msgnb_mocks.hosting.inprocess.InProcess`, or `msgnb.offline()` with ready clients.

The mocks follow the platforms' documents, not what a client happens to send, and share no code with a client:
they import nothing of msgnb. Their rooms import downward: `hosting` → `ui` → `platforms` → `world` → `core`.
"""

from msgnb_mocks.core.registry import applications
from msgnb_mocks.hosting.serving import Servers, serve
from msgnb_mocks.world.world import World

__all__ = ["Servers", "World", "applications", "serve"]
