"""The search settings: read from HF's, refused by name, filled from the model's."""

from pathlib import Path

import pytest
from transformers import GenerationConfig

from pipeline.engine import Search

# As published with the models named.
OPUS_MT = {
    "bad_words_ids": [[67027]],
    "bos_token_id": 0,
    "decoder_start_token_id": 67027,
    "eos_token_id": 0,
    "forced_eos_token_id": 0,
    "max_length": 512,
    "num_beams": 6,
    "pad_token_id": 67027,
    "renormalize_logits": True,
}
BART_LARGE_CNN = {
    "bos_token_id": 0,
    "decoder_start_token_id": 2,
    "early_stopping": True,
    "eos_token_id": 2,
    "forced_bos_token_id": 0,
    "forced_eos_token_id": 2,
    "length_penalty": 2.0,
    "max_length": 142,
    "min_length": 56,
    "no_repeat_ngram_size": 3,
    "num_beams": 4,
    "pad_token_id": 1,
}


def test_published_settings_are_read() -> None:
    assert Search.from_generation_config(OPUS_MT) == Search(
        beams=6,
        max_length=512,
        bad_words_ids=((67027,),),
        forced_eos_token_id=(0,),
        renormalize_logits=True,
        eos_token_id=0,
        pad_token_id=67027,
        decoder_start_token_id=67027,
    )
    bart = Search.from_generation_config(BART_LARGE_CNN)
    assert (bart.beams, bart.early_stopping, bart.length_penalty) == (4, True, 2.0)
    assert (bart.shortest, bart.longest(positions=1024)) == (56, 142)


def test_an_object_a_dictionary_a_file_and_a_folder_read_alike(tmp_path: Path) -> None:
    config = GenerationConfig.from_dict(BART_LARGE_CNN)
    config.save_pretrained(tmp_path)
    expected = Search.from_generation_config(BART_LARGE_CNN)
    for given in (config, tmp_path, str(tmp_path), tmp_path / "generation_config.json"):
        assert Search.from_generation_config(given) == expected
    with pytest.raises(FileNotFoundError, match=r"generation_config\.json"):
        Search.from_generation_config(tmp_path / "elsewhere")


def test_overrides_win_under_either_name() -> None:
    for name in ("num_beams", "beams"):
        search = Search.from_generation_config(OPUS_MT, **{name: 2, "max_length": 9})
        assert (search.beams, search.max_length) == (2, 9)
    with pytest.raises(ValueError, match=r"no setting 'beam_size': use one of .*beams"):
        Search.from_generation_config(OPUS_MT, beam_size=2)


def test_a_list_of_ends_is_kept_and_a_list_of_one_is_that_one() -> None:
    assert Search.from_generation_config({"eos_token_id": [2]}).eos_token_id == 2
    several = Search.from_generation_config({"eos_token_id": [2, 3]})
    assert several.ends == (2, 3)
    assert Search().ends == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("do_sample", True),
        ("num_beam_groups", 2),
        ("penalty_alpha", 0.6),
        ("encoder_no_repeat_ngram_size", 3),
        ("encoder_repetition_penalty", 1.2),
        ("stop_strings", ["."]),
        ("max_time", 2.0),
        ("guidance_scale", 1.5),
        ("sequence_bias", [[[5], -2.0]]),
    ],
)
def test_what_is_not_done_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"{name}=.* is not greedy or beam search.*{name}"):
        Search.from_generation_config({name: value})
    with pytest.raises(ValueError, match=name):
        Search.from_generation_config({}, **{name: value})


def test_a_refused_setting_can_be_overridden() -> None:
    sampling = {"do_sample": True, "temperature": 0.7, "top_k": 10}
    assert Search.from_generation_config(sampling, do_sample=False) == Search()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"beams": 0}, "beams=0"),
        ({"beams": 2, "num_return_sequences": 3}, r"num_return_sequences=3.*1 to 2"),
        ({"early_stopping": "always"}, "early_stopping='always'"),
        (
            {"forced_bos_token_id": 7, "suppress_tokens": (5, 7)},
            r"forced_bos_token_id=7.*suppress_tokens forbids it",
        ),
        (
            {"forced_eos_token_id": (2, 3), "suppress_tokens": (2, 3)},
            r"forced_eos_token_id=\(2, 3\).*suppress_tokens",
        ),
        ({"repetition_penalty": 0.0}, "repetition_penalty=0.0"),
        ({"max_length": 1}, "max_length=1"),
        ({"max_new_tokens": 0}, "max_new_tokens=0"),
        ({"min_length": -1}, "min_length=-1"),
        ({"bad_words_ids": ((),)}, "bad_words_ids"),
    ],
)
def test_values_out_of_range_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Search(**settings)  # type: ignore[arg-type]


def test_lengths() -> None:
    assert Search().longest(positions=None) == 21
    assert Search().longest(positions=10) == 10
    assert Search(max_length=30).longest(positions=None) == 30
    assert Search(max_length=30, max_new_tokens=7).longest(positions=None) == 8
    assert Search(min_length=5, min_new_tokens=7).shortest == 8


def test_special_ids_are_filled_in() -> None:
    model = Search(eos_token_id=2, pad_token_id=1, decoder_start_token_id=0, beams=5)
    filled = Search(beams=3, eos_token_id=7).filled(model)
    assert (filled.beams, filled.eos_token_id, filled.decoder_start_token_id) == (3, 7, 0)
    with pytest.raises(ValueError, match="decoder_start_token_id is in neither"):
        Search().filled(Search())
