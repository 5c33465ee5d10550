"""Analysis of messages: functions that take a `messages` table and return a table.

    from msgnb import analysis
    analysis.volume(messages, by="week", zone="America/Sao_Paulo")

* Each function takes a table of pandas, Polars, DuckDB, Dask or PySpark and returns the same type, computed
  by that library.
* Messages of a session are in the order of their times; those of the same time in the order of their IDs.
* Periods, weekdays and hours are those of a time zone by name, with its daylight saving time; without one in
  UTC. Times of a zone in a result, such as `period`, have no zone themselves. Messages without a time are in
  no period.

This room imports `msgnb.tables` and `msgnb.core` only. Functions are *measures*: `measures` explains how to
declare one, and `volumes`, `waiting` and `words` contain them. `accessor` is `frame.msg`, `charts` draws.
Importing the room loads neither pandas nor Altair.
"""

from msgnb.analysis.frames import STAGES
from msgnb.analysis.measures import MEASURES, Measure
from msgnb.analysis.volumes import agents, busy, cohorts, funnel, volume
from msgnb.analysis.waiting import GAP, conversations, responses, unanswered
from msgnb.analysis.words import OPT_OUTS, keywords, ngrams, opt_outs

__all__ = [
    "GAP",
    "MEASURES",
    "OPT_OUTS",
    "STAGES",
    "Measure",
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
