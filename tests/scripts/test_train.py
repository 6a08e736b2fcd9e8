"""The training recipe, on data small enough to make up."""

from __future__ import annotations

import copy
import json
import lzma
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentencepiece
import torch
from safetensors import safe_open
from tokenizers import Tokenizer
from torch.nn import functional as F
from transformers import (
    AutoTokenizer,
    BartForConditionalGeneration,
    MarianConfig,
    MarianMTModel,
)

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # the recipe is no part of the installed package

from pipeline.numerals import missing_numbers  # noqa: E402
from pipeline.sentence_search import Candidate, SentenceSearch  # noqa: E402
from pipeline.tokenization import MarianCodec  # noqa: E402
from scripts.train import articles as articles_module  # noqa: E402
from scripts.train import figures  # noqa: E402
from scripts.train.choices import BOS, EOS, choice_points  # noqa: E402
from scripts.train.export import export_summariser, export_translator  # noqa: E402
from scripts.train.figures import figure_pair  # noqa: E402
from scripts.train.generate import decode_texts, load_engine  # noqa: E402
from scripts.train.ideas import changed, key_of, lacking, surprise  # noqa: E402
from scripts.train.loop import Loop, LoopConfig, loop_config, read_config  # noqa: E402
from scripts.train.losses import linear_cross_entropy  # noqa: E402
from scripts.train.mixture import Pieces  # noqa: E402
from scripts.train.pairs import digits_agree, spell_amounts  # noqa: E402
from scripts.train.prepare import prepare_articles, prepare_pairs  # noqa: E402
from scripts.train.summarise import SummaryTask, build_model  # noqa: E402
from scripts.train.summary_mixture import read_rows  # noqa: E402
from scripts.train.tokenizer import train_tokenizer  # noqa: E402
from scripts.train.translate import TranslationTask  # noqa: E402

WORDS = "the council of Ghent said on Monday that 1,250 homes near the river would be built".split()
SHAPE: dict[str, Any] = {
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "max_position_embeddings": 256,
    "dropout": 0.1,
    "init_std": 0.02,
}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def load(kind: type[Any], folder: Path) -> tuple[Any, dict[str, Any]]:
    model, report = kind.from_pretrained(folder, output_loading_info=True)
    return model, report


def sentence(generator: np.random.Generator) -> str:
    words = generator.choice(WORDS, 12).tolist()
    return " ".join(["In", str(generator.integers(1000, 3000)), *words]) + "."


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    generator = np.random.default_rng(7)
    (folder / "english").mkdir()
    (folder / "nl-en").mkdir()
    rows = []
    for number in range(12):
        text = [sentence(generator) for _ in range(6)]
        identity, title = f"news/{number}.txt", f"Title {number}"
        rows.append({"id": identity, "title": title, "article": "\n".join(text)})
        rows[-1]["summary"] = " ".join(text[1:3])
    lines = [json.dumps(row) for row in rows]
    english = folder / "english"
    (english / "digests.jsonl").write_text("\n".join(lines[:8]) + "\n")
    for name in ("bbc-summaries", "reuters-headlines"):
        content = lzma.compress("\n".join(lines[8:]).encode())
        (english / f"{name}.jsonl.xz").write_bytes(content)
    pairs = [f"Zin {i} kost € {i},50.\tSentence {i} costs €{i}.50." for i in range(60)]
    (folder / "nl-en" / "news.tsv").write_text("".join(f"{row}\twritten\n" for row in pairs))
    general = "".join(f"{row}\ttatoeba\tA\n" for row in [*pairs, "Hij is 3.\tHe is 4."])
    (folder / "nl-en" / "train.tsv.xz").write_bytes(lzma.compress(general.encode()))
    return folder


