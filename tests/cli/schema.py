"""A validator for the part of JSON Schema that ours uses, so that no package is needed."""

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int,
         "number": (int, float)}


def is_type(value, name):
    if name in ("integer", "number") and isinstance(value, bool):
        return False
    return isinstance(value, TYPES[name])


def problems(value, schema, root, path="$"):
    """Sentences about what is wrong; nothing when the value is valid."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        yield from problems(value, root["$defs"][name], root, path)
    if "anyOf" in schema and not any(not list(problems(value, s, root, path)) for s in schema["anyOf"]):
        yield f"{path}: fits none of {schema['anyOf']}"
    if "const" in schema and value != schema["const"]:
        yield f"{path}: is not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is not one of {schema['enum']}"
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(is_type(value, name) for name in names):
            yield f"{path}: {value!r} is no {' or '.join(names)}"
            return
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            yield from problems(item, schema["items"], root, f"{path}[{i}]")
    if isinstance(value, dict):
        yield from object_problems(value, schema, root, path)


def object_problems(value, schema, root, path):
    known = schema.get("properties", {})
    for key in schema.get("required", []):
        if key not in value:
            yield f"{path}: lacks {key}"
    for key, item in value.items():
        if key in known:
            yield from problems(item, known[key], root, f"{path}.{key}")
        elif schema.get("additionalProperties") is False:
            yield f"{path}: unexpected {key}"
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from problems(item, schema["additionalProperties"], root, f"{path}.{key}")
