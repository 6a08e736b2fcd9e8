"""Which searches can be done in slots; that they are done right is for `test_inflight`."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.engine.rules import supports
from tests.engine.oracle import EOS, Pair
from tests.engine.test_inflight import filled


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        # The published settings of opus-mt, bart-large-cnn and pegasus-cnn_dailymail.
        ({"num_beams": 6, "bad_words_ids": [[96]], "forced_eos_token_id": EOS}, True),
        (
            {
                "num_beams": 4,
                "length_penalty": 2.0,
                "min_length": 3,
                "no_repeat_ngram_size": 3,
                "early_stopping": True,
                "forced_bos_token_id": 7,
                "forced_eos_token_id": EOS,
            },
            True,
        ),
        ({"num_beams": 8, "length_penalty": 0.8, "forced_eos_token_id": EOS}, True),
        ({"forced_eos_token_id": [EOS, 5]}, False),
        ({"forced_bos_token_id": EOS}, False),
        ({"forced_bos_token_id": 9, "begin_suppress_tokens": [9]}, False),
        ({"forced_eos_token_id": [9, 10], "suppress_tokens": [9]}, False),
        ({"suppress_tokens": list(range(3, 92)), "num_beams": 4}, False),
        ({"suppress_tokens": [500]}, False),
    ],
)
def test_what_is_supported(
    pair: Callable[[str], Pair], chosen: dict[str, Any], expected: bool
) -> None:
    search = filled(pair("marian"), {"max_length": 20, **chosen})
    assert supports(search, longest=20, vocabulary=97) is expected
