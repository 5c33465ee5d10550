"""The table of operations of a platform, for machines (OpenAPI) and for people (Markdown)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgnb_mocks.core.application import Application
from msgnb_mocks.core.contract import documented
from msgnb_mocks.core.descriptor import Names
from msgnb_mocks.core.operations import Operation

HEADING = ("operation", "method", "path or uri", "to", "evidence", "errors", "what it does")
WRITING_METHODS = frozenset({"POST", "PUT", "PATCH"})


def document(application: Application) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document of a platform.

    Commands that share one path can't be told apart in OpenAPI; they are listed as `x-commands`.
    """
    paths: dict[str, dict[str, Any]] = {}
    examples = application.examples()
    for operation in application.operations:
        if not operation.postmasters:
            described = _describe(operation, examples)
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
    """Return a Markdown table of all operations."""
    rows = [HEADING, *[_row(operation) for one in applications for operation in one.operations]]
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(HEADING), *lines[1:]]) + "\n"


def schema(names: Names, *, nullable: bool = False) -> dict[str, Any]:
    """Return a JSON schema of documented fields; further fields are allowed.

    Args:
        names: the fields with their types, as in a contract.
        nullable: whether each may be `null` too, as examples show for what is empty.
    """
    # The body itself is a list; its fields have names such as `[].id`.
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


def _facts(operation: Operation) -> dict[str, Any]:
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "x-evidence": str(operation.evidence),
        "x-section": operation.section,
        "x-errors": list(operation.errors),
    }


def _describe(operation: Operation, examples: dict[str, str]) -> dict[str, Any]:
    known = documented(operation.name)
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _part(examples.get(name))}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
        for name in known.get("query", ())
    ]
    responses: dict[str, Any] = {"default": {"description": "a response"}}
    responses |= {str(status): {"description": "an error"} for status in operation.errors}
    if known.get("response"):
        content = {"application/json": {"schema": schema(known["response"], nullable=True)}}
        responses |= {"200": {"description": "what is documented", "content": content}}
    body = _request_body(operation, known.get("request"))
    return {**_facts(operation), "parameters": parameters, **body, "responses": responses}


def _part(example: str | None) -> dict[str, Any]:
    """Return the schema of a part of a path: any text, and one that exists."""
    # Requests that are generated with invented IDs only would hardly ever get past a 404.
    text = {"type": "string", "minLength": 1}
    return {"anyOf": [{"enum": [example]}, text], "example": example} if example else text


def _request_body(operation: Operation, names: Names | None) -> dict[str, Any]:
    """Return the description of a request's body, if it has one."""
    if operation.method not in WRITING_METHODS or not names:
        return {}
    return {"requestBody": {"content": {operation.request_type: {"schema": schema(names)}}}}


def _property(kinds: str, inside: Names, listed: Names, *, nullable: bool) -> dict[str, Any]:
    types = [kind for kind in kinds.split("|") if kind]
    if types in ([], ["null"]):
        return {}  # the type of a field that is empty in every example is unknown
    # What is a whole number in one example may have a fraction in another.
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
