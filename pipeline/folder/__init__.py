"""Files and folders in, a folder of digests out, in a run that can be stopped and gone on with.

`run_folder` reads articles, sends them through a pipeline, and appends each digest to
``out/digests.jsonl`` as soon as it is there. That file is the journal: a later run reads it, skips
what is done, does what is new or changed, and leaves each article in it exactly once.
"""

from pipeline.folder.disk import OutputError
from pipeline.folder.progress import Progress, Snapshot, open_progress
from pipeline.folder.run import Digester, RunReport, run_folder
from pipeline.folder.writing import FORMATS, Format, check_format

__all__ = [
    "FORMATS",
    "Digester",
    "Format",
    "OutputError",
    "Progress",
    "RunReport",
    "Snapshot",
    "check_format",
    "open_progress",
    "run_folder",
]
