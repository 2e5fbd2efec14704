from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from edge.wire import cleared_bool, delimited, peek, varint

EVERYTHING = "probe.v1.Everything"
texts = st.text(max_size=300)


@pytest.fixture(scope="module")
def everything(probe_oracle: Any) -> Callable[..., Any]:
    kind: Callable[..., Any] = probe_oracle.kind(EVERYTHING)
    return kind


def number(everything: Any, name: str) -> int:
    found: int = everything.DESCRIPTOR.fields_by_name[name].number
    return found


@given(text=texts, inner=texts, data=st.binary(max_size=300), many=st.lists(texts, max_size=5))
def test_one_field_of_a_message_is_read(
    everything: Any, text: str, inner: str, data: bytes, many: list[str]
) -> None:
    message = everything(text=text, data=data, texts=many, inner={"text": inner, "ratio": 0.5})
    message.labels.update({each: each for each in many})
    encoded = message.SerializeToString()
    assert peek(number(everything, "text"))(encoded) == text.encode()
    assert peek(number(everything, "data"))(encoded) == data
    way = (number(everything, "inner"), number(everything, "text"))
    assert peek(*way)(encoded) == inner.encode()
    assert peek(number(everything, "left"))(encoded) == b""


@given(before=texts, text=texts, others=st.lists(texts, max_size=3))
def test_a_field_is_added_behind_a_message(
    everything: Any, before: str, text: str, others: list[str]
) -> None:
    whole = everything(text=before, texts=others, inner={"text": before, "count": 7}, yes=True)
    inner, texts_, yes = (number(everything, name) for name in ("inner", "texts", "yes"))
    own = number(everything, "text")
    encoded = whole.SerializeToString()
    for added in ((own,), (inner, own), (inner, inner, own), (texts_,)):
        encoded += delimited(added, text.encode())
    read = everything.FromString(encoded + cleared_bool(yes))
    assert (read.text, read.inner.text, read.inner.inner.text) == (text, text, text)
    assert (read.inner.count, list(read.texts), read.yes) == (7, [*others, text], False)


@pytest.mark.parametrize(
    ("value", "written"), [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\1"), (300, b"\xac\2")]
)
def test_numbers_are_written_in_base_128(value: int, written: bytes) -> None:
    assert varint(value) == written


def test_what_is_no_message_is_said() -> None:
    with pytest.raises(DecodeError):
        peek(1)(b"\xff")
