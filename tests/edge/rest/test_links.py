from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

NOTES = "/v1/notes"


@pytest.fixture
def links(desk: Callable[..., Any], kinds: Callable[[str], Any]) -> Callable[..., Any]:
    exchange = desk()

    async def links(target: str, token: str, verb: str = "GET") -> dict[str, dict[str, str]]:
        """The query of each link of a page, by its relation."""
        page = kinds("ListNotesResponse")(notes=[{}], next_page_token=token)
        exchange.caller.answers |= dict.fromkeys(
            ("ListNotes", "FindNotes"), page.SerializeToString()
        )
        answer = await exchange(verb, target)
        assert answer.status_code == 200
        url = f"http://edge{target}"
        found = {rel: urljoin(url, link["url"]) for rel, link in answer.links.items()}
        assert all(urlsplit(link).path == urlsplit(url).path for link in found.values())
        return {
            rel: dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
            for rel, link in found.items()
        }

    return links  # fmt: skip


async def test_a_page_links_to_the_next(links: Callable[..., Any]) -> None:
    assert await links(NOTES, "t1") == {"next": {"page_token": "t1"}}
    assert await links(NOTES, "") == {}


async def test_a_link_keeps_the_rest_of_the_query(links: Callable[..., Any]) -> None:
    query = "page_size=2&filter=a%3D%22b%26c%22&fields=notes.title,nextPageToken"
    same = {"page_size": "2", "filter": 'a="b&c"', "fields": "notes.title,nextPageToken"}
    assert (await links(f"{NOTES}?{query}", "t1"))["next"] == same | {"page_token": "t1"}


@pytest.mark.parametrize("name", ["page_token", "pageToken"])
async def test_a_later_page_links_to_the_first_too(links: Callable[..., Any], name: str) -> None:
    found = await links(f"{NOTES}?page_size=2&{name}=t1", "t2")
    assert found == {
        "next": {"page_size": "2", "page_token": "t2"},
        "first": {"page_size": "2", "page_token": ""},
    }
    assert await links(f"{NOTES}?{name}=t1", "") == {"first": {"page_token": ""}}


async def test_any_token_can_be_linked(links: Callable[..., Any]) -> None:
    token = 'a/b+c=&"<>, é\n'
    assert (await links(NOTES, token))["next"] == {"page_token": token}


async def test_a_link_that_is_too_long_is_left_out(links: Callable[..., Any]) -> None:
    assert await links(NOTES, "t" * 4000) != {}
    assert await links(NOTES, "t" * 5000) == {}


async def test_a_link_cannot_write_headers(links: Callable[..., Any]) -> None:
    found = await links(f'{NOTES}?filter=>;rel="x",<"', "t")
    assert found == {"next": {"filter": '>;rel="x",<"', "page_token": "t"}}


async def test_a_method_without_a_token_has_no_links(links: Callable[..., Any]) -> None:
    assert await links(f"{NOTES}:find", "t") == {}


async def test_a_page_whose_body_is_the_list_has_its_link(links: Callable[..., Any]) -> None:
    assert await links(f"{NOTES}:bare", "t") == {"next": {"page_token": "t"}}
