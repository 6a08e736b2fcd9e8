"""Score a preset's models as a user runs them: through the stages, checks included.

    scripts/evaluate models [--config NAME] [--data FOLDER] [--sentences N] [--examples N] [--json]
    scripts/evaluate models --raise-floors | --lower-floors --reason TEXT

Translation: BLEU and chrF (sacrebleu) on FLORES-200 dev and NTREX-128, figures carried over, loops,
Dutch left over. Summary: ROUGE F1 (stemmed) on the newsroom digests that the training held out,
beside leads and random sentences, and figures and names supported by the article. The tables are
Markdown, as the models' cards and the README show them. The exit status is 1 if a floor is broken
(tests/floors.json; the tests hold the floors of the first sentences).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from pipeline.config import Config
from pipeline.summarise import Summariser
from pipeline.translate import Translator
from scripts.evaluation.floors import FloorError, broken, raise_floors, read_floors
from scripts.evaluation.measures import summary_measures, translation_measures
from scripts.train.articles import held_digests, read_jsonl
from scripts.train.scores import first_words, read_dev, score_summaries
from scripts.train.sentences import split_sentences

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ROOT / "tests" / "floors.json"
SETS = {"flores": "FLORES-200 dev", "ntrex": "NTREX-128"}
_ROWS = {
    "bleu": "BLEU",
    "chrf": "chrF",
    "number_recall": "figures of the source carried over, %",
    "number_precision": "figures of the output that are right, %",
    "loops_or_empty": "loops or empty, % of sentences",
    "untranslated": "left in Dutch, % of sentences",
    "dutch_words": "words left in Dutch, %",
    "flagged": "flagged by kortom's own checks, % of sentences",
}
# How far a floor stays from what was measured: another processor rounds otherwise.
SLACK = {
    **{f"{name}_{metric}_at_least": 0.3 for name in SETS for metric in ("bleu", "chrf")},
    **{f"{name}_number_{way}_at_least": 0.5 for name in SETS for way in ("recall", "precision")},
    **{f"{name}_loops_or_empty_at_most": 0.2 for name in SETS},
    **{f"{name}_dutch_words_at_most": 0.3 for name in SETS},
    **{f"summary_rouge{kind}_at_least": 0.3 for kind in ("1", "2", "Lsum")},
    "summary_numbers_supported_at_least": 0.5,
    "summary_names_supported_at_least": 0.5,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationScores:
    """What was measured of a translator on one set.

    Attributes:
        figures: By the keys of the table.
        signatures: sacrebleu's, of BLEU and chrF.
        examples: Dutch, ours, reference.
    """

    sentences: int
    figures: dict[str, float]
    signatures: tuple[str, str]
    examples: list[tuple[str, str, str]]


def measure_translation(
    translator: Translator, pairs: Sequence[tuple[str, str]], *, examples: int = 0
) -> TranslationScores:
    """Score a translator on (Dutch, English) pairs."""
    sources, references = [dutch for dutch, _ in pairs], [english for _, english in pairs]
    found = translator(sources)
    texts = [translation.text for translation in found]
    bleu, chrf = BLEU(), CHRF()
    figures = {
        "bleu": bleu.corpus_score(texts, [references]).score,
        "chrf": chrf.corpus_score(texts, [references]).score,
        **translation_measures(sources, texts, references),
        "flagged": 100 * sum(bool(t.doubts) for t in found) / max(1, len(found)),
    }
    # Spread over the set, and the same ones each time.
    step = max(1, len(pairs) // max(1, examples))
    shown = list(zip(sources, texts, references, strict=True))[::step][:examples]
    signatures = (str(bleu.get_signature()), str(chrf.get_signature()))
    return TranslationScores(
        sentences=len(pairs), figures=figures, signatures=signatures, examples=shown
    )


def measure_summaries(
    summariser: Summariser, rows: Sequence[dict[str, str]], *, name: str
) -> dict[str, dict[str, float]]:
    """Score a summariser and what it must beat; figures by system, ours first under `name`.

    Args:
        summariser: Ours.
        rows: With `article` and `summary`.
        name: Of ours.
    """
    sources, wanted = [row["article"] for row in rows], [row["summary"] for row in rows]
    articles = [split_sentences(source) for source in sources]
    ours = [summary.text for summary in summariser(sources)]
    length = round(sum(len(text.split()) for text in ours) / max(1, len(ours)))
    # A fixed seed: the baseline should not move between two runs.
    draw = random.Random(0)
    systems = {
        name: ours,
        "lead, 3 sentences": [" ".join(article[:3]) for article in articles],
        f"lead, sentences up to {length} words": [
            " ".join(first_words(article, length)) for article in articles
        ],
        "lead, cut to the length of ours": [
            " ".join(" ".join(article).split()[: len(text.split())])
            for article, text in zip(articles, ours, strict=True)
        ],
        f"random sentences up to {length} words": [
            " ".join(first_words(draw.sample(article, len(article)), length))
            for article in articles
        ],
    }
    return {
        system: {**score_summaries(texts, wanted), **summary_measures(sources, texts)}
        for system, texts in systems.items()
    }


def held_rows(data: Path, *, most: int | None = None) -> list[dict[str, str]]:
    """Return the digests that the training held out, in the order of the file."""
    digests = list(read_jsonl(data / "english" / "digests.jsonl"))
    held = held_digests(digests)
    return [row for row in digests if row["id"] in held][:most]


def measure(
    config: Config, *, data: Path, most: int | None = None, examples: int = 0
) -> tuple[dict[str, TranslationScores], dict[str, dict[str, float]], dict[str, float]]:
    """Measure a preset's models.

    Args:
        config: Names the models, lengths and searches.
        data: The corpora's folder.
        most: Only the first so many sentences, and articles.
        examples: Sentences to show of each set.

    Returns:
        Scores of the translator by set, scores of summaries by system, and the figures on which
        there are floors.
    """
    translator = Translator.load(config)
    translated = {
        name: measure_translation(
            translator, read_dev(data / "nl-en" / f"{name}-dev.tsv", most=most), examples=examples
        )
        for name in SETS
    }
    ours = config.summarise.model
    summaries = measure_summaries(Summariser.load(config), held_rows(data, most=most), name=ours)
    floored = {
        f"{name}_{figure}": value
        for name, scores in translated.items()
        for figure, value in scores.figures.items()
    }
    floored |= {f"summary_{figure}": value for figure, value in summaries[ours].items()}
    return translated, summaries, floored


def translation_table(scores: dict[str, TranslationScores], *, model: str) -> str:
    """Lay out the translator's scores as Markdown, signatures below."""
    heads = [f"{SETS[name]} ({found.sentences:,})" for name, found in scores.items()]
    lines = [f"| {model} | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    for key, label in _ROWS.items():
        values = [found.figures[key] for found in scores.values()]
        digits = 1 if key in {"bleu", "chrf", "number_recall", "number_precision"} else 2
        lines.append(f"| {label} | {' | '.join(f'{value:.{digits}f}' for value in values)} |")
    first = next(iter(scores.values()))
    return "\n".join([*lines, "", f"BLEU `{first.signatures[0]}`, chrF `{first.signatures[1]}`"])


def summary_table(scores: dict[str, dict[str, float]], *, articles: int) -> str:
    """Lay out the summariser's scores, and its rivals', as Markdown."""
    lines = [
        f"| {articles} held digests | ROUGE-1 | ROUGE-2 | ROUGE-Lsum | words | figures supported, %"
        " | names supported, % |",
        f"|{'---|' * 7}",
    ]
    keys = ("rouge1", "rouge2", "rougeLsum", "words", "numbers_supported", "names_supported")
    for system, figures in scores.items():
        lines.append(f"| {system} | {' | '.join(f'{figures[key]:.1f}' for key in keys)} |")
    return "\n".join(lines)


def section_name(most: int | None) -> str:
    """Return the section of the floors for a run on the first so many sentences."""
    return "models" if most is None else f"models, first {most}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--config", default="compact", help="a preset's name or a YAML file")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sentences", type=int, help="score only the first rows of each set")
    parser.add_argument("--examples", type=int, default=4, help="sentences to show of each set")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--raise-floors", action="store_true", help="up to what was measured")
    parser.add_argument("--lower-floors", action="store_true", help="down too; wants --reason")
    parser.add_argument("--reason", default="", help="why a floor may be lowered")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"no corpora at {options.data}; give their folder with --data")
    config = Config.load(options.config)
    translated, summaries, floored = measure(
        config, data=options.data, most=options.sentences, examples=options.examples
    )
    section = section_name(options.sentences)
    if options.json:
        print(json.dumps({name: round(value, 4) for name, value in floored.items()}, indent=2))
    else:
        print(translation_table(translated, model=config.translate.model), end="\n\n")
        articles = len(held_rows(options.data, most=options.sentences))
        print(summary_table(summaries, articles=articles), end="\n\n")
        for name, scores in translated.items():
            for dutch, ours, reference in scores.examples:
                print(f"{SETS[name]}\n  nl   {dutch}\n  ours {ours}\n  ref  {reference}\n")
    if options.raise_floors or options.lower_floors:
        try:
            raise_floors(
                FLOORS,
                section,
                floored,
                slack=SLACK,
                lower=options.lower_floors,
                reason=options.reason,
            )
        except FloorError as error:
            sys.exit(str(error))
    elif options.config == "compact":
        complaints = broken(floored, read_floors(FLOORS, section))
        if complaints:
            sys.exit("floors broken: " + "; ".join(complaints))


if __name__ == "__main__":
    main()
