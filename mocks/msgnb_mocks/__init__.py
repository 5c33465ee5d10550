"""Mock servers for BLiP, NetSapiens and SMSDrop, on this machine and without an account.

    with msgnb_mocks.serve(seed=7) as servers:
        requests.get(servers.credentials["netsapiens"]["url"] + "/ns-api/v2/version")

The same from a shell: `python -m msgnb_mocks --port 0 --seed 7`. In one's own process, with no socket:
`msgnb_mocks.inprocess.InProcess`, or `msgnb.offline()` with ready clients.

The mocks follow the platforms' documents, not what a client happens to send, and share no code with one.
"""

from msgnb_mocks.core.registry import platforms
from msgnb_mocks.hosting.serving import Servers, serve
from msgnb_mocks.world.world import World

__all__ = ["Servers", "World", "platforms", "serve"]
