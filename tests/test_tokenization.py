import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.models import ModelError
from pipeline.tokenization import MarianCodec, load_codec

TEXTS = [
    "De minister zei dinsdag dat het kabinet 3,4 miljard euro uittrekt.",
    "'s Avonds regent het in 's-Hertogenbosch.",
    "",
    " ",
    "  dubbele   spaties\ten\nregels ",
    "Ærøskøbing, Čapek en 東京 staan er ook in 🎉",
    "„Aanhalingstekens” en een beletselteken…",
    "HOOFDLETTERS EN cijfers 12.345,67",
    "een zacht\u00adkoppelteken en een\u00a0vaste spatie",
]


def reference(folder: Path) -> Any:
    from transformers import MarianTokenizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it recommends a library that its ids do not need
        return MarianTokenizer.from_pretrained(str(folder))


@pytest.fixture(scope="session")
def split_vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Marian tokenizer like OPUS-MT's: two sentencepiece models, one vocabulary file for both."""
    folder = tmp_path_factory.mktemp("marian")
    corpora = {
        "source": ["de kat zit op de mat", "het huis is groot en oud", "wij gaan naar de stad"],
        "target": ["the cat sits on the mat", "the house is big & old", "we go to the city ßø"],
    }
    pieces: dict[str, None] = {}
    for side, sentences in corpora.items():
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences * 20),
            model_prefix=str(folder / side),
            vocab_size=42,
            hard_vocab_limit=False,
            character_coverage=1.0,
            minloglevel=2,
        )
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
        model = sentencepiece.SentencePieceProcessor(model_file=str(folder / f"{side}.spm"))
        pieces |= {model.id_to_piece(i): None for i in range(model.get_piece_size())}
    order = ["</s>", "<unk>", ">>eng<<", *(p for p in pieces if not p.startswith("<")), "<pad>"]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys(order))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    return folder


def test_the_bundled_ids_are_those_of_marian_tokenizer(translation_model: Path) -> None:
    codec, tokenizer = load_codec(translation_model), reference(translation_model)
    assert isinstance(codec, MarianCodec)
    assert codec.encode(TEXTS) == [tokenizer(text)["input_ids"] for text in TEXTS]


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60).filter(lambda t: not any(m in t for m in ("<", ">>", "\x00"))))
def test_any_text_has_marian_tokenizers_ids(text: str) -> None:
    from pipeline.models import bundled_folder

    codec, tokenizer = _pair(bundled_folder() / "nl-en-compact")
    assert codec.encode([text]) == [tokenizer(text)["input_ids"]]


_pairs: dict[Path, tuple[MarianCodec, Any]] = {}


def _pair(folder: Path) -> tuple[MarianCodec, Any]:
    if folder not in _pairs:
        _pairs[folder] = (MarianCodec(folder), reference(folder))
    return _pairs[folder]


def test_two_sentencepiece_models_share_a_vocabulary(split_vocabulary: Path) -> None:
    codec, tokenizer = MarianCodec(split_vocabulary), reference(split_vocabulary)
    # ß and & are unknown to the source model but have ids from the target's.
    texts = ["de kat & het huis ß", "wij gaan q naar de stad", *TEXTS]
    ids = [tokenizer(text)["input_ids"] for text in texts]
    assert codec.encode(texts) == ids
    assert codec.decode(ids) == [tokenizer.decode(i, skip_special_tokens=True) for i in ids]


def test_a_language_token_goes_first(split_vocabulary: Path) -> None:
    codec, tokenizer = MarianCodec(split_vocabulary), reference(split_vocabulary)
    assert codec.encode(["de kat"], prefix=">>eng<<") == [tokenizer(">>eng<< de kat")["input_ids"]]
    with pytest.raises(ModelError, match=r">>fry<<.*>>eng<<"):
        codec.encode(["de kat"], prefix=">>fry<<")


def test_text_that_spells_a_special_token_stays_text(translation_model: Path) -> None:
    codec = load_codec(translation_model)
    [ids] = codec.encode(["Sluit af met </s> en ga door."])
    assert ids.count(ids[-1]) == 1


def test_decoding_is_marian_tokenizers(translation_model: Path) -> None:
    codec, tokenizer = load_codec(translation_model), reference(translation_model)
    ids = [tokenizer(text)["input_ids"] for text in TEXTS]
    assert codec.decode(ids) == [tokenizer.decode(i, skip_special_tokens=True) for i in ids]
    assert codec.encode([]) == []
    assert codec.decode([]) == []


def test_the_summary_models_own_tokenizer_is_used(summary_model: Path) -> None:
    from transformers import AutoTokenizer

    codec = load_codec(summary_model)
    tokenizer = AutoTokenizer.from_pretrained(str(summary_model))
    texts = ["The council met on 3 May.", "", "naïve café 🎉"]
    assert codec.encode(texts) == tokenizer(texts)["input_ids"]
    assert codec.decode(codec.encode(texts)) == texts
    assert codec.encode(["b c"], prefix="a ") == codec.encode(["a b c"])
    [long] = codec.encode(["word " * 5000])
    assert len(long) > 5000


@pytest.mark.parametrize("missing", ["vocab.json", "target.spm"])
def test_a_missing_file_is_named(translation_model: Path, tmp_path: Path, missing: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(
        translation_model, folder, ignore=shutil.ignore_patterns("*.safetensors", missing)
    )
    with pytest.raises(ModelError, match=missing):
        load_codec(folder)
