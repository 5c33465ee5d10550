"""History: every message of an account, read once or kept in an archive.

`reading` reads all sessions in parallel into one table. `archive` is a folder of Parquet files: `sync`
decides what to fetch, and `files` stores it. `reader` is what a platform implements, and `errors` has the
error of a history that is not complete.

This room imports `msgnb.core` and `msgnb.tables`, and knows no client: a client passes a `HistoryReader`.
Platforms, `testing`, `app` and `widgets` may import it.
"""
