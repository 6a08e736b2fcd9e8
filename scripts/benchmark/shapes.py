"""The model shapes that are measured: their sizes as published, their lengths, their searches.

A shape is facts only; nothing here needs torch. Sizes are those of the ``config.json`` files of
Helsinki-NLP/opus-mt-nl-en, sshleifer/distilbart-cnn-12-6 and facebook/bart-large-cnn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Lengths:
    """A log-normal distribution of lengths in tokens, cut off at both ends.

    Attributes:
        mu: Mean of the logarithm.
        sigma: Standard deviation of the logarithm.
        shortest: Nothing is shorter than this.
        longest: Nothing is longer than this.
    """

    mu: float
    sigma: float
    shortest: int
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What the arithmetic of an encoder-decoder depends on.

    Attributes:
        vocabulary: Rows of the embedding and of the output projection.
        width: ``d_model``.
        inner: Width of the feed-forward layers.
        encoder_layers: Layers of the encoder.
        decoder_layers: Layers of the decoder.
    """

    vocabulary: int
    width: int
    inner: int
    encoder_layers: int
    decoder_layers: int

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Size:
        """Read it from a model's ``config.json``."""
        return cls(
            vocabulary=config["vocab_size"],
            width=config["d_model"],
            inner=config["decoder_ffn_dim"],
            encoder_layers=config["encoder_layers"],
            decoder_layers=config["decoder_layers"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One model shape and what is asked of it.

    Attributes:
        name: Its name on the command line.
        title: Its name in the tables.
        config: ``config.json`` of the copy model to make; None for the bundled model.
        sources: Lengths of the inputs; None where the inputs are real sentences.
        outputs: Lengths of the outputs, where they are shorter than the inputs.
        max_new_tokens: The most tokens of an output, its end included.
        min_new_tokens: The fewest, its end included.
        search: Other settings of the published ``generation_config.json``, under HF's names.
        counts: How many inputs are decoded: in a quick run, in a full one, on a GPU. A search with
            beams gets half.
    """

    name: str
    title: str
    config: Mapping[str, Any] | None = None
    sources: Lengths | None = None
    outputs: Lengths | None = None
    max_new_tokens: int
    min_new_tokens: int = 0
    search: Mapping[str, Any] = field(default_factory=dict)
    counts: tuple[int, int, int]

    def count(self, *, device: str, quick: bool, beams: int) -> int:
        """How many inputs are decoded."""
        whole = self.counts[2] if device == "cuda" else self.counts[0 if quick else 1]
        return whole if beams == 1 else whole // 2


def _marian(**sizes: Any) -> Mapping[str, Any]:  # noqa: ANN401 -- sizes of a config.json
    return {
        "model_type": "marian",
        "architectures": ["MarianMTModel"],
        "activation_function": "swish",
        "scale_embedding": True,
        "static_position_embeddings": True,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
        "share_encoder_decoder_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "forced_eos_token_id": 0,
        "pad_token_id": sizes["vocab_size"] - 1,
        "decoder_start_token_id": sizes["vocab_size"] - 1,
        "decoder_vocab_size": sizes["vocab_size"],
        **sizes,
    }


def _bart(**sizes: Any) -> Mapping[str, Any]:  # noqa: ANN401 -- sizes of a config.json
    return {
        "model_type": "bart",
        "architectures": ["BartForConditionalGeneration"],
        "activation_function": "gelu",
        "scale_embedding": False,
        "max_position_embeddings": 1024,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
        "decoder_start_token_id": 2,
        "forced_bos_token_id": 0,
        "forced_eos_token_id": 2,
        **sizes,
    }


def _layers(*, encoder: int, decoder: int, heads: int, inner: int) -> dict[str, int]:
    return {
        "encoder_layers": encoder,
        "decoder_layers": decoder,
        "encoder_attention_heads": heads,
        "decoder_attention_heads": heads,
        "encoder_ffn_dim": inner,
        "decoder_ffn_dim": inner,
    }


# Fitted to the English side of FLORES-200 dev and NTREX-128 (1,997 sentences): mu 3.12, sigma 0.44
# in words and marks, and 3.56, 0.46 in pieces of an 8k vocabulary. One of 58k lies between, nearer
# to words.
_SENTENCES: Final = Lengths(mu=3.25, sigma=0.45, shortest=4, longest=100)
# News articles of some 500 words, and summaries between the bounds of the published settings.
_ARTICLES: Final = Lengths(mu=6.45, sigma=0.3, shortest=250, longest=1000)
_SUMMARIES: Final = Lengths(mu=4.35, sigma=0.22, shortest=57, longest=140)

# generation_config.json of facebook/bart-large-cnn and of sshleifer/distilbart-cnn-12-6; the
# lengths there count the decoder start.
_CNN: Final[Mapping[str, Any]] = {
    "length_penalty": 2.0,
    "no_repeat_ngram_size": 3,
    "early_stopping": True,
}


def _summariser(name: str, *, title: str, decoder: int) -> Shape:
    """A large BART for CNN news; the two that are published differ in their decoder's depth."""
    return Shape(
        name=name,
        title=title,
        config=_bart(
            vocab_size=50264,
            d_model=1024,
            **_layers(encoder=12, decoder=decoder, heads=16, inner=4096),
        ),
        sources=_ARTICLES,
        outputs=_SUMMARIES,
        max_new_tokens=141,
        min_new_tokens=55,
        search=_CNN,
        counts=(4, 8, 2048),
    )


SHAPES: Final = {
    shape.name: shape
    for shape in (
        Shape(
            name="compact",
            title="bundled nl-en-compact",
            max_new_tokens=128,
            counts=(512, 2048, 32768),
        ),
        Shape(
            name="opus",
            title="opus-mt-nl-en shape (copy model)",
            config=_marian(
                vocab_size=58101,
                d_model=512,
                **_layers(encoder=6, decoder=6, heads=8, inner=2048),
            ),
            sources=_SENTENCES,
            max_new_tokens=128,
            counts=(48, 512, 40960),
        ),
        _summariser("distilbart", title="distilbart-cnn-12-6 shape (copy model)", decoder=6),
        _summariser("bart", title="bart-large-cnn shape (copy model)", decoder=12),
    )
}
