"""What `import msgnb` costs beside `import requests`, each in a process of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15


def spent(statement: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started


def main() -> None:
    statements = ("import requests", "import msgnb", "import msgnb; msgnb.NetSapiens")
    times: dict[str, list[float]] = {statement: [] for statement in statements}
    for _ in range(RUNS):
        for statement, found in times.items():
            found.append(spent(statement))
    floor, package, client = (statistics.median(found) for found in times.values())
    print(f"import msgnb: {package / floor:.2f} × import requests (at most 1.15)")
    print(f"with a client: {client / floor:.2f} ×")


if __name__ == "__main__":
    main()
