"""What the messages tell: table in, table out, in the kind of table that came in.

    from msgnb import analysis
    analysis.volume(messages, by="week", zone="America/Sao_Paulo")

* Every function takes a table `messages` of pandas, Polars, DuckDB, Dask or PySpark and answers in kind: what
  is too large for this machine is counted where it is.
* Messages of a session stand in the order of their times; those of the same time in the order of their ids.
* Times are counted in a zone that is named, by its own rules for summer; without one in UTC. Where a result
  has times of a zone, as a period, they do not say so.
"""

from msgnb.analysis.frames import STAGES
from msgnb.analysis.volumes import agents, busy, cohorts, funnel, volume
from msgnb.analysis.waiting import GAP, conversations, responses, unanswered
from msgnb.analysis.words import OPT_OUTS, keywords, ngrams, opt_outs

__all__ = [
    "GAP",
    "OPT_OUTS",
    "STAGES",
    "agents",
    "busy",
    "cohorts",
    "conversations",
    "funnel",
    "keywords",
    "ngrams",
    "opt_outs",
    "responses",
    "unanswered",
    "volume",
]
