"""BLiP: chatbots, by JSON commands over HTTP.

`platform` is the descriptor and `client` the client, each of whose resources has a module of its own. The way
down is client → resources → `connection`. `content` builds what a message contains, and is public as
`msgnb.content`; nothing else here is imported from outside this package, except through the descriptor and
the public names of `msgnb`.
"""

from msgnb.platforms.blip import content

NAME = "blip"

__all__ = ["NAME", "content"]
