"""How near the engine's number formats come to float32, on translations of the development sets.

    scripts/evaluate precisions [--sentences N] [--precisions int8,bfloat16] [--device cpu]

For each set, search and format: BLEU and chrF against the references, the change against float32,
the share of outputs that equal float32's, and chrF with float32's output as the reference.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.config import Config
from pipeline.engine import Engine, Search
from pipeline.models import resolve
from pipeline.tokenization import load_codec
from scripts.evaluation.models import SETS
from scripts.train.scores import read_dev, score_translations


def main() -> None:
    """Run the command.

    Raises:
        SystemExit: The development sets are not there.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sentences", type=int, help="score only the first rows of each set")
    parser.add_argument("--precisions", default="int8,bfloat16", help="beside float32")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    folder = resolve(Config.load("compact").translate.model).folder
    codec = load_codec(folder)
    precisions = ["float32", *options.precisions.split(",")]
    engines = {p: Engine.load(folder, device=options.device, precision=p) for p in precisions}
    for name, title in SETS.items():
        path = options.data / "nl-en" / f"{name}-dev.tsv"
        if not path.is_file():
            raise SystemExit(f"{path}: no such file: name the folder of the corpora with --data")
        pairs = read_dev(path, most=options.sentences)
        sources = codec.encode([source for source, _ in pairs])
        references = [target for _, target in pairs]
        for beams in (1, 4):
            print(f"\n{title}, {len(pairs)} sentences, {'greedy' if beams == 1 else '4 beams'}")
            texts: dict[str, list[str]] = {}
            for precision, engine in engines.items():
                search = Search.from_generation_config(
                    engine.generation_config, beams=beams, max_new_tokens=200
                )
                found = engine.generate(sources, search)
                texts[precision] = codec.decode([hypotheses[0].tokens for hypotheses in found])
                print(f"  {precision:<9} {_scores(texts, precision, references=references)}")


def _scores(texts: dict[str, list[str]], precision: str, *, references: list[str]) -> str:
    ours, exact = texts[precision], texts["float32"]
    bleu, chrf = (found.score for found in score_translations(ours, references))
    row = f"BLEU {bleu:5.2f}  chrF {chrf:5.2f}"
    if ours is exact:
        return row
    change = bleu - score_translations(exact, references)[0].score
    same = sum(a == b for a, b in zip(ours, exact, strict=True)) / len(ours)
    near = score_translations(ours, exact)[1].score
    return f"{row}  BLEU {change:+.2f}  equal {same:6.1%}  chrF to float32 {near:.1f}"


if __name__ == "__main__":
    main()
