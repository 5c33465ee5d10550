"""Core: what every other room uses, and what knows neither a platform nor pandas.

`http` is the only module that makes requests. Around it are `responses` (what came back), `pacing` (rate
limits), `paging` (complete lists), `cancellation`, `tokens` and `secrets`. `errors` is the tree of everything
that msgnb raises on purpose. `progress`, `notebook`, `views`, `html`, `times`, `phones` and `sending` are
small tools that other rooms share.

This room imports nothing else of msgnb; every other room may import it.
"""
