"""Events: what platforms post, received while it happens.

`listener` is the HTTP receiver, `live` subscribes, keeps what arrives and renews, `event` is one event and
recognizes duplicates.

This room imports `msgnb.core` and `msgnb.tables`, and knows no client: a platform passes an `EventSource`.
"""
