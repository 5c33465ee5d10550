"""Whether this process is the kernel of a notebook, where progress bars, prompts and views can be shown."""

from __future__ import annotations

import sys


def running() -> bool:
    """Return whether this process is a notebook's kernel."""
    # Other libraries import ipykernel outside of kernels too, so that it is loaded proves nothing.
    kernel = sys.modules.get("ipykernel.kernelapp")
    return kernel is not None and bool(kernel.IPKernelApp.initialized())
