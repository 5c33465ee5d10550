"""Events: what platforms post to a webhook, received while it happens.

`listener` is the HTTP server that receives posts. `live` subscribes it, stores what arrives, and renews the
subscriptions. `event` is one event, and recognizes duplicates.

This room imports `msgnb.core` and `msgnb.tables`, and knows no client: a platform passes an `EventSource`.
Platforms, `testing`, `app` and `widgets` may import it.
"""
