"""Whether a person looks at a notebook, where bars, questions and views can be shown."""

from __future__ import annotations

import sys


def running() -> bool:
    """Whether this process is a notebook's kernel; other libraries load its modules elsewhere, too."""
    kernel = sys.modules.get("ipykernel.kernelapp")
    return kernel is not None and bool(kernel.IPKernelApp.initialized())
