"""Hostile uploads, and what reading one of them does to a process.

    python -m tests.imports.batches.hostile     reads all of them and prints growth and seconds

Each is a small file, or one as large as is allowed, made so that some part of a reader takes far
more memory or time than the file is worth.
"""

import contextlib
import io
import os
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

SHEET, TEXTS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
BOOK, RELS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
LARGEST = 20 << 20
# Bytes that a part unpacks to. What counts is whether they are refused, so fewer do.
SIZE = (70 if os.environ.get("HOSTILE_FILES") == "all" else 8) << 20
_PIECE = 1 << 20
HEADER = '<row r="1"><c t="inlineStr"><is><t>DeviceName</t></is></c></row>'
HEADER_OPEN = HEADER.removesuffix("</row>")
_SHEET = (f"<worksheet><sheetData>{HEADER}", "</sheetData></worksheet>")
_PARTS: Mapping[str, tuple[str, str]] = {
    SHEET: _SHEET,
    TEXTS: (f"<sst><si><t>{'灯' * 1000}</t></si>", "</sst>"),
    STYLES: ("<styleSheet>", "</styleSheet>"),
    BOOK: (
        '<workbook><sheets><sheet name="Devices" sheetId="1" r:id="rId1"/>',
        "</sheets></workbook>",
    ),
    RELS: (
        '<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>'
        '<Relationship Id="rId2" Type="x/sharedStrings" Target="sharedStrings.xml"/>'
        '<Relationship Id="rId3" Type="x/styles" Target="styles.xml"/>',
        "</Relationships>",
    ),
}
_LAUGHS = (
    '<!DOCTYPE w [<!ENTITY e0 "lol">'
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    + "]>"
)


def book(
    part: str = "", pieces: Iterable[str] = (), *, wrap: bool = True, head: bool = True
) -> bytes:
    """A workbook with one part made of these pieces, between what it begins and ends with."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, (begin, end) in _PARTS.items():
            with packed.open(name, "w") as file:
                if wrap or name != part:
                    file.write((begin if head else begin.replace(HEADER, HEADER_OPEN)).encode())
                for piece in pieces if name == part else ():
                    file.write(piece.encode())
                if wrap or name != part:
                    file.write(end.encode())
    return written.getvalue()


def times(text: str, size: int = SIZE) -> Iterator[str]:
    """So many bytes of it."""
    piece = text * max(1, _PIECE // len(text.encode()))
    for _ in range(size // len(piece.encode())):
        yield piece


def around(before: str, pieces: Iterator[str], after: str) -> Iterator[str]:
    yield before
    yield from pieces
    yield after


def numbered(form: str) -> Iterator[str]:
    """The form with 0, 1, 2, …"""
    count = SIZE // (len(form.encode()) + 5)
    for start in range(0, count, 10_000):
        yield "".join(form.format(n) for n in range(start, min(start + 10_000, count)))


def _directory(count: int) -> bytes:
    """An archive of nothing but names."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for number in range(count):
            packed.writestr(f"{number}", b"")
    return written.getvalue()


def _packed(method: int) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as packed:
        for name, (begin, end) in _PARTS.items():
            packed.writestr(name, begin + " " * (SIZE if name == BOOK else 0) + end)
    return written.getvalue()


def _twice() -> bytes:
    written = io.BytesIO(book())
    with zipfile.ZipFile(written, "a") as packed, contextlib.suppress(UserWarning):
        packed.writestr(SHEET.upper(), "<worksheet/>")
    return written.getvalue()


def _lying() -> bytes:
    """The sheet says that it unpacks to nothing, and then that it unpacks to 4 GB."""
    content = book(SHEET, times("<c/>"))
    size = sum(map(len, map(str.encode, _SHEET))) + sum(len(p) for p in times("<c/>"))
    return content.replace(size.to_bytes(4, "little"), b"\xff\xff\xff\xff")


