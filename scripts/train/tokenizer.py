"""Train the summariser's tokenizer: English byte-level BPE, in the format of BART.

Two choices serve copying. A sentence is cut the same way wherever it stands (a space is put before
the first word as before any other), so a summary made of source sentences is made of the source's
tokens. A figure is spelled digit by digit, so none is too rare to be copied.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers.models import BPE
from tokenizers.processors import TemplateProcessing

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
# GPT-2's pattern, but one digit at a time.
_PIECES = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+"


def train_tokenizer(texts: Iterable[str], *, size: int) -> Tokenizer:
    """Train a byte-level BPE of `size` entries whose first five are BART's special tokens."""
    tokenizer = Tokenizer(BPE(unk_token=None))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Replace(Regex("[“”„]"), '"'),
            normalizers.Replace(Regex("[‘’]"), "'"),
            normalizers.Strip(),
            normalizers.Prepend(" "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Strip(" ", 1, 0)])
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument("--size", type=int, default=8000)
    options = parser.parse_args()
    target = options.out / "tokenizer.json"
    with (options.out / "articles.jsonl").open(encoding="utf-8") as lines:
        tokenizer = train_tokenizer(
            (" ".join(json.loads(line)["sentences"]) for line in lines), size=options.size
        )
    tokenizer.save(str(target))
    print(f"{target}: {tokenizer.get_vocab_size()} entries")


if __name__ == "__main__":
    main()
