"""Events: what platforms post to a webhook, received while it happens.

`live` is the feed of an account: it stores what arrives. `subscriber` keeps its subscriptions alive, and
notices when events may have been lost. `callbacks` passes events on. `listener` has the URLs that platforms
post to, and `server` reads the posts. `event` is one event, and recognizes duplicates. `source` is what a
platform implements.

This room imports `msgnb.core` and `msgnb.tables`, and knows no client. Platforms, `testing`, `app` and
`widgets` may import it.
"""
