"""Text → token ids → text, fast, with the ids that Hugging Face's tokenizers give.

`load_codec` picks the codec for a model folder. MarianMT goes straight to sentencepiece in batches
and threads; every other model uses its fast tokenizer. A codec never truncates.

One difference from `MarianTokenizer` is meant: text that happens to spell a special token, such as
``</s>`` in an article about HTML, is text here and cannot end a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import sentencepiece

from pipeline.models import ModelError

_UNDERLINE = "\N{LOWER ONE EIGHTH BLOCK}"


class Codec(Protocol):
    """Turns texts into a model's token ids and back."""

    def encode(self, texts: Sequence[str], *, prefix: str | None = None) -> list[list[int]]:
        """Token ids of each text, with the special tokens that the model expects around them.

        Args:
            texts: Any number of texts.
            prefix: What to put before each: a language token (MarianMT) or a task's name (T5).
        """
        ...

    def decode(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        """The text of each sequence of token ids, without special tokens."""
        ...


class MarianCodec:
    """MarianMT's sentencepiece models and vocabulary file, called directly.

    The ids are those of `transformers.MarianTokenizer`; the vocabulary file maps a piece to its id.

    Args:
        folder: Holds ``source.spm``, ``target.spm`` and ``vocab.json``, and ``target_vocab.json``
            if the two sides have vocabularies of their own.
        threads: Threads of sentencepiece; -1 takes all cores.

    Raises:
        ModelError: A file is missing or lacks ``<unk>`` or ``</s>``.
    """

    def __init__(self, folder: Path, *, threads: int = -1) -> None:
        self._threads = threads
        self._source = _load_spm(folder / "source.spm")
        _load_spm(folder / "target.spm")
        settings = _read_json(folder / "tokenizer_config.json", required=False)
        self._vocabulary: dict[str, int] = _read_json(folder / "vocab.json")
        separate = bool(settings.get("separate_vocabs", False))
        target: dict[str, int] = (
            _read_json(folder / "target_vocab.json") if separate else self._vocabulary
        )
        # MarianTokenizer joins pieces with the source model unless the vocabularies are separate.
        self._joiner = _load_spm(folder / "target.spm") if separate else self._source
        for token in ("<unk>", "</s>"):
            if token not in self._vocabulary:
                raise ModelError(f"{folder / 'vocab.json'} lacks {token!r}; fetch the model again")
        self._unknown = self._vocabulary["<unk>"]
        self._end = self._vocabulary["</s>"]
        self._pieces = {index: piece for piece, index in target.items()}
        self._special = {target[t] for t in ("<pad>", "</s>", "<unk>") if t in target}
        self._ids = [
            self._vocabulary.get(self._source.id_to_piece(index), self._unknown)
            for index in range(self._source.get_piece_size())
        ]

    def encode(self, texts: Sequence[str], *, prefix: str | None = None) -> list[list[int]]:
        """See `Codec.encode`; ``prefix`` is one vocabulary token such as ``>>eng<<``.

        Raises:
            ModelError: The vocabulary has no such token.
        """
        head: list[int] = []
        if prefix is not None:
            if prefix not in self._vocabulary:
                known = ", ".join(sorted(t for t in self._vocabulary if t.startswith(">>")))
                raise ModelError(
                    f"the model has no language token {prefix!r}; it has {known or 'none'}"
                )
            head = [self._vocabulary[prefix]]
        ids, unknown = self._ids, self._source.unk_id()
        encoded = self._source.encode(list(texts), out_type=int, num_threads=self._threads)
        result = []
        for text, pieces in zip(texts, encoded, strict=True):
            if unknown in pieces:
                # A character outside the source model may still have an id from the target side.
                surface = self._source.encode(text, out_type=str)
                body = [self._vocabulary.get(piece, self._unknown) for piece in surface]
            else:
                body = [ids[piece] for piece in pieces]
            result.append([*head, *body, self._end])
        return result

    def decode(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        """See `Codec.decode`."""
        pieces = [
            [self._pieces[i] for i in sequence if i not in self._special and i in self._pieces]
            for sequence in sequences
        ]
        texts = self._joiner.decode(pieces, num_threads=self._threads)
        return [text.replace(_UNDERLINE, " ").strip() for text in texts]


class FastCodec:
    """Any other model's own tokenizer, read from its folder.

    Raises:
        ModelError: The folder's tokenizer files are missing or broken.
    """

    def __init__(self, folder: Path) -> None:
        # Imported late: transformers takes seconds to import, and MarianMT does without it.
        from transformers import AutoTokenizer  # noqa: PLC0415

        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False
            )
        # The tokenizers library raises nothing narrower.
        except Exception as error:
            raise ModelError(
                f"{folder}: the tokenizer cannot be read ({error}); fetch the model again"
            ) from error
        # Truncation is never wanted, and neither is the warning that a text would want it.
        self._tokenizer.model_max_length = 1 << 30

    def encode(self, texts: Sequence[str], *, prefix: str | None = None) -> list[list[int]]:
        """See `Codec.encode`."""
        if not texts:
            return []
        prefixed = [(prefix or "") + text for text in texts]
        ids: list[list[int]] = self._tokenizer(prefixed, add_special_tokens=True)["input_ids"]
        return ids

    def decode(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        """See `Codec.decode`."""
        texts: list[str] = self._tokenizer.batch_decode(
            [list(s) for s in sequences],
            skip_special_tokens=True,
            clean_up_tokenization_spaces=False,
        )
        return [text.strip() for text in texts]


def load_codec(folder: Path, *, threads: int | None = None) -> Codec:
    """The codec for a model folder.

    Args:
        folder: The model's files.
        threads: CPU threads, where the codec has a say in it; None takes all cores.

    Raises:
        ModelError: Its tokenizer's files are missing or broken.
    """
    if (folder / "source.spm").is_file():
        return MarianCodec(folder, threads=threads or -1)
    return FastCodec(folder)


def _load_spm(path: Path) -> sentencepiece.SentencePieceProcessor:
    try:
        return sentencepiece.SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise ModelError(f"{path} cannot be read ({error}); fetch the model again") from error


def _read_json(path: Path, *, required: bool = True) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if not required:
            return {}
        raise ModelError(f"{path} is missing; fetch the model again") from error
    except ValueError as error:
        raise ModelError(f"{path} is not valid JSON ({error}); fetch the model again") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} does not hold a JSON object; fetch the model again")
    return content
