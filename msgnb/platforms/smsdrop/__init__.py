"""SMSDrop: SMS campaigns.

`platform` is the descriptor and `client` the client; its resources are `campaigns`, `sessions` and `messages`. The
way down is client → resources → `connection`. Nothing here is imported from outside this package, except through
the descriptor and the public names of `msgnb`.
"""

NAME = "smsdrop"
