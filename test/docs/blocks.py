# SPDX-License-Identifier: MIT
"""The blocks of code in Markdown and man pages, each with its kind.

Markdown: the words behind the fence, e.g. ```json policy or ```sh norun: REASON.
Man pages: a comment of the same words before the block:

    .\\" block: json policy
    .EX
    ...
    .EE

Or, with the mdoc macros, .Bd -literal and .Ed.
"""

import re
from dataclasses import dataclass

FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
MAN_BEGIN, MAN_END = (".EX", ".nf", ".Bd -literal"), {".EE", ".fi", ".Ed"}
MAN_ESCAPES = (("\\-", "-"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\&", ""), ("\\e", "\\"),
               ("\\(rs", "\\"), ("\\(ti", "~"), ("\\(ha", "^"), ("\\~", " "))
MAN_FONT = re.compile(r"\\f(\[[^]]*\]|.)")


@dataclass
class Block:
    file: str
    line: int  # of the first line of its text
    kind: str  # "json policy", "sh norun: ...", ""
    text: str

    @property
    def place(self):
        return f"{self.file}:{self.line}"


def markdown(name, text):
    found, lines = [], text.split("\n")
    i = 0
    while i < len(lines):
        opened = FENCE.match(lines[i])
        i += 1
        if not opened:
            continue
        indent, fence, kind = opened.groups()
        start = i
        while i < len(lines) and lines[i].strip() != fence:
            i += 1
        body = [line[len(indent):] if line.startswith(indent) else line for line in lines[start:i]]
        found.append(Block(name, start + 1, kind.strip(), "\n".join(body) + "\n"))
        i += 1
    return found


def plain(line):
    """What man prints for a line of a block."""
    if line.startswith((".B ", ".I ")):
        line = line[3:]
    line = MAN_FONT.sub("", line)
    for escape, character in MAN_ESCAPES:
        line = line.replace(escape, character)
    return line


def man(name, text):
    found, kind, body, start = [], "", None, 0
    for number, line in enumerate(text.split("\n"), 1):
        if body is None and (mark := re.match(r'[.\']\\" block: *(.*)$', line)):
            kind = mark.group(1).strip()
        elif body is None and line.strip().startswith(MAN_BEGIN):
            body, start = [], number + 1
        elif body is not None and line.strip() in MAN_END:
            found.append(Block(name, start, kind, "\n".join(body) + "\n"))
            body, kind = None, ""
        elif body is not None:
            body.append(plain(line))
    return found


def of_file(path, name):
    text = path.read_text(encoding="utf-8")
    return markdown(name, text) if path.suffix == ".md" else man(name, text)
