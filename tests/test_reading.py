"""Files to articles: names, order, encodings, columns, and everything that can be wrong."""

import csv
import gzip
import hashlib
import io
import json
import os
import re
import tracemalloc
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.article import Article
from pipeline.reading import InputError, measure, read_articles
from pipeline.reading.text import NotTextError, decode

DUTCH = "De burgemeester van 's-Hertogenbosch zei dat één café in Fryslân „gewoon” open mag."


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(name: str, content: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def only(path: str | Path, **options: Any) -> Article:
    [article] = read_articles(path, **options)
    return article


def error_of(path: str | Path, **options: Any) -> str:
    article = only(path, **options)
    assert article.error is not None
    assert article.text == ""
    assert article.source is not None
    assert article.error.startswith(article.source.partition("#")[0])
    return article.error


# What is found, in which order, under which name


def test_a_folder_is_read_in_order_of_name_without_hidden_files() -> None:
    for name in ("b.txt", "a/z.html", "a/y.md", "c.htm", ".hidden.txt", ".git/x.txt", "a/.b/x.txt"):
        put(f"in/{name}", DUTCH)
    articles = list(read_articles("in"))
    assert [x.id for x in articles] == ["a/y.md", "a/z.html", "b.txt", "c.htm"]
    assert [x.source for x in articles] == ["in/a/y.md", "in/a/z.html", "in/b.txt", "in/c.htm"]
    assert [x.markup for x in articles] == ["auto", "html", "auto", "html"]


def test_a_file_has_one_source_however_it_is_spelled(here: Path) -> None:
    put("in/a.txt", DUTCH)
    spellings: list[str | Path] = ["in", "./in/", here / "in", "in/../in/a.txt", "in/*.txt", "i*"]
    assert {article.source for x in spellings for article in read_articles(x)} == {"in/a.txt"}


def test_a_file_outside_the_working_folder_has_an_absolute_source(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put("in/a.txt", DUTCH)
    absolute = str(path.absolute())
    (here / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert only("../in/a.txt").source == absolute


def test_a_file_has_the_hash_of_its_bytes_and_a_row_none() -> None:
    data = b"\xef\xbb\xbf" + DUTCH.encode()
    put("a.txt", data)
    put("b.txt.gz", gzip.compress(data))
    put("c.jsonl", json.dumps({"text": DUTCH}))
    plain, packed, row = read_articles(["a.txt", "b.txt.gz", "c.jsonl"])
    assert plain.raw_sha256 == packed.raw_sha256 == hashlib.sha256(data).hexdigest()
    assert row.raw_sha256 is None


def test_inputs_keep_their_order_and_globs_find_each_file_once() -> None:
    for name in ("in/a/1.txt", "in/b/2.txt", "in/b/c/3.txt", "z.txt"):
        put(name, DUTCH)
    ids = [x.source for x in read_articles(["z.txt", "in/**"])]
    assert ids == ["z.txt", "in/a/1.txt", "in/b/2.txt", "in/b/c/3.txt"]
    assert [x.source for x in read_articles("in/*")] == ids[1:]
    assert [x.source for x in read_articles("in/**/*.txt")] == ids[1:]
    assert [x.id for x in read_articles("in/*/2.txt")] == ["b/2.txt"]


def test_a_path_with_glob_characters_that_exists_is_that_path() -> None:
    put("in[1]/a.txt", DUTCH)
    assert only("in[1]").source == "in[1]/a.txt"


@pytest.mark.parametrize("inputs", [[], ["nowhere"], ["nowhere/*.txt"], ["good.txt", "bad.txt"]])
def test_an_input_that_does_not_exist_is_refused_before_any_reading(inputs: list[str]) -> None:
    put("good.txt", DUTCH)
    with pytest.raises(InputError, match=r"no input|does not exist|no file matches"):
        read_articles(inputs)


def test_other_kinds_of_file_are_reported_when_found_and_an_error_when_named() -> None:
    put("in/a.txt", DUTCH)
    put("in/b.jpg", "x")
    put("in/README", "x")
    os.mkfifo("in/c.txt")
    seen: list[tuple[str, str]] = []
    list(read_articles("in", on_skip=lambda path, reason: seen.append((path.name, reason))))
    assert sorted(seen) == [
        ("README", "no suffix"),
        ("b.jpg", ".jpg"),
        ("c.txt", "not a regular file"),
    ]
    assert ".jsonl" in error_of("in/b.jpg")
    assert "not a regular file" in error_of("in/c.txt")


def test_links_to_folders_are_not_followed_and_broken_links_are_errors() -> None:
    put("in/a.txt", DUTCH)
    Path("in/loop").symlink_to("../in")
    Path("in/gone.txt").symlink_to("nowhere.txt")
    first, second = read_articles("in")
    assert first.error is None
    assert "mend the link" in str(second.error)


def test_a_folder_without_articles_is_an_error() -> None:
    put("in/a.jpg", "x")
    with pytest.raises(InputError, match="no article in"):
        error_of("in")


def test_the_output_is_not_read_and_may_not_be_named() -> None:
    put("in/a.txt", DUTCH)
    put("in/out/b.txt", DUTCH)
    assert only("in", exclude=[Path("in/out")]).id == "a.txt"
    with pytest.raises(InputError, match="written by this run"):
        read_articles("in/a.txt", exclude=[Path("in/a.txt")])


def test_a_file_name_that_is_not_utf8_has_a_printable_source() -> None:
    Path("in").mkdir()
    with os.fdopen(os.open(b"in/caf\xe9.txt", os.O_CREAT | os.O_WRONLY), "w") as file:
        file.write(DUTCH)
    article = only("in")
    assert article.text == DUTCH
    assert json.dumps([article.id, article.source], ensure_ascii=False).encode()


# Text


@pytest.mark.parametrize(
    "data",
    [
        DUTCH.encode(),
        DUTCH.encode("utf-8-sig"),
        DUTCH.encode("cp1252"),
        DUTCH.encode("utf-16"),
        DUTCH.encode("utf-16-be"),
        DUTCH.encode("utf-16-le"),
        DUTCH.encode("utf-32"),
    ],
)
def test_encodings(data: bytes) -> None:
    put("a.txt", data)
    assert only("a.txt").text == DUTCH


def test_a_page_pasted_together_from_two_encodings_comes_out_whole() -> None:
    put("a.txt", "één café. ".encode() + "één café.".encode("cp1252"))
    assert only("a.txt").text == "één café. één café."


def test_a_declared_charset_is_used_where_the_bytes_are_not_utf8() -> None:
    page = '<html><head><meta charset="{}"></head><p>{}'
    for charset, text in (("windows-1250", "Łódź"), ("iso-8859-1", "“één”"), ("ISO-8859-15", "€")):
        codec = "cp1252" if charset == "iso-8859-1" else charset
        put("a.html", page.format(charset, text).encode(codec))
        assert text in only("a.html").text
    # A page that was saved as UTF-8 often keeps its old declaration.
    put("a.html", page.format("iso-8859-1", DUTCH))
    assert DUTCH in only("a.html").text


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_decode_or_are_refused_with_a_reason(data: bytes) -> None:
    for html in (False, True):
        try:
            decode(data, html=html).encode()
        except NotTextError as error:
            assert ";" in str(error)


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=200))
@settings(deadline=None)
def test_utf8_decodes_to_itself(text: str) -> None:
    # A leading mark is no part of the text, and a text must not open like a file of another kind.
    text = "x" + text
    assert decode(text.encode()) == text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty"),
        (b" \n\t \n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"%PDF-1.7 and so on", "PDF.*pdftotext"),
        (bytes(range(256)) * 20, "is binary"),
        (b"tekst\x00\x00\x00\x00\x00\x00", "is binary"),
        ("Это не по-голландски. ".encode("koi8-r") * 5, "unknown encoding.*iconv"),
        (gzip.compress(b"x"), "end in .gz"),
    ],
)
def test_what_is_no_text_says_so(data: bytes, expected: str) -> None:
    put("a.txt", data)
    assert re.search(expected, error_of("a.txt"))


