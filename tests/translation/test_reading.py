"""English words on a page, and the words that do not count."""

import pytest
from django.test.html import parse_html

from tests.translation.reading import english, narrow_punctuation


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>设备 is online</p>", ["is", "online"]),
        ("<p>设备lamp-0007、a1Fc9Zk20Qw、208DoBLZJVy和LBwcZy…000123</p>", []),
        ("<p>执行<code>pip install</code></p>", []),
        ('<button aria-label="Close">关闭</button>', ["Close"]),
        ('<input placeholder="Search"><a title="Back">返回</a>', ["Search", "Back"]),
        ('<span data-word-copied="Copied">复制</span>', ["Copied"]),
        ('<button lang="en">English</button>', []),
        (
            '<option value="Asia/Shanghai">Asia/Shanghai</option><option value="">None</option>',
            ["None"],
        ),
    ],
)
def test_an_english_word_is_one_that_is_no_identifier(html: str, words: list[str]) -> None:
    assert list(english(parse_html(f"<div>{html}</div>"))) == words


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<p>设备, lamp-0007</p>", ["设备, lamp-0007"]),
        ("<p><strong>已拒绝</strong><span>原因:</span></p>", ["原因:"]),
        ("<p>设备，lamp-0007：在线</p>", []),
        ("<p>只允许使用字母、数字和- _ @ . :。</p>", []),
        ("<p><code>192.0.2.0/24</code>, <code>198.51.100.0/24</code></p>", []),
    ],
)
def test_behind_a_chinese_word_stands_chinese_punctuation(html: str, texts: list[str]) -> None:
    assert list(narrow_punctuation(parse_html(f"<div>{html}</div>"))) == texts
