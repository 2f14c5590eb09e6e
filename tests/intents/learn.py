"""`make learn`: weigh slots for what no rule says, by all labelled requests; told is what a part left out would get.

Needs the extra `learn` (scikit-learn). The weights lie in `intents/learned.json`, by name and rounded, to be read.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.preprocessing import MultiLabelBinarizer

import intents
from intents.classifier import lexicon, read
from intents.decide import by_rules
from intents.learned import FILE, GUESSED, SURE, seen, spelled

HERE = Path(__file__).parent
RARE = 3  # what fewer messages have is chance
SMALL = 0.1  # weights below it change nothing


def requests() -> dict[str, str]:
    """Every labelled text of which somebody could ask what it requests, and its first label."""
    found = {}
    for path in sorted(HERE.glob("*/*.yaml")):
        sheet = yaml.load(path.read_bytes(), yaml.CSafeLoader)
        if sheet.get("state") is None:
            found |= {item["text"]: item["accept"][0] for item in sheet["items"] if item.get("state") is None}
    for name in ("requests", "traffic"):
        for line in (HERE / "corpus" / f"{name}.jsonl").read_text("utf-8").splitlines():
            item = json.loads(line)
            found[item["text"]] = item["accept"][0]
    return {text: label for text, label in found.items() if read(text)._touched}


def main() -> None:
    """Write the weights, print how good they are."""
    labelled = requests()
    keys = [seen(read(text).scanned.clauses) for text in labelled]
    often = Counter(key for found in keys for key in found)
    columns = MultiLabelBinarizer(sparse_output=True)
    table = columns.fit_transform([[key for key in found if often[key] >= RARE] for found in keys])
    labels = list(labelled.values())
    model = LogisticRegression(max_iter=500)
    shares = cross_val_predict(
        model, table, labels, cv=StratifiedKFold(5, shuffle=True, random_state=1), method="predict_proba"
    )
    names = sorted(set(labels))
    scans = [read(text).scanned for text in labelled]
    left = [
        (names[row.argmax()], label)
        for row, label, scan in zip(shares, labels, scans, strict=True)
        if row.max() > SURE and names[row.argmax()] in GUESSED and by_rules(scan, lexicon()) is None
    ]
    right = sum(guess == label for guess, label in left)
    sys.stdout.write(
        f"{len(labels)} requests; left out by fifths, {len(left)} without a rule are guessed, {right} rightly\n"
    )
    model.fit(table, labels)
    symbols = lexicon().symbols
    weights = {
        spelled(key, symbols): {
            label: round(float(weight), 2)
            for label, weight in zip(model.classes_, column, strict=True)
            if abs(weight) >= SMALL
        }
        for key, column in zip(columns.classes_, model.coef_.T, strict=True)
    }
    start = {label: round(float(weight), 2) for label, weight in zip(model.classes_, model.intercept_, strict=True)}
    rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(row)}" for key, row in sorted(weights.items()) if row)
    file = Path(intents.__file__).parent / FILE
    file.write_text(f'{{"start": {json.dumps(start)},\n"weights": {{\n{rows}\n}}}}\n', "utf-8")
    sys.stdout.write(f"{file.name}: {len(weights)} features, {file.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