def test_broken_gzip_is_an_error_for_each_kind() -> None:
    whole = gzip.compress(b'{"text": "een artikel"}\n' * 50_000)
    put("a.txt.gz", whole[:-200])
    put("b.txt.gz", b"no gzip at all")
    put("c.jsonl.gz", whole[: len(whole) // 2])
    assert "broken gzip" in error_of("a.txt.gz")
    assert "broken gzip" in error_of("b.txt.gz")
    *rows, last = read_articles("c.jsonl.gz")
    assert len(rows) > 100
    assert all(row.error is None for row in rows)
    assert "broken gzip" in str(last.error)
    assert last.source == "c.jsonl.gz"


def test_an_unreadable_file_or_folder_is_an_error() -> None:
    put("in/a.txt", DUTCH).chmod(0)
    put("in/b/c.txt", DUTCH)
    put("in/d.jsonl", '{"text": "x"}').chmod(0)
    put("in/e.txt", DUTCH)
    Path("in/b").chmod(0)
    try:
        if os.geteuid() == 0:
            # Root may read anything; step down for the length of this test.
            for parent in [Path.cwd(), *Path.cwd().parents][:3]:
                parent.chmod(0o755)
            os.seteuid(65534)
            try:
                articles = list(read_articles(Path("in").absolute()))
            finally:
                os.seteuid(0)
        else:
            articles = list(read_articles("in"))
    finally:
        Path("in/b").chmod(0o755)
    assert [x.id for x in articles] == ["a.txt", "b", "d.jsonl", "e.txt"]
    assert all("right to" in str(x.error) for x in articles[:3])
    assert articles[3].error is None


def test_thirty_megabytes_on_one_line_is_refused_or_read_as_asked() -> None:
    line = "woord " * 5_000_000
    put("a.txt", line)
    put("b.jsonl", json.dumps({"text": "kort", "blob": line}) + '\n{"text": "twee"}\n')
    put("c.csv", f'text,blob\nkort,"{line}"\ntwee,x\n')
    assert "30,000,000 characters" in error_of("a.txt")
    [long] = read_articles("a.txt", max_characters=40_000_000)
    assert len(long.text) == len(line)
    assert [x.text for x in read_articles(["b.jsonl", "c.csv"])] == ["kort", "twee"] * 2


def test_a_row_over_the_limit_is_skipped_in_bounded_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.reading.rows.MAX_BYTES", 1000)
    monkeypatch.setattr("pipeline.reading.articles.MAX_BYTES", 1000)
    put("a.jsonl", '{"text": "een"}\n{"text": "' + "x" * 5000 + '"}\n{"text": "drie"}\n')
    put("b.txt", "x" * 1001)
    put("c.json", json.dumps([{"text": "x" * 1000}]))
    first, long, third = read_articles("a.jsonl")
    assert (first.text, third.text, third.source) == ("een", "drie", "a.jsonl#3")
    assert "split it" in str(long.error)
    assert "is larger than" in error_of("b.txt")
    assert "jq" in error_of("c.json")


# Rows

ROWS: list[dict[str, str | None]] = [
    {"Titel": "Kop één", "Inhoud": "Tekst één.", "guid": "g1", "datum": "2026-01-02"},
    {"Titel": None, "Inhoud": "Tekst twee.", "guid": None, "datum": None},
]


def write_rows(name: str) -> None:
    if ".parquet" in name:
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(ROWS), buffer)
        data = buffer.getvalue()
    elif ".jsonl" in name:
        data = "\n".join(json.dumps(row) for row in ROWS).encode()
    elif ".json" in name:
        data = json.dumps({"aantal": 2, "artikelen": ROWS}).encode()
    else:
        text = io.StringIO()
        separator = "\t" if ".tsv" in name else ";"
        writer = csv.DictWriter(text, list(ROWS[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(ROWS)
        data = text.getvalue().encode("cp1252")
    put(name, gzip.compress(data) if name.endswith(".gz") else data)


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_rows_of_each_kind_become_articles(kind: str, packed: str) -> None:
    write_rows(f"in/nieuws.{kind}{packed}")
    one, two = read_articles("in")
    source = f"in/nieuws.{kind}{packed}"
    assert one == Article(
        "Tekst één.", title="Kop één", id="g1", source=f"{source}#1", date="2026-01-02"
    )
    assert two == Article("Tekst twee.", id="nieuws-2", source=f"{source}#2")


def test_columns_can_be_named() -> None:
    put("a.jsonl", '{"text": "niet", "Stuk": "wel", "K": "kop", "nr": 7}\n')
    article = only("a.jsonl", text_field="stuk", title_field="K", id_field="nr")
    assert (article.text, article.title, article.id) == ("wel", "kop", "7")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_no_text_column_names_the_columns_and_the_option(kind: str) -> None:
    row = {"naam": "x", "waarde": "y"}
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist([row]), "a.parquet")
    else:
        put(f"a.{kind}", "naam,waarde\nx,y\n" if kind == "csv" else json.dumps(row))
    assert "naam, waarde" in error_of(f"a.{kind}")
    assert "--text-field" in error_of(f"a.{kind}")
    assert "no column 'tekst' (for text)" in error_of(f"a.{kind}", text_field="tekst")


def test_a_table_without_a_text_column_is_one_error_and_not_one_for_each_row() -> None:
    put("a.csv", "naam,waarde\n" + "x,y\n" * 100)
    article = only("a.csv")
    assert (article.source, article.id) == ("a.csv", "a.csv")


def test_fields_of_all_types_become_text_or_nothing() -> None:
    day = datetime(2026, 1, 2, 3, 4)
    row = {
        "tekst": b"E\xe9n.",
        "Article ID": 7,
        "date_published": day,
        "authors": ["A. de Vries", None, "B. Jansen"],
        "headline": float("nan"),
        "URL": None,
    }
    pq.write_table(pa.Table.from_pylist([row, {"tekst": None}]), "a.parquet")
    one, two = read_articles("a.parquet")
    assert one == Article(
        "Eén.",
        id="7",
        source="a.parquet#1",
        date="2026-01-02T03:04:00",
        author="A. de Vries, B. Jansen",
    )
    assert "column 'tekst' is empty" in str(two.error)
    put("a.jsonl", '{"content": ["Eén.", "Twee."], "author": {"naam": "A"}, "title": " "}')
    article = only("a.jsonl")
    assert (article.text, article.author, article.title) == ("Eén.\n\nTwee.", '{"naam": "A"}', None)


def test_bad_lines_are_errors_in_their_place() -> None:
    lines = ['{"text": "een"}', "{kapot", "", "[1]", '{"text": 3}', '{"text": ""}', '"zes"']
    put("a.jsonl", "\n".join(lines))
    articles = list(read_articles("a.jsonl"))
    assert [x.source for x in articles] == [f"a.jsonl#{n}" for n in (1, 2, 4, 5, 6, 7)]
    assert [x.text for x in articles] == ["een", "", "", "", "", "zes"]
    for article, word in zip(articles[1:5], ["JSON", "list", "int", "empty"], strict=True):
        assert word in str(article.error)
        assert f"row {str(article.source)[-1]}" in str(article.error)


def test_json_of_all_shapes() -> None:
    put(
        "one.json",
        json.dumps({"headline": "Kop", "articleBody": "Tekst.", "author": {"name": "A"}}),
    )
    put("lines.json", '{"text": "een"}\n{"text": "twee"}\n')
    put("broken.json", '[{"text": "een"')
    put("empty.json", "[]")
    put("number.json", "3")
    one = only("one.json")
    assert (one.source, one.id, one.title, one.author) == ("one.json", "one.json", "Kop", "A")
    assert [x.source for x in read_articles("lines.json")] == ["lines.json#1", "lines.json#2"]
    assert "not valid JSON" in error_of("broken.json")
    assert "empty list" in error_of("empty.json")
    assert "holds int" in error_of("number.json")


def test_csv_of_spreadsheets_and_with_mistakes() -> None:
    put("a.csv", '\ufeffsep=;\nid;tekst\n1;"Eén; en\nnog een."\n\n2\n3;a;b\n4;vier\n')
    one, short, long, four = read_articles("a.csv")
    assert (one.text, one.id) == ("Eén; en\nnog een.", "1")
    assert "'tekst' is empty" in str(short.error)
    assert "3 columns where the header has 2" in str(long.error)
    assert (four.text, four.source) == ("vier", "a.csv#4")
    put("utf16.csv", "titel\ttekst\nKop\tEén.\n".encode("utf-16"))
    assert only("utf16.csv").text == "Eén."
    put("empty.csv", "text\n")
    assert "no rows" in error_of("empty.csv")


def test_a_csv_quote_that_is_never_closed_is_an_error() -> None:
    put("a.csv", 'tekst\n"Een ""goed"" stuk"\n"Twee\nDrie\nVier\n')
    one, two = read_articles("a.csv")
    assert (one.text, one.error) == ('Een "goed" stuk', None)
    assert "never closed" in str(two.error)
    put("b.csv", 'tekst\nzonder regeleinde "in" de tekst')
    assert only("b.csv").text == 'zonder regeleinde "in" de tekst'


def test_damaged_parquet_is_an_error() -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), "a.parquet")
    data = Path("a.parquet").read_bytes()
    put("a.parquet", data[:-20])
    put("b.parquet", "")
    assert "a.parquet" in error_of("a.parquet")
    assert "b.parquet" in error_of("b.parquet")


def test_lone_surrogates_become_replacement_characters() -> None:
    put("a.jsonl", r'{"text": "a\ud800b \ud83d\ude00"}')
    assert only("a.jsonl").text == "a\ufffdb 😀"


def test_large_files_of_rows_take_constant_memory() -> None:
    text = "Een alinea over het nieuws. " * 40
    with Path("a.jsonl").open("w") as lines, Path("a.csv").open("w") as table:
        table.write("text\n")
        for number in range(8_000):
            lines.write(json.dumps({"text": f"{number} {text}"}) + "\n")
            table.write(f"{number} {text}\n")
    for name in ("a.jsonl", "a.csv"):
        next(read_articles(name))
        tracemalloc.start()
        assert sum(1 for _ in read_articles(name)) == 8_000
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1_000_000 < Path(name).stat().st_size / 5


# Standard input and progress


def stream(data: bytes) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", io.BytesIO(data))))


def test_standard_input_is_a_text_or_json_lines() -> None:
    [text] = read_articles("-", stdin=stream(DUTCH.encode("cp1252")))
    assert (text.text, text.source, text.id) == (DUTCH, "-", "stdin")
    lines = stream(b' {"text": "een"}\n{"text": "twee", "id": "x"}\n')
    one, two = read_articles("-", stdin=lines)
    assert (one.source, one.id, two.source, two.id) == ("-#1", "stdin-1", "-#2", "x")
    assert not lines.closed
    packed = stream(gzip.compress(DUTCH.encode()))
    [text] = read_articles("-", stdin=packed)
    assert text.text == DUTCH
    [empty] = read_articles("-", stdin=stream(b""))
    assert "is empty" in str(empty.error)


def test_the_bytes_used_add_up_to_the_bytes_measured() -> None:
    for kind in ("jsonl", "json", "csv", "parquet", "jsonl.gz"):
        write_rows(f"in/nieuws.{kind}")
    put("in/a.txt", DUTCH)
    used: list[int] = []
    list(read_articles("in", on_bytes=used.append))
    assert sum(used) == measure(["in"])
    assert measure(["in", "-"]) is None


@pytest.mark.parametrize("unit", ["[", "![", "# #", "**a ", "*a ", "[a](", "("])
def test_markdown_marks_without_end_are_no_trap(unit: str) -> None:
    # Quadratic time would take hours.
    put("in/a.md", "Een brug. " + unit * 200_000)
    assert only("in/a.md").text.startswith("Een brug.")


def test_markdown_is_read_for_its_text() -> None:
    put(
        "in/a.md",
        "# De brug **gaat** dicht\n\nVolgens [de krant](https://x.nl/a) is *alles* klaar [a](https://x.nl/b_(c)).\n"
        "2 * 3 en 3 * 4 blijven, en_een_naam en __init__ ook.\n",
    )
    assert only("in/a.md").text == (
        "De brug gaat dicht\n\nVolgens de krant is alles klaar a.\n"
        "2 * 3 en 3 * 4 blijven, en_een_naam en __init__ ook.\n"
    )
