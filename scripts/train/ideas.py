"""What each idea of the translator's training is worth: short courses from the same weights.

    python -m scripts.train.ideas --weights .train/NAME/best.pt [--only NAME ...]

Each course of `ideas.yaml` has the same steps and rates, and differs from the first in what its
name says. A course that is done is not made again; one that was stopped goes on. The table goes to
the terminal: an idea is worth what its course is better or worse than the first, beyond what
another seed makes of it. (Label smoothing moves the surprise by itself.)
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from transformers import MarianMTModel

from scripts.evaluation.measures import translation_measures

from .generate import decode_texts, read_rows
from .loop import read_config
from .mixture import Pieces
from .scores import read_dev, score_translations
from .translate import engine_of, train_translator, translation_loss

_SETS = ("flores", "ntrex")
_ROWS = 32  # pairs scored at a time


def changed(settings: dict[str, Any], change: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return settings with those of a change in their place, section by section."""
    if unknown := {f"{s}.{k}" for s in change for k in change[s] if k not in settings.get(s, {})}:
        raise ValueError(f"{sorted(unknown)} is no setting of the course")
    return {name: {**section, **change.get(name, {})} for name, section in settings.items()}


def key_of(*parts: object) -> str:
    """Return some letters that stand for what a course is made of."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:8]


def lacking(settings: dict[str, Any], groups: Iterable[str]) -> set[str]:
    """Return the groups of pairs that a course wants and that are not there."""
    wanted = {name for stage in settings["task"]["stages"] for name in stage["mixture"]}
    return wanted - set(groups) - {"figures"}


def surprise(model: MarianMTModel, pieces: Pieces, pairs: Sequence[tuple[str, str]]) -> float:
    """Return the cross-entropy of the references, in nats a token, as teacher forcing sees it."""
    total, tokens = 0.0, 0
    ordered = sorted(pairs, key=lambda pair: len(pair[0]))
    with torch.inference_mode():
        for first in range(0, len(ordered), _ROWS):
            some = ordered[first : first + _ROWS]
            source, target = (
                torch.nn.utils.rnn.pad_sequence(
                    [torch.tensor(pieces.encode(pair[side])) for pair in some],
                    batch_first=True,
                    padding_value=pieces.pad,
                )
                for side in (0, 1)
            )
            mean = translation_loss(model, source, target, pad=pieces.pad, smoothing=0.0)
            count = int((target != pieces.pad).sum())
            total, tokens = total + float(mean) * count, tokens + count
    return total / tokens


def measure(
    weights: Path, *, tokenizer: Path, pairs: Sequence[tuple[str, str]]
) -> dict[str, float]:
    """Score weights: surprise by references and by joined ones, BLEU, chrF, figures (beam 4)."""
    model = MarianMTModel.from_pretrained(
        tokenizer, dtype=torch.float32, attn_implementation="eager"
    )
    model.load_state_dict(torch.load(weights, weights_only=True), strict=False)
    model.train(False)
    pieces = Pieces(tokenizer)
    # Neighbours of FLORES and of NTREX are mostly sentences of one article.
    joined = [(f"{a[0]} {b[0]}", f"{a[1]} {b[1]}") for a, b in list(pairwise(pairs))[::2]]
    engine, codec = engine_of(model, tokenizer=tokenizer)
    sources, references = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    texts = [found[0] for found in decode_texts(engine, codec, sources, beams=4)]
    bleu, chrf = score_translations(texts, references)
    figures = translation_measures(sources, texts, references)
    return {
        "surprise": surprise(model, pieces, pairs),
        "surprise, joined": surprise(model, pieces, joined),
        "BLEU": bleu.score,
        "chrF": chrf.score,
        "figures carried, %": figures["number_recall"],
    }


def table(results: dict[str, dict[str, float]]) -> str:
    """Lay out the courses' scores as Markdown; nats with three digits, the rest with one."""
    heads = list(next(iter(results.values())))
    lines = [f"| | {' | '.join(heads)} |", f"|{'---|' * (len(heads) + 1)}"]
    for name, scores in results.items():
        values = (f"{scores[key]:.{3 if 'surprise' in key else 1}f}" for key in heads)
        lines.append(f"| {name} | {' | '.join(values)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--weights", type=Path, required=True, dest="start", help="averaged weights (a .pt)"
    )
    parser.add_argument("--config", type=Path, default=Path(__file__).with_suffix(".yaml"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument(
        "--pairs", type=Path, nargs="+", help="default: pairs.tsv, back.tsv of --out"
    )
    parser.add_argument("--tokenizer", type=Path, help="default: the seed model")
    parser.add_argument("--only", nargs="+", help="names of ideas")
    parser.add_argument("--steps", type=int, help="in place of the YAML's")
    options = parser.parse_args()
    settings = read_config(options.config)
    ideas: dict[str, dict[str, Any]] = settings.pop("ideas")
    if unknown := set(options.only or ()) - set(ideas):
        parser.error(f"{options.config} has no idea {sorted(unknown)}; it has {list(ideas)}")
    tokenizer = options.tokenizer or options.data.parent / "models" / "nl-en-seed"
    files = options.pairs or [
        path for path in (options.out / "pairs.tsv", options.out / "back.tsv") if path.exists()
    ]
    groups = {group for _, _, group in read_rows(files, [""])}
    origin = sha256(options.start.read_bytes()).hexdigest()
    pairs = [
        pair for name in _SETS for pair in read_dev(options.data / "nl-en" / f"{name}-dev.tsv")
    ]
    results = {"the start": measure(options.start, tokenizer=tokenizer, pairs=pairs)}
    for name in options.only or ideas:
        course = changed(settings, ideas[name])
        if missing := lacking(course, groups):
            print(f"left out: {name}, for lack of pairs of {sorted(missing)}; see --pairs")
            continue
        key = key_of(course, options.steps, origin)
        folder = options.out / "ideas" / f"{name.replace(' ', '-')}-{key}"
        scores = folder / "scores.json"
        if not scores.exists():
            done = train_translator(
                course,
                out=folder.parent,
                name=folder.name,
                data=None,
                pairs=files,
                tokenizer=tokenizer,
                start=options.start,
                steps=options.steps,
            )
            if not done:
                print(f"stopped during {name}; the same command goes on")
                return
            found = measure(folder / "last.pt", tokenizer=tokenizer, pairs=pairs)
            scores.write_text(json.dumps(found, indent=2), encoding="utf-8")
        results[name] = json.loads(scores.read_text(encoding="utf-8"))
        print(table(results), flush=True)


if __name__ == "__main__":
    main()
