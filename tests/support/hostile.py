"""Texts that strangers could write to break a page, or to run something in it."""

from __future__ import annotations

RAN = "window.__ran = (window.__ran || 0) + 1"
"""What each script would do; a page in which nothing ran has no such global."""

CORPUS = (
    f"<script>{RAN}</script>",
    f"<img src=x onerror='{RAN}'>",
    f'"><svg onload="{RAN}">',
    f"</script><script>{RAN}</script>",
    f"</pre></textarea></option></style><script>{RAN}</script>",
    f"' onmouseover='{RAN}' autofocus onfocus='{RAN}' x='",
    f"javascript:{RAN}",
    f"<iframe srcdoc=\"<script>parent.{RAN}</script>\"></iframe>",
    f"<details open ontoggle=\"{RAN}\">",
    "<style>*{display:none!important}</style>",
    "</div></div></div><h1>broken out</h1>",
    "$5 and $6, $$\\href{javascript:alert(1)}{x}$$ \\(a\\)",
    "{{7*7}} ${7*7} <%= 7*7 %> %s %d {name}",
    "\u202eright to left override\u2066 isolate",
    "zero\u200bwidth\u200d\ufeffjoiners",
    "combining " + "z" + "\u0335\u0336\u0337" * 200,
    "nul\x00 escape\x1b[31m bell\x07 del\x7f",
    "x" * 100_000,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e7\U0001f1f7 \U0001f44d\U0001f3ff",
    "[click](javascript:alert(1)) **bold** `code`",
    "position:fixed;top:0;left:0;width:100vw;height:100vh;background:red",
)  # fmt: skip
