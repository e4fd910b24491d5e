"""A page as a tree, and what htmx makes of it: the tests apply a swap and compare."""

from collections.abc import Iterator
from typing import Protocol

from django.test.html import Element, parse_html

# Different in every rendering, and of no meaning to a comparison.
_MASKED = {"csrfmiddlewaretoken"}


class Answer(Protocol):
    """A response, from a view or from the test client."""

    @property
    def content(self) -> bytes: ...


def tree(response: Answer) -> Element:
    """The whole answer under one root."""
    root = Element("root", ())
    root.append(_parsed(response.content.decode()))
    return root


def _parsed(html: str) -> Element:
    parsed: Element = parse_html(f"<wrapper>{html}</wrapper>")
    for element in walk(parsed):
        names = dict(element.attributes)
        if names.get("name") in _MASKED or "hx-headers" in names:
            element.attributes = [(k, v) for k, v in element.attributes if k not in _TOKENS]
    return parsed


_TOKENS = {"value", "hx-headers"}


def walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        if isinstance(child, Element):
            yield from walk(child)


def attribute(element: Element, name: str) -> str | None:
    value: str | None = dict(element.attributes).get(name)
    return value


def by_id(root: Element, key: str) -> Element:
    found = [element for element in walk(root) if attribute(element, "id") == key]
    assert len(found) == 1, f"{len(found)} elements with the id {key}"
    return found[0]


def text(element: Element) -> str:
    """The text a reader sees, with single spaces."""
    parts = [c if isinstance(c, str) else text(c) for c in element.children]
    return " ".join(" ".join(parts).split())


def swap(page: Element, answer: Element, target: str) -> None:
    """outerHTML of `target`, after the elements marked hx-swap-oob went to their own places."""
    for element in list(walk(answer)):
        if attribute(element, "hx-swap-oob"):
            _remove(answer, element)
            element.attributes = [(k, v) for k, v in element.attributes if k != "hx-swap-oob"]
            _replace(page, by_id(page, str(attribute(element, "id"))), element)
    if target:
        _replace(page, by_id(page, target), by_id(answer, target))


def _replace(root: Element, old: Element, new: Element) -> None:
    for parent in walk(root):
        for index, child in enumerate(parent.children):
            if child is old:
                parent.children[index] = new
                return
    raise AssertionError("the element to replace is not in the page")


def _remove(root: Element, gone: Element) -> None:
    for parent in walk(root):
        parent.children = [child for child in parent.children if child is not gone]
