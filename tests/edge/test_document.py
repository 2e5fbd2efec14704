from typing import Any

from edge.document import Document


async def test_a_document_is_made_once_and_kept_by_its_tag(ask: Any) -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"{}"

    document = Document(make, "application/json")
    first = await ask(document, "GET", "/")
    assert (first.status_code, first.content, first.headers["cache-control"]) == (
        200, b"{}", "no-cache",
    )  # fmt: skip
    tag = first.headers["etag"]
    for told in (tag, f'"other", {tag}', "*"):
        again = await ask(document, "GET", "/", headers={"if-none-match": told})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["vary"] == first.headers["vary"] == "Accept-Encoding"
    other = await ask(document, "GET", "/", headers={"if-none-match": '"other"'})
    assert other.status_code == 200
    assert made == [1]


async def test_different_bytes_have_different_tags(ask: Any) -> None:
    documents = [Document(lambda text=text: text, "text/plain") for text in (b"a", b"b")]
    tags = {(await ask(document, "GET", "/")).headers["etag"] for document in documents}
    assert len(tags) == 2
