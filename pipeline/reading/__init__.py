"""Files, folders, globs and standard input in; articles out, in a fixed order.

`read_articles` yields one `Article` per text or HTML file and one per row of a file of rows
(JSON lines, CSV, parquet). It checks the inputs that are named before any work; after that it
never raises for content: what cannot be read comes out, in its place, as an article with an
`error` that names the file, what is wrong with it, and what to do.

Memory does not grow with the number of articles; a folder's names are held while it is walked.
"""

from pipeline.reading.articles import MAX_CHARACTERS, read_articles
from pipeline.reading.files import OUTPUT_MARK, SUFFIXES, InputError, holds_rows, measure

__all__ = [
    "MAX_CHARACTERS",
    "OUTPUT_MARK",
    "SUFFIXES",
    "InputError",
    "holds_rows",
    "measure",
    "read_articles",
]
