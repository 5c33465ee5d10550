from msgnb.tables.schema import *
from msgnb.tables.schema import (
    as_texts,
    below,
    beside,
    columns,
    count,
    counts,
    flags,
    report,
    text,
    text_columns,
    texts,
    with_raw,
)