@pytest.fixture(scope="module")
def prepared(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(articles_module, "HELD_DIGESTS", 3)
        prepare_articles(data, out)
    prepare_pairs(data, out)
    texts = [json.loads(line)["sentences"] for line in (out / "articles.jsonl").open()]
    tokenizer = train_tokenizer((" ".join(sentences) for sentences in texts), size=400)
    tokenizer.save(str(out / "tokenizer.json"))
    return out


def summary_task(prepared: Path) -> SummaryTask:
    settings = copy.deepcopy(read_config(ROOT / "scripts/train/summarise.yaml")["task"])
    mixture = {"copy:bbc": 1, "choose:digest": 2}
    settings |= {"round": 6, "batch_tokens": 300}
    settings["stages"] = [
        {"until": 0.5, "longest": 60, "disguise": [0.5, 0.5], "mixture": mixture},
        {"until": 1.0, "longest": 150, "disguise": [0.2, 0.1], "mixture": mixture},
    ]
    tokenizer = Tokenizer.from_file(str(prepared / "tokenizer.json"))
    rows = prepared / "articles.jsonl"
    train = read_rows(rows, tokenizer, kinds=("digest", "bbc"))
    held = read_rows(rows, tokenizer, kinds=("held",))
    assert len(held) == 3
    return SummaryTask(train, held, settings=settings, seed=3)


def summary_model(prepared: Path) -> BartForConditionalGeneration:
    tokenizer = Tokenizer.from_file(str(prepared / "tokenizer.json"))
    return build_model(SHAPE, vocabulary=tokenizer.get_vocab_size(), seed=3)


@pytest.fixture(scope="module")
def seed_model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seed")
    text = (data / "nl-en" / "news.tsv").read_text().replace("\t", "\n").splitlines()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(text),
        model_prefix=str(folder / "source"),
        vocab_size=60,
        bos_id=-1,
        eos_id=0,
        unk_id=1,
        minloglevel=2,
    )
    (folder / "source.model").rename(folder / "source.spm")
    (folder / "target.spm").write_bytes((folder / "source.spm").read_bytes())
    spm = sentencepiece.SentencePieceProcessor(str(folder / "source.spm"))
    vocabulary = {spm.id_to_piece(i): i for i in range(len(spm))} | {"<pad>": len(spm)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    settings = {"tokenizer_class": "MarianTokenizer", "source_lang": "nl", "target_lang": "en"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    config = MarianConfig(
        vocab_size=len(spm) + 1,
        pad_token_id=len(spm),
        decoder_start_token_id=len(spm),
        eos_token_id=0,
        forced_eos_token_id=0,
        **SHAPE,
    )
    MarianMTModel(config).half().save_pretrained(folder)  # type: ignore[no-untyped-call]
    return folder


def translation_task(prepared: Path, seed_model: Path) -> TranslationTask:
    settings = copy.deepcopy(read_config(ROOT / "scripts/train/translate.yaml")["task"])
    settings |= {"round": 30, "batch_tokens": 200}
    mixture = {"news:written": 4, "tatoeba": 2, "figures": 1}
    settings["stages"] = [{"until": 1.0, "sample": 0.3, "mixture": mixture}]
    pairs = prepared / "pairs.tsv"
    return TranslationTask(seed_model, pairs=pairs, settings=settings, seed=3, dev=None)


def test_preparation_is_deterministic_and_filters(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(articles_module, "HELD_DIGESTS", 3)
    written = []
    for name in ("one", "two"):
        out = tmp_path / name
        (out / "written").mkdir(parents=True)
        own = out / "written" / "a.tsv"
        own.write_text("Een kat.\tA cat.\nEen hond.\tA dog.\n", encoding="utf-8")
        assert prepare_pairs(data, out) == {"news:written": 60, "own": 2, "tatoeba": 60}
        counts = prepare_articles(data, out)
        assert (counts["held"], counts["digest"]) == (3, 5)
        written.append([(out / file).read_bytes() for file in ("articles.jsonl", "pairs.tsv")])
    assert written[0] == written[1]


def test_a_broken_line_among_our_own_pairs_is_named(data: Path, tmp_path: Path) -> None:
    own = tmp_path / "written" / "a.tsv"
    own.parent.mkdir()
    own.write_text("Een kat.\tA cat.\nEen hond.\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.tsv, line 2.*Een hond"):
        prepare_pairs(data, tmp_path)


def test_held_articles_are_not_trained_on(prepared: Path) -> None:
    rows = [json.loads(line) for line in (prepared / "articles.jsonl").open()]
    held = {row["sentences"][0] for row in rows if row["kind"] == "held"}
    assert len(held) == 3
    assert not any(row["sentences"][0] in held for row in rows if row["kind"] != "held")


@pytest.mark.parametrize("kind", ["summarise", "translate"])
def test_a_resumed_run_equals_an_uninterrupted_one(
    kind: str, prepared: Path, seed_model: Path, tmp_path: Path
) -> None:
    config = LoopConfig(seed=3, steps=6, warmup=2, log_steps=2)

    def loop(folder: Path) -> Loop[Any, Any]:
        if kind == "summarise":
            model: Any = summary_model(prepared)
            task: Any = summary_task(prepared)
        else:
            model = MarianMTModel.from_pretrained(seed_model, dtype=torch.float32)
            task = translation_task(prepared, seed_model)
        return Loop(model, task, config=config, folder=folder, say=lambda _: None)

    whole = loop(tmp_path / "whole")
    whole.run()
    loop(tmp_path / "parts").run(pause_at=2)
    resumed = loop(tmp_path / "parts")
    assert resumed.state["step"] == 2
    resumed.run()
    assert resumed.state == whole.state
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name
    for name, value in whole.average.items():
        assert torch.equal(value, resumed.average[name]), name


def test_the_exported_summariser_loads_whole(prepared: Path, tmp_path: Path) -> None:
    settings = read_config(ROOT / "scripts/train/summarise.yaml")
    config = {"model": SHAPE, "generation": settings["generation"]}
    weights = tmp_path / "best.pt"
    torch.save(dict(summary_model(prepared).named_parameters()), weights)
    target = tmp_path / "model"
    export_summariser(weights, prepared / "tokenizer.json", config, target)
    _, report = load(BartForConditionalGeneration, target)
    assert not any(report.values())
    with safe_open(target / "model.safetensors", framework="pt") as file:
        names = list(file.keys())
    assert "model.shared.weight" in names
    assert "lm_head.weight" not in names
    text = "In 2004 the “council” paid €1,250."
    tokenizer = AutoTokenizer.from_pretrained(target)
    ids = tokenizer(text)["input_ids"]
    assert (ids[0], ids[-1]) == (BOS, EOS)
    assert tokenizer.decode(ids, skip_special_tokens=True) == text.replace("“", '"').replace(
        "”", '"'
    )


def test_the_exported_translator_loads_whole(seed_model: Path, tmp_path: Path) -> None:
    model = MarianMTModel.from_pretrained(seed_model, dtype=torch.float32)
    torch.save(dict(model.named_parameters()), tmp_path / "best.pt")
    target = tmp_path / "model"
    export_translator(tmp_path / "best.pt", seed_model, target)
    _, report = load(MarianMTModel, target)
    assert not any(report.values())
    found = decode_texts(
        load_engine(target, device="cpu"),
        MarianCodec(target),
        ["Zin 1 kost € 1,50.", "Zin.", "z " * 300],
        beams=2,
        keep=2,
    )
    # The third is too long to be decoded with the others.
    assert [len(nbest) for nbest in found] == [2, 2, 0]


def test_the_loss_is_cross_entropy() -> None:
    generator = torch.Generator().manual_seed(1)
    states = torch.randn(30, 8, generator=generator, requires_grad=True)
    table = torch.randn(50, 8, generator=generator, requires_grad=True)
    labels = torch.randint(0, 50, (30,), generator=generator)
    weights = (torch.arange(30) % 3 > 0).float()
    loss = linear_cross_entropy(states, table, labels, weights=weights, smoothing=0.1)
    found = torch.autograd.grad(loss, [states, table])
    each = F.cross_entropy(states @ table.T, labels, label_smoothing=0.1, reduction="none")
    expected = (each * weights).sum() / weights.sum()
    wanted = torch.autograd.grad(expected, [states, table])
    assert loss.item() == pytest.approx(expected.item(), rel=1e-2)
    for ours, theirs in zip(found, wanted, strict=True):
        assert (ours - theirs).norm() < 0.02 * theirs.norm()


def test_the_surprise_of_references_is_the_models_own_loss(seed_model: Path) -> None:
    model = MarianMTModel.from_pretrained(seed_model, dtype=torch.float32)
    pieces = Pieces(seed_model)
    pairs = [("Zin 1 kost € 1,50.", "It said."), ("Zin.", "In 1,250 homes."), ("In 12", "In 1")]
    total, tokens = 0.0, 0
    with torch.inference_mode():
        for dutch, english in pairs:
            labels = torch.tensor([pieces.encode(english)])
            found = model(input_ids=torch.tensor([pieces.encode(dutch)]), labels=labels)
            total += float(found.loss) * labels.shape[1]
            tokens += labels.shape[1]
    assert surprise(model, pieces, pairs) == pytest.approx(total / tokens, rel=1e-2)


def test_a_course_differs_from_another_in_what_is_named() -> None:
    settings = read_config(ROOT / "scripts/train/ideas.yaml")
    ideas = settings.pop("ideas")
    for change in ideas.values():
        found = changed(settings, change)
        for section in settings:
            differing = {k for k in settings[section] if found[section][k] != settings[section][k]}
            assert differing == set(change.get(section, {}))
    first, other = (changed(settings, ideas[name]) for name in ("all of it", "news alone"))
    assert key_of(first, None, "a") == key_of(settings, None, "a")
    assert len({key_of(*parts) for parts in ((first, None), (other, None), (first, 5))}) == 3
    assert lacking(first, other["task"]["stages"][0]["mixture"]) == {
        *("general", "tatoeba", "stsb_deepl", "technical", "iso_names", "freedict")
    }
    with pytest.raises(ValueError, match=r"task.swop"):
        changed(settings, {"task": {"swop": 0.0}})


def test_choices_are_where_the_constraint_leaves_more_than_one_token() -> None:
    sentences = [[5, 6], [5, 7, 8], [9], [5, 7, 6]]
    labels, points = choice_points(sentences, [1, 2])
    assert labels == [BOS, 5, 7, 8, 9, EOS]
    every = [
        chosen
        for count in range(1, len(sentences) + 1)
        for chosen in combinations(range(len(sentences)), count)
    ]
    rule = SentenceSearch(
        [Candidate(opening=tuple(s), inner=tuple(s)) for s in sentences],
        sets=every,
        head=[BOS],
        end=EOS,
    )
    for position in range(1, len(labels)):
        options = rule.allowed(labels[:position])
        assert labels[position] in options
        if len(options) > 1:
            assert (position, options) in points


def test_figures_and_filters() -> None:
    assert spell_amounts("took $1.6bn (£857m) in the 800m") == (
        "took $1.6 billion (£857 million) in the 800m"
    )
    assert digits_agree("€ 1.250,50", "€1,250.50")
    assert not digits_agree("12 mensen", "13 people")
    generator = np.random.default_rng(0)
    for _ in range(2000):
        dutch, english = figure_pair(generator)
        assert "{" not in dutch + english
        # Every figure of the Dutch is in the English, as kortom's own check sees it.
        assert not missing_numbers(dutch, english), (dutch, english)


def test_dutch_ways_to_tell_the_time_and_the_like() -> None:
    generator = np.random.default_rng(0)
    hours = {figures.hour(generator) for _ in range(500)}
    assert ("half negen", "half past eight") in hours
    assert ("half een", "half past twelve") in hours
    assert ("kwart voor drie", "a quarter to three") in hours
    ranks = {english for _, english in (figures.rank(generator) for _ in range(800))}
    assert {"1st", "2nd", "3rd", "11th", "12th", "21st"} <= ranks
    assert ("jaren tachtig", "1980s") in {figures.decade(generator) for _ in range(200)}


def test_a_run_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="no end"):
        loop_config({"peak": 0.001})
    with pytest.raises(ValueError, match="unknown settings"):
        loop_config({"peek": 0.001, "steps": 3})
    assert loop_config({"minutes": 9}, steps=5).minutes is None


def test_a_halted_step_is_no_training_time(
    prepared: Path, seed_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.train.loop._LONGEST_STEP", 1e-6)
    loop = Loop(
        MarianMTModel.from_pretrained(seed_model, dtype=torch.float32),
        translation_task(prepared, seed_model),
        config=LoopConfig(minutes=1e3, warmup=1, log_steps=100),
        folder=tmp_path,
        say=lambda _: None,
    )
    loop.run(pause_at=3)
    assert 0 < loop.tally["seconds"] <= 4e-6
