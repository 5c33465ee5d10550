"""What a platform's table of operations says, for machines and for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgnb_mocks.core.contract import Names, contract
from msgnb_mocks.core.operations import Application, Operation

HEADING = ("operation", "method", "path or uri", "to", "sure", "errors", "what it does")


def document(application: Application) -> dict[str, Any]:
    """An OpenAPI 3.1 document of a platform.

    LIME commands share one path, where no OpenAPI can tell them apart; they are listed as `x-commands`.
    """
    paths: dict[str, dict[str, Any]] = {}
    examples = application.examples()
    for operation in application.operations:
        if not operation.postmasters:
            described = _described(operation, examples)
            paths.setdefault(operation.path, {})[operation.method.lower()] = described
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


def _described(operation: Operation, examples: dict[str, str]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _part(examples.get(name))}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
        for name in contract().get(operation.name, {}).get("query", ())
    ]
    known = contract().get(operation.name, {})
    answers: dict[str, Any] = {"default": {"description": "an answer"}}
    answers |= {str(status): {"description": "an error"} for status in operation.errors}
    if known.get("answer"):
        content = {"application/json": {"schema": schema(known["answer"], nullable=True)}}
        answers |= {"200": {"description": "what is documented", "content": content}}
    asked = _asked(operation, known.get("request"))
    return {**_facts(operation), "parameters": parameters, **asked, "responses": answers}


def _part(example: str | None) -> dict[str, Any]:
    """Any text, and one that there is."""
    text = {"type": "string", "minLength": 1}
    return {"anyOf": [{"enum": [example]}, text], "example": example} if example else text


def _asked(operation: Operation, names: Names | None) -> dict[str, Any]:
    """The body of a request, where it has one."""
    if operation.method not in {"POST", "PUT", "PATCH"} or not names:
        return {}
    kind = "application/x-www-form-urlencoded" if operation.name == "smsdrop.login" else "application/json"
    return {"requestBody": {"content": {kind: {"schema": schema(names)}}}}


def schema(names: Names, *, nullable: bool = False) -> dict[str, Any]:
    """A JSON schema of the documented names; what is beyond them is allowed.

    Args:
        names: with their types, as the contract has them.
        nullable: whether each may be `null` too, as examples show for what is empty.
    """
    if any(name.startswith("[]") for name in names):
        inner = {name.removeprefix("[].").removeprefix("[]"): kinds for name, kinds in names.items()}
        return {"type": "array", "items": schema(inner, nullable=nullable)}
    properties: dict[str, Any] = {}
    for name, kinds in names.items():
        if "." not in name and "[" not in name:
            inside = {
                each[len(name) + 1 :]: kind for each, kind in names.items() if each.startswith(f"{name}.")
            }
            listed = {each[len(name) :]: kind for each, kind in names.items() if each.startswith(f"{name}[]")}
            properties[name] = _property(kinds, inside, listed, nullable=nullable)
    return {"type": "object", "properties": properties}


def _below(names: Names, start: str, cut: int) -> Names:
    return {each[cut:]: kinds for each, kinds in names.items() if each.startswith(start)}


def _property(kinds: str, inside: Names, listed: Names, *, nullable: bool) -> dict[str, Any]:
    types = [kind for kind in kinds.split("|") if kind]
    if types in ([], ["null"]):
        return {}  # of what is empty in each example nobody knows the type
    # What one example has as a whole number another one has with a part of it.
    types = ["number" if kind == "integer" else kind for kind in types]
    found: dict[str, Any] = {"type": sorted({*types, "null"} if nullable else set(types))}
    if inside:
        found |= {"properties": schema(inside, nullable=nullable)["properties"]}
    if listed:
        found |= {"items": schema(listed, nullable=nullable)["items"]}
    return found


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
