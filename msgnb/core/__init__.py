"""Core: what every other room stands on, and what knows neither a platform nor pandas.

`http` is the only module that makes requests, with `responses`, `pacing`, `paging`, `tokens` and `secrets` around
it; `errors` is the tree of everything that is raised on purpose; `progress`, `notebook`, `html`, `times`, `phones`
and `views` are small tools that other rooms share.

This room imports nothing else of msgnb.
"""
