"""`classify` on the traffic corpus beside its floor, and how its time grows on hostile texts.

The floor is NFKC, casefold and one pass of an Aho-Corasick automaton with 400 patterns over the same text: what
looking at a message costs at all. Times are of the processor, so that a busy
machine changes little. Learned peers are printed too when scikit-learn is there (extra `learn`).
"""

import json
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from unicodedata import normalize

import ahocorasick_rs

from intents import classify, read

CORPUS = Path(__file__).parent.parent / "tests" / "intents" / "corpus"
ROUNDS = 20
ADVERSARIAL = {
    "one word": "chatgpt ",
    "openings": "can you please ",
    "negations": "don't not never connect my chatgpt plus ",
    "quotation marks": '"',
    "opening quotes": "“'「",
    "single quotes": " 'x",
    "back-ticks": "`",
    "brackets": "({[",
    "key prefixes": "sk-",
    "dots of a token": "eyJaaaaaaaa.",
    "full stops": "codex. ",
    "commas": "my,",
    "letters drawn out": "o",
    "letters spelled out": "c h a t ",
    "combining marks": "e\u0301",
    "expanding characters": "\ufdfa",
    "Han": "登录我的账号",
    "Han negation": "不要连接我的ChatGPT",
    "lines": "> codex\n",
    "code": "x = {};\n",
}


def floor(patterns: Sequence[str]) -> Callable[[str], object]:
    """The least that looking at a message costs."""
    automaton = ahocorasick_rs.AhoCorasick(patterns)

    def look(text: str) -> object:
        return automaton.find_matches_as_indexes(normalize("NFKC", text).casefold())

    return look


def texts(name: str) -> list[str]:
    """The messages of a corpus file."""
    return [json.loads(line)["text"] for line in (CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines()]


def common_words(count: int = 400) -> list[str]:
    """Patterns for the floor: the commonest words of the requests."""
    words = Counter(word for text in texts("requests") for word in re.findall(r"[a-z]{4,}|[\u4e00-\u9fff]{2}", text))
    return [word for word, _ in words.most_common(count)]


def per_message(work: Callable[[str], object], messages: Sequence[str]) -> float:
    """Microseconds a message, the best of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for message in messages:
            work(message)
        best = min(best, time.process_time() - started)
    return best / len(messages) * 1e6


def each(work: Callable[[str], object], messages: Sequence[str]) -> list[float]:
    """Microseconds of every single message."""
    return [per_message(work, [message]) for message in messages]


def growth(unit: str, size: int = 16 * 1024) -> float:
    """time(2n)/time(n) of one hostile family; 2n is the longest text that is considered."""
    half = (unit * size)[: size * len(unit) // len(unit.encode())]

    def ask(text: str) -> None:
        reading = read(text)
        reading.classify()
        reading.classify("awaiting_confirm")

    times = []
    for text in (half, half * 2):
        best = float("inf")
        for _ in range(5):
            started = time.process_time()
            ask(text)
            best = min(best, time.process_time() - started)
        times.append(best)
    return times[1] / times[0]


def peers(traffic: Sequence[str]) -> None:
    """What a learned classifier of the same corpus costs a message."""
    if find_spec("sklearn") is None:
        print("  TF-IDF with a linear SVM: not measured, scikit-learn is not installed (extra `learn`)")
        return
    vectorizer = import_module("sklearn.feature_extraction.text").TfidfVectorizer(
        analyzer="char_wb", ngram_range=(1, 4)
    )
    lines = (CORPUS / "requests.jsonl").read_text("utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    model = import_module("sklearn.pipeline").make_pipeline(vectorizer, import_module("sklearn.svm").LinearSVC())
    model.fit([item["text"] for item in items], [item["accept"][0] for item in items])
    few = list(traffic[:100])
    started = time.process_time()
    for text in few:
        model.predict([text])
    print(f"  TF-IDF with a linear SVM: {(time.process_time() - started) / len(few) * 1e6:.0f} µs a message")


def main() -> None:
    """Print the figures."""
    traffic = texts("traffic")
    look = floor(common_words())
    classify("warm up chatgpt")
    least, ours = per_message(look, traffic), per_message(classify, traffic)
    ratios = [a / b for a, b in zip(each(classify, traffic), each(look, traffic), strict=True)]
    print(
        f"classify: {ours:.2f} µs a message of traffic, floor {least:.2f} µs, ratio {ours / least:.2f} (aim: 3 at most)"
    )
    print(f"  ratio of the median message {statistics.median(ratios):.2f}")
    silent = per_message(lambda text: read(text).silent, traffic)
    print(f"  read(text).silent: {silent:.2f} µs, ratio {silent / least:.2f}")
    grown = {name: growth(unit) for name, unit in ADVERSARIAL.items()}
    worst = max(grown, key=grown.__getitem__)
    print(
        f"  time(2n)/time(n) to 32 KiB: worst {grown[worst]:.2f} ({worst}) of {len(grown)} families (aim: 2.5 at most)"
    )
    peers(traffic)


if __name__ == "__main__":
    main()
