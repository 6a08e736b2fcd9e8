"""Train the translator's vocabulary: one sentencepiece model for Dutch and English.

A folder in the layout of `MarianTokenizer`. Figures are spelled digit by digit, so that none is too
rare to be copied, and `<bt>` is a token that no text can spell: it marks a Dutch sentence that a
model made (Caswell et al. 2019, "Tagged back-translation").
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import sentencepiece

TAG = "<bt>"
# Sentences of these are shown to the trainer once; of the rest of the corpora, at most as many.
_ALL = ("news:", "tatoeba", "general", "stsb_deepl", "mono")
_OTHERS = 30_000


def vocabulary_texts(pairs: Path, mono: Path | None, *, seed: int) -> Iterator[str]:
    """Yield the sentences that the vocabulary is trained on: news first of all."""
    generator = np.random.default_rng(seed)
    others = []
    for line in pairs.read_text(encoding="utf-8").splitlines():
        dutch, english, group = line.split("\t")
        if group.startswith(_ALL):
            yield from (dutch, english)
        else:
            others.append((dutch, english))
    for index in generator.permutation(len(others))[:_OTHERS]:
        yield from others[index]
    if mono is not None and mono.exists():
        # The wire of 1987 must not outweigh the Dutch.
        sentences = mono.read_text(encoding="utf-8").splitlines()
        for index in generator.permutation(len(sentences))[:_OTHERS]:
            yield sentences[index]


def train_vocabulary(texts: Iterator[str], folder: Path, *, size: int, threads: int = 1) -> None:
    """Train the pieces and write the folder: `source.spm`, `target.spm`, `vocab.json`, settings.

    Args:
        texts: Sentences of both languages.
        folder: Where to write.
        size: Entries of `vocab.json`, the padding included.
        threads: Of the trainer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=texts,
        model_prefix=str(folder / "source"),
        model_type="unigram",
        vocab_size=size - 1,
        character_coverage=0.9998,
        split_digits=True,
        max_sentence_length=4000,
        bos_id=-1,
        eos_id=0,
        unk_id=1,
        control_symbols=[TAG],
        num_threads=threads,
        minloglevel=2,
    )
    (folder / "source.model").replace(folder / "source.spm")
    (folder / "source.vocab").unlink()
    shutil.copyfile(folder / "source.spm", folder / "target.spm")
    spm = sentencepiece.SentencePieceProcessor(str(folder / "source.spm"))
    pad = len(spm)
    pieces = {spm.id_to_piece(i): i for i in range(len(spm))} | {"<pad>": pad}
    (folder / "vocab.json").write_text(json.dumps(pieces, ensure_ascii=False), encoding="utf-8")
    settings = {
        "tokenizer_class": "MarianTokenizer",
        "source_lang": "nl",
        "target_lang": "en",
        "model_max_length": 512,
        "separate_vocabs": False,
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    folder = options.out / "vocabulary"
    texts = vocabulary_texts(options.out / "pairs.tsv", options.out / "mono.txt", seed=1)
    train_vocabulary(texts, folder, size=options.size, threads=options.threads)
    print(f"{folder}: {options.size} entries")


if __name__ == "__main__":
    main()
