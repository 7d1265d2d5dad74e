#!/usr/bin/env python3
"""Refuses an include that tools/layers.txt does not allow, and an oversized file.

usage: check_layers.py SOURCE_DIR LAYERS_TXT [MAX_LINES]
"""
import re
import sys
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath


def read_rules(path):
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    rules = (line.split(":") for line in lines if line)
    return [(layer.strip(), allowed.split()) for layer, allowed in rules]


def allowed_for(source, rules):
    """The first rule that names the file or its folder; None when no rule does."""
    for layer, allowed in rules:
        if fnmatchcase(str(source), layer) or fnmatchcase(str(source.parent), layer):
            return allowed
    return None


def problems(root, rules, max_lines):
    for path in sorted(root.rglob("*")):
        if path.suffix not in {".h", ".cc"} or "generated" in path.parts:
            continue
        source = PurePosixPath(path.relative_to(root).as_posix())
        lines = path.read_text().splitlines()
        if len(lines) > max_lines:
            yield f"{source}: {len(lines)} lines, at most {max_lines}"
        allowed = allowed_for(source, rules)
        if allowed is None:
            yield f"{source}: its folder is in no layer"
            continue
        for number, line in enumerate(lines, 1):
            quoted = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not quoted:
                continue
            folder = PurePosixPath(quoted[1]).parent
            if folder != source.parent and not any(fnmatchcase(str(folder), p) for p in allowed):
                yield f'{source}:{number}: may not include "{quoted[1]}"'


def main():
    root, layers = Path(sys.argv[1]), Path(sys.argv[2])
    max_lines = int(sys.argv[3]) if len(sys.argv) > 3 else 500
    found = list(problems(root, read_rules(layers), max_lines))
    print("\n".join(found) or "layers: ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
