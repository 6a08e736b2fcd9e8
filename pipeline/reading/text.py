"""Bytes to text: the encodings in which Dutch news is found on disk.

In order: a byte order mark; UTF-16 without one, seen by its zero bytes; UTF-8; the charset that
an HTML page declares; Windows-1252. Bytes that are no UTF-8 in a text that otherwise is, are read
as Windows-1252 one by one, so a page pasted together from two sites comes out whole. That single
rule also reads plain Windows-1252: an accented letter before an ASCII letter is never UTF-8.
"""

from __future__ import annotations

import codecs
import io
import re
from typing import BinaryIO

# The name of our error handler in the registry of `codecs`.
_MIXED = "kortom.mixed"
_MARKS = (
    # UTF-32 before UTF-16: the little-endian mark of the first begins with that of the second.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_MAGIC = (
    (b"%PDF", "a PDF", "take the text out first, e.g. with pdftotext"),
    (b"PK\x03\x04", "a zip archive (or docx, odt)", "unpack it, or save it as text"),
    (b"\xd0\xcf\x11\xe0", "an old Word document", "save it as text"),
    (b"{\\rtf", "an RTF document", "save it as text"),
    (b"\x1f\x8b", "compressed with gzip", "let its name end in .gz"),
    (b"BZh", "compressed with bzip2", "unpack it"),
    (b"\xfd7zXZ", "compressed with xz", "unpack it"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it"),
    (b"PAR1", "a parquet file", "let its name end in .parquet"),
    (b"\x89PNG", "a PNG image", "remove it"),
    (b"\xff\xd8\xff", "a JPEG image", "remove it"),
    (b"GIF8", "a GIF image", "remove it"),
)
_CONTROLS = bytes(sorted({*range(32), 127} - set(b"\t\n\v\f\r\x1b\x08")))
_HIGH = bytes(range(128, 256))
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,30})", re.IGNORECASE)
# Single-byte families and the East Asian ones that the web still uses. UTF-7, UTF-16 and Python's
# own escapes are left out: a page that reads as ASCII up to its declaration is in none of them.
_DECLARABLE = re.compile(
    r"(x-)?(iso[-_]?8859[-_]?\d+|windows[-_]?\d+|cp\d+|ibm\d+|latin\d|koi8[-_]?[ru]|mac.*"
    r"|gb2312|gbk|gb18030|big5|euc-\w+|shift_jis)",
    re.IGNORECASE,
)
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotTextError(ValueError):
    """The bytes are no text; the message says what they are and what to do."""


def decode(data: bytes, *, html: bool = False) -> str:
    """The text in `data`, whatever its encoding; line ends are left as they are.

    Args:
        data: All the bytes of the file.
        html: Also look for a charset that the page declares.

    Raises:
        NotTextError: It is binary, or in an encoding that is neither recognised nor declared.
    """
    encoding = _marked(data) or _unmarked_utf16(data)
    if encoding is not None:
        return _without_surrogates(data.decode(encoding, "replace"))
    check_text(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _declared(data) if html else None
    if declared is not None:
        return data.decode(declared, "replace")
    _check_western(data)
    return data.decode("utf-8", _MIXED)


def open_text(stream: BinaryIO, *, head: bytes) -> io.TextIOWrapper:
    """`stream` as text, decoded as it is read by the same rules, its line ends kept.

    Args:
        stream: At its start.
        head: Its first bytes, up to a few thousand, not yet taken from it.

    Raises:
        NotTextError: The head is binary or in an unknown encoding.
    """
    encoding = _marked(head) or _unmarked_utf16(head)
    if encoding is None:
        check_text(head)
        try:
            # Incremental, because the head may end inside a character.
            codecs.getincrementaldecoder("utf-8")().decode(head)
        except UnicodeDecodeError:
            _check_western(head)
    return io.TextIOWrapper(stream, encoding or "utf-8", _MIXED, newline="")


def check_text(data: bytes) -> None:
    """Pass if `data`, in an encoding that extends ASCII, can be text.

    Raises:
        NotTextError: It begins as a known binary format, or over 1% of it is control characters.
    """
    for magic, what, remedy in _MAGIC:
        if data.startswith(magic):
            raise NotTextError(f"is {what}, not text; {remedy}")
    controls = _share(data, _CONTROLS)
    # Random bytes have 10%; a scraped text with a stray form feed or NUL has far less than 1%.
    if controls > 0.01:
        raise NotTextError(
            f"is binary ({controls:.0%} of its bytes are control characters), not text; "
            "remove it, or convert it to text"
        )


def clean_surrogates(text: str) -> str:
    """`text` with lone surrogates, which no encoding can write, turned into U+FFFD."""
    return _without_surrogates(text)


def _without_surrogates(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _check_western(data: bytes) -> None:
    high = _share(data, _HIGH)
    # In Dutch, French or German about one byte in thirty is above 127; in Greek, Russian or
    # Japanese most are. The wide gap makes the threshold safe, but not for a word like "één".
    if high > 0.3 and len(data) >= 64:
        raise NotTextError(
            f"is in an unknown encoding ({high:.0%} of its bytes are above 127, and it is not "
            "UTF-8); convert it to UTF-8, e.g. with iconv"
        )


def _marked(data: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)


def _unmarked_utf16(data: bytes) -> str | None:
    head = data[:4096]
    half = len(head) // 2
    if half < 8:
        return None
    # Latin letters in UTF-16 have a zero in every other byte; text in another encoding has none.
    even, odd = head[0::2].count(0) / half, head[1::2].count(0) / half
    if odd > 0.7 and even < 0.05:
        return "utf-16-le"
    if even > 0.7 and odd < 0.05:
        return "utf-16-be"
    return None


def _declared(data: bytes) -> str | None:
    found = _CHARSET.search(data, 0, 4096)
    if found is None or not _DECLARABLE.fullmatch(name := found[1].decode("ascii", "replace")):
        return None
    # The web's own rule: Latin-1 and its alias mean Windows-1252, which has the curly quotes.
    if re.fullmatch(r"(iso[-_]?8859[-_]?1|latin1)", name, re.IGNORECASE):
        name = "windows-1252"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def _share(data: bytes, wanted: bytes) -> float:
    return (len(data) - len(data.translate(None, wanted))) / len(data) if data else 0.0


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_MIXED, _as_windows_1252)
