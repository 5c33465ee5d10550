"""NetSapiens: a PBX with SMS, MMS, chat, calls and webhooks.

`platform` is the descriptor and `client` the client; its resources are `sessions`, `messages`, `contacts`,
`subscriptions`, `calls` and `numbers`. The way down is client → resources → `connection` → `auth`. Nothing
here is imported from outside this package, except through the descriptor and the public names of `msgnb`.
"""

NAME = "netsapiens"
