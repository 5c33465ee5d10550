"""What a platform's table of operations says, for machines and for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgnb_mocks.operations import Application, Operation

HEADING = ("operation", "method", "path or uri", "to", "sure", "errors", "what it does")


def document(application: Application) -> dict[str, Any]:
    """An OpenAPI 3.1 document of a platform.

    LIME commands share one path, where no OpenAPI can tell them apart; they are listed as `x-commands`.
    """
    paths: dict[str, dict[str, Any]] = {}
    for operation in application.operations:
        if not operation.postmasters:
            paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    commands = [
        {
            "method": operation.method,
            "uri": operation.path,
            "to": list(operation.postmasters),
            **_facts(operation),
        }
        for operation in application.operations
        if operation.postmasters
    ]
    return {
        "openapi": "3.1.0",
        "info": {"title": f"msgnb mock of {application.name}", "version": "1"},
        "paths": paths,
        **({"x-commands": commands} if commands else {}),
    }


def listing(applications: Iterable[Application]) -> str:
    """A Markdown table of all operations."""
    rows = [HEADING, *[_row(operation) for one in applications for operation in one.operations]]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(HEADING), *lines[1:]]) + "\n"


def _facts(operation: Operation) -> dict[str, Any]:
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "x-evidence": str(operation.evidence),
        "x-section": operation.section,
        "x-errors": list(operation.errors),
    }


def _described(operation: Operation) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    answers = {"default": {"description": "an answer"}} | {
        str(status): {"description": "an error"} for status in operation.errors
    }
    return {**_facts(operation), "parameters": parameters, "responses": answers}


def _row(operation: Operation) -> tuple[str, ...]:
    return (
        f"`{operation.name}`",
        operation.method,
        f"`{operation.path}`",
        operation.postmasters[0] if operation.postmasters else "",
        str(operation.evidence),
        ", ".join(map(str, operation.errors)),
        operation.summary.rstrip("."),
    )
