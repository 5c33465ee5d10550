"""History: every message of an account, read once or kept in an archive.

`reading` reads all sessions in parallel into one table; `archive` is a folder of Parquet files that `sync` brings
up to date and `files` stores. `reader` is what a platform implements.

This room imports `msgnb.core` and `msgnb.tables`, and knows no client: a client passes a `HistoryReader`.
"""
