"""Holds simulated calls and answers against the provider's own OpenAPI document, when it is at hand."""

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from connectors.kit.calls import Call, Endpoint, Reply

ENVIRONMENT = "LETTRAGE_SPECS"


def spec_path(name: str) -> Path | None:
    """The OpenAPI file `name` in the folder of the environment variable, or beside the repository."""
    named = os.environ.get(ENVIRONMENT)
    beside = Path(__file__).resolve().parents[3] / "shared" / "reference" / "specs"
    path = (Path(named) if named else beside) / name
    return path if path.is_file() else None


def _nullable(node: Any) -> Any:
    """OpenAPI 3.0 to JSON Schema: `nullable` becomes a type; examples and the like are dropped."""
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _nullable(value) for key, value in node.items() if key not in ("example", "examples")}
    if plain.pop("nullable", False) is True:
        if isinstance(plain.get("enum"), list):
            plain["enum"] = [*plain["enum"], None]
        return {"anyOf": [{"type": "null"}, plain]}
    return plain


@lru_cache(maxsize=4)
def _load(path: Path) -> dict[str, Any] | None:
    try:
        import jsonschema  # noqa: F401
        import yaml
    except ImportError:
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if path.suffix == ".json":
        import json

        return _nullable(json.loads(path.read_bytes()))  # type: ignore[no-any-return]  # checked by its users
    return _nullable(yaml.load(path.read_bytes(), Loader=loader))  # type: ignore[no-any-return]  # noqa: S506  # a safe loader


class Specification:
    """An OpenAPI 3.0 document: which parameters a call may carry, which shape an answer has."""

    def __init__(self, document: dict[str, Any], drop: str = "") -> None:
        self._document, self._drop = document, drop
        self._validators: dict[tuple[str, str, int], Any] = {}
        self._paths = {_pattern(path): item for path, item in document["paths"].items()}

    @classmethod
    def find(cls, name: str) -> Self | None:
        """The named document, or None when it or the validator is not installed here."""
        path = spec_path(name)
        document = _load(path) if path else None
        return cls(document) if document else None

    def _operation(self, endpoint: Endpoint) -> dict[str, Any] | None:
        wanted = _pattern(endpoint.path)
        for pattern, item in self._paths.items():
            if wanted == pattern or wanted.endswith(pattern):
                operation = item.get(endpoint.method.lower())
                if operation is not None:
                    return {
                        **operation,
                        "parameters": item.get("parameters", []) + operation.get("parameters", []),
                    }
        return None

    def request_problems(
        self, endpoint: Endpoint, call: Call, newer: frozenset[str] = frozenset()
    ) -> list[str]:
        """Query parameters the document does not name, or values it does not allow."""
        operation = self._operation(endpoint)
        if operation is None:
            return []
        known = {p["name"]: p for p in map(self._resolved, operation["parameters"]) if p.get("in") == "query"}
        problems = []
        for name, values in call.query.items():
            parameter = known.get(name) or known.get(name.removesuffix("[]")) or known.get(name.split("[")[0])
            if parameter is None and name in newer:
                continue
            if parameter is None:
                problems.append(f"request {endpoint.path}: parameter {name} is not documented")
            elif enum := self._resolved(parameter.get("schema", {})).get("enum"):
                problems += [
                    f"request {endpoint.path}: {name}={v}" for v in values if v not in map(str, enum)
                ]
        return problems

    def reply_problems(
        self, endpoint: Endpoint, reply: Reply, deviations: frozenset[str] = frozenset()
    ) -> list[str]:
        """Where the body of an answer leaves the documented schema (the first few places), except in
        fields known to differ from the document."""
        validator = self._validator(endpoint, reply.status)
        found = map(_deepest, validator.iter_errors(reply.body)) if validator else ()
        wrong = [e for e in found if not e.absolute_path or e.absolute_path[-1] not in deviations]
        return [f"reply {endpoint.path} {_place(error)}" for error in wrong[:3]]

    def _validator(self, endpoint: Endpoint, status: int) -> Any:
        from jsonschema import Draft202012Validator

        key = (endpoint.method, endpoint.path, status)
        if key not in self._validators:
            operation = self._operation(endpoint)
            content = self._content(operation, status) if operation else {}
            schema = content.get("application/json", {}).get("schema")
            rooted = schema and {**schema, "components": self._document.get("components", {})}
            self._validators[key] = Draft202012Validator(rooted) if rooted else None
        return self._validators[key]

    def _content(self, operation: dict[str, Any], status: int) -> dict[str, Any]:
        response = operation.get("responses", {}).get(str(status), {})
        return self._resolved(response).get("content") or {}

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node


def _deepest(error: Any) -> Any:
    from jsonschema.exceptions import best_match

    return best_match([error]) or error


def _place(error: Any) -> str:
    return f"{'/'.join(map(str, error.absolute_path))}: {error.message[:160]}"


def _pattern(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)