def _wide_rows(rows: int) -> Iterator[str]:
    """Every row has fifty cells with the longest text there is, all the same one."""
    for _ in range(rows):
        yield "<row>" + '<c t="s"><v>0</v></c>' * 50 + "</row>"


def _csv(line: str, head: str = "DeviceName\n") -> bytes:
    return (head + line * ((LARGEST - len(head)) // len(line.encode()))).encode()


def _unique_rows() -> bytes:
    """As many rows as fit, with cells of unknown columns that are all different."""
    head = "DeviceName," + ",".join(f"c{n}" for n in range(40)) + "\n"
    cells = (f"lamp-{n:06}," + ",".join(f"{n:x}{c:02}" for c in range(40)) for n in range(99_000))
    return (head + "\n".join(cells)).encode()[:LARGEST]


FILES: Mapping[str, Callable[[], bytes]] = {
    "cells in one row": lambda: book(SHEET, around("<row>", times("<c/>"), "</row>")),
    "cells without a row": lambda: book(SHEET, times("<c/>")),
    "empty rows": lambda: book(SHEET, times("<row/>")),
    "rows far apart": lambda: book(SHEET, iter(['<row r="1048575"><c><v>1</v></c></row>'])),
    "wide rows of one long text": lambda: book(SHEET, _wide_rows(20_000)),
    "wide rows that are kept": lambda: book(
        SHEET,
        around(
            "".join(f'<c t="str"><v>c{n}</v></c>' for n in range(49)) + "</row>",
            _wide_rows(20_000),
            "",
        ),
        head=False,
    ),
    "merged cells": lambda: book(SHEET, times('<mergeCell ref="A1:XFD1048576"/>')),
    "dimension of everything": lambda: book(SHEET, iter(['<dimension ref="A1:XFD1048576"/>'])),
    "deep elements": lambda: book(SHEET, times("<a>")),
    "a tag of many attributes": lambda: book(SHEET, around("<row ", numbered('a{}="" '), "/>")),
    "a long attribute": lambda: book(SHEET, around('<row r="', times("é"), '"/>')),
    "a long name": lambda: book(SHEET, around("<", times("a"), "/>")),
    "a long comment": lambda: book(SHEET, around("<!--", times("a"), "-->")),
    "a long instruction": lambda: book(SHEET, around("<?x ", times("a"), "?>")),
    "a long cell": lambda: book(SHEET, around("<row><c><v>", times("é"), "</v></c></row>")),
    "a long section": lambda: book(SHEET, around("<v><![CDATA[", times("é"), "]]></v>")),
    "names of elements": lambda: book(SHEET, numbered("<e{}/>")),
    "names of attributes": lambda: book(SHEET, numbered('<c a{}=""/>')),
    "many texts": lambda: book(TEXTS, times("<si/>")),
    "different texts": lambda: book(TEXTS, numbered("<si><t>{:060}</t></si>")),
    "a long text": lambda: book(TEXTS, around("<si><t>", times("\U0001f4a1"), "</t></si>")),
    "texts of pieces": lambda: book(TEXTS, around("<si>", times("<r><t>a</t></r>"), "</si>")),
    "many styles": lambda: book(STYLES, around("<cellXfs>", times("<xf/>"), "</cellXfs>")),
    "many formats": lambda: book(
        STYLES, numbered('<numFmt numFmtId="{}" formatCode="' + "\U0001f4a1" * 200 + '"/>')
    ),
    "many sheets": lambda: book(BOOK, times('<sheet name="x" r:id="rId1"/>')),
    "sheets of long names": lambda: book(
        BOOK, times('<sheet name="' + "\U0001f4a1" * 100_000 + '" r:id="rId1"/>')
    ),
    "many relations": lambda: book(RELS, numbered('<Relationship Id="r{}" Target="x"/>')),
    "relations of long names": lambda: book(
        RELS, times('<Relationship Id="x" Target="' + "\U0001f4a1" * 100_000 + '"/>')
    ),
    **{
        f"entities in {part}": lambda part=part: book(  # type: ignore[misc]
            part, iter([f"{_LAUGHS}<w>&e11;</w>"]), wrap=False
        )
        for part in _PARTS
    },
    "names in the archive": lambda: _directory(20_000),
    "an archive packed by bzip2": lambda: _packed(zipfile.ZIP_BZIP2),
    "an archive packed by lzma": lambda: _packed(zipfile.ZIP_LZMA),
    "a part that is there twice": _twice,
    "a size that is a lie": _lying,
    "a line of cells": lambda: _csv("aa,"),
    "a line of one cell": lambda: _csv("é"),
    "a row of many lines": lambda: _csv('"\n",'),
    "a quotation that never ends": lambda: _csv("a\n", 'DeviceName\n"'),
    "lines of nothing": lambda: _csv("\n"),
    "lines of one letter": lambda: _csv("a\n"),
    "cells of unknown columns": _unique_rows,
    "wide letters": lambda: _csv("\U0001f4a1,\U0001f4a1\n"),
    "numbers": lambda: b"[" + b"1 " * (LARGEST // 2 - 1),
    "lists": lambda: b"[" * LARGEST,
    "an object of lists": lambda: b'{"a":[' + b"[]," * (LARGEST // 3 - 10) + b"[]]}",
    "objects": lambda: b"{}" * (LARGEST // 2),
    "an object that never ends": lambda: b'{"a":"' + b"a" * (LARGEST - 6),
    "deep objects": lambda: b'{"a":' * (LARGEST // 5),
    "a long number": lambda: b'{"a":' + b"1" * (LARGEST - 6) + b"}",
    "ClientIDs of one device": lambda: "".join(
        f'{{"ProductKey":"a1","DeviceName":"lamp","ClientId":"{n}"}}' for n in range(249_000)
    ).encode(),
    "devices": lambda: "".join(
        f'{{"ProductKey":"a1","DeviceName":"lamp-{n}","DeviceSecret":"{n:032}"}}'
        for n in range(220_000)
    ).encode(),
}
# These end only after seconds, at one of the limits of time and number.
SLOW = {"empty rows", "merged cells", "many texts", "texts of pieces", "lists"} | {
    f"wide rows {which}" for which in ("of one long text", "that are kept")
}


def memory(field: str) -> int:
    """Bytes of this process, as the kernel counts them: VmRSS, or VmHWM for the most so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(field))


def measure(content: bytes) -> Iterator[tuple[int, float, str]]:
    """Growth in bytes, seconds and the outcome, of reading it as a batch and as a fleet."""
    from common.errors import OperationError
    from imports.batches.reading import read_file
    from imports.fleet.reading import GivenFile, read_fleet

    readers: tuple[Callable[[], object], ...] = (
        lambda: read_file(io.BytesIO(content), LARGEST),
        lambda: read_fleet([GivenFile("x", io.BytesIO(content))], LARGEST, "a1"),
    )
    for read in readers:
        Path("/proc/self/clear_refs").write_text("5")
        before, began = memory("VmRSS"), time.process_time()
        try:
            outcome = f"read: {type(read()).__name__}"
        except OperationError as error:
            outcome = error.text
        yield memory("VmHWM") - before, time.process_time() - began, outcome


def main(names: list[str]) -> None:
    """A line for each reading: name, bytes, growth, seconds, outcome; with tabs between."""
    import django

    django.setup()
    for name, made in FILES.items():
        if names and name not in names:
            continue
        child = os.fork()  # so that what one leaves behind is not counted with the next
        if not child:
            content = made()
            for growth, seconds, outcome in measure(content):
                told = (name, len(content), growth, round(seconds, 1), outcome)
                sys.stdout.write("\t".join(map(str, told)) + "\n")
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
