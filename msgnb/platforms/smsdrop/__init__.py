"""SMSDrop: SMS campaigns.

The platform knows campaigns and nothing else, so everything is made from them: a session is what one phone
number received over all campaigns (`conversations`), and a message is one recipient of one campaign
(`to_tables`).

`platform` is the descriptor and `client` the client. Imports go down from there: client → resources
(`campaigns`, `conversations`, `subscriptions`) and `campaign_sender` → `delivery` → `connection`, which signs
in with `auth`; `models` are the objects that the methods accept and return. Nothing here is imported from
outside this package, except through the descriptor and the public names of `msgnb`.
"""

NAME = "smsdrop"
