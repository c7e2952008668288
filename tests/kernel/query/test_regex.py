"""The dialect of regular expressions: what it takes, how it is rewritten, what it refuses."""

import time

import pytest

from spanco.kernel.query import regex


@pytest.mark.parametrize(
    ("pattern", "rewritten"),
    [
        ("", ""),
        ("^a.b$", "^a.b$"),
        ("a|b|", "a|b|"),
        ("(a)(?:b)", "(?:a)(?:b)"),
        ("a*b+c?d*?e+?f??", "a*b+c?d*e+f?"),
        ("a{2}b{2,}c{2,5}d{2}?", "a{2}b{2,}c{2,5}d{2}"),
        (r"\.\*\-\/\_", r"\.\*-/_"),
        (r"\t\n\r", "\t\n\r"),
        (r"\d\w\s", "[0-9][0-9A-Z_a-z][\t-\r ]"),
        (r"\D", "[\x01-/:-\U0010ffff]"),
        ("[a-c]", "[a-c]"),
        ("[^a-c]", r"[^a-c]"),
        ("[a]", "[a]"),
        (r"[-a\]]", r"[\-\]a]"),
        ("[a-]", r"[\-a]"),
        ("[[a]", r"[\[a]"),
        (r"[\d-]", r"[\-0-9]"),
        (r"[\.]", "[.]"),
        ("]}", r"\]\}"),
    ],
)
def test_a_pattern_is_rewritten_for_both_engines(pattern: str, rewritten: str) -> None:
    """Only what both read alike is left."""
    assert regex.translate(pattern) == rewritten


@pytest.mark.parametrize(
    ("pattern", "rewritten"),
    [
        ("a1", "[Aa]1"),
        ("é", "[Éé]"),
        ("ß", "ß"),
        ("[a-b]", "[ABa-bab]"),
        ("[^x]", "[^Xx]"),
        ("[\x01-\uffff]", None),
    ],
)
def test_case_is_ignored_by_rewriting(pattern: str, rewritten: str | None) -> None:
    """Since the engines differ in what they fold."""
    found = regex.translate(pattern, ignore_case=True)
    assert rewritten is None or sorted(found) == sorted(rewritten)


@pytest.mark.parametrize(
    ("pattern", "text", "ignore_case", "found"),
    [
        ("b", "abc", False, True),
        ("^b", "abc", False, False),
        ("a.c", "a\nc", False, True),
        ("a$", "a\n", False, False),
        ("É", "é", True, True),
        ("É", "é", False, False),
        ("[\u0430-\u044f]", "\u0416", True, True),
        (r"^[^\d]+$", "abc", False, True),
        (r"^\w+$", "é", False, False),
        (r"[\S\s]", "\n", False, True),
        ("", "", False, True),
    ],
)
def test_a_match_anywhere_in_the_text_counts(pattern: str, text: str, *, ignore_case: bool, found: bool) -> None:
    """What PostgreSQL answers is held equal elsewhere."""
    assert (regex.compile(pattern, ignore_case).search(text) is not None) is found


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("(", "not closed"),
        (")", "closes nothing"),
        ("a)b", "closes nothing"),
        ("(?=a)", r"only '\(\?:'"),
        ("(?i)a", r"only '\(\?:'"),
        ("(?<n>a)", r"only '\(\?:'"),
        ("*a", "nothing stands before"),
        ("+", "nothing stands before"),
        ("a|?", "nothing stands before"),
        ("{2}", "nothing stands before"),
        ("a**", "cannot be repeated"),
        ("a{2}{3}", "cannot be repeated"),
        ("^*", "cannot be repeated"),
        ("(a|^)*", "cannot be repeated"),
        ("a{", "a count is written"),
        ("a{,2}", "a count is written"),
        ("a{2", "a count is written"),
        ("a{x}", "a count is written"),
        ("a{101}", "at most 100"),
        ("a{3,2}", "must rise"),
        ("((a{100}){100})", "multiplied out"),
        ("[", "not closed"),
        ("[a", "not closed"),
        ("[a-", "not closed"),
        ("[]", "cannot be empty"),
        ("[^]", "cannot be empty"),
        ("[b-a]", "a range goes"),
        (r"[\w-z]", "a range goes"),
        (r"[a-\d]", "a range goes"),
        (r"[\s-a]", "a range goes"),
        ("[[:alpha:]]", "named classes"),
        ("[[=a=]]", "named classes"),
        (r"\b", "is unknown"),
        (r"\1", "is unknown"),
        (r"\x41", "is unknown"),
        ("\\", "is unknown"),
        ("\\é", "is unknown"),
        ("a" * 201, "longer than 200"),
        ("(" * 21 + ")" * 21, "nested deeper"),
    ],
)
def test_what_the_engines_do_not_share_is_refused(pattern: str, sentence: str) -> None:
    """With a sentence that says what to write."""
    with pytest.raises(ValueError, match=sentence):
        regex.compile(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "((a*)*)*$", "(.*a){20}$"])
def test_no_pattern_is_slow(pattern: str) -> None:
    """Neither engine goes back."""
    begun = time.perf_counter()
    regex.compile(pattern).search("a" * 50_000 + "b")
    assert time.perf_counter() - begun < 1
