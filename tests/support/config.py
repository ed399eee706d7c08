"""Writes configuration files: libconfig's syntax from Python's values."""

import json


def value(thing, indent=0):
    """dict → group, tuple → list, list → array, str, bool, int and float as themselves."""
    pad = "  " * indent
    if isinstance(thing, dict):
        return "{\n" + members(thing, indent + 1) + pad + "}"
    if isinstance(thing, tuple):
        return "( " + ", ".join(value(one, indent) for one in thing) + " )"
    if isinstance(thing, list):
        return "[ " + ", ".join(value(one, indent) for one in thing) + " ]"
    if isinstance(thing, bool):
        return "true" if thing else "false"
    if isinstance(thing, int):
        return f"{thing}L" if abs(thing) >= 1 << 31 else str(thing)
    if isinstance(thing, float):
        return repr(thing)
    return json.dumps(str(thing), ensure_ascii=False)


def members(group, indent=0):
    return "".join(f"{'  ' * indent}{key} = {value(thing, indent)};\n" for key, thing in group.items())


def merged(base, changes):
    """`base` with `changes` laid over it: groups are merged, all else is replaced; None takes a member away."""
    result = dict(base)
    for key, thing in changes.items():
        if thing is None:
            result.pop(key, None)
        elif isinstance(thing, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], thing)
        else:
            result[key] = thing
    return result
