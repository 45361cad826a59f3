"""The limits that a section's schema sets."""

from typing import Any

from xshot.params import Section


def number_schemas(schema: type[Section]) -> dict[str, dict[str, Any]]:
    """The JSON schema of every number of a section; of a list, that of its items."""
    found = {}
    for name, prop in schema.model_json_schema()["properties"].items():
        for option in prop.get("anyOf", [prop.get("items", prop)]):
            if option.get("type") in ("integer", "number"):
                found[name] = option
    return found


def extreme_floats(schema: type[Section]) -> list[tuple[str, float]]:
    """Every float of a section at its lowest and at its highest."""
    return [
        (name, float(prop[end]))
        for name, prop in number_schemas(schema).items()
        if prop["type"] == "number"
        for end in ("minimum", "maximum")
    ]
