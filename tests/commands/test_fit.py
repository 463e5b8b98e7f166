"""Does `frenemy fit` write what a model can use, and report what is wrong with a file?"""

import datetime as dt
import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

import frenemy as fr
from frenemy.studies.fit.series_text import as_data
from frenemy.studies.fit.wording import headline

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def series(tmp_path):
    """A proxy with gaps: months from 2005, half-life half a year, mean 40."""
    rng = np.random.default_rng(2)
    level, rows = 0.0, ["when,proxy,kind"]
    for n in range(180):
        level = 0.89 * level + 0.456 * rng.standard_normal()
        if n % 7 != 3:
            value = 40 + 8 * (level + 0.5 * rng.standard_normal())
            rows.append(f"{2005 + n // 12}-{n % 12 + 1:02d},{value:.3f},a")
    rows.insert(20, "2006-11-15,,a")
    file = tmp_path / "proxy.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


WORDS = ["--driver", "trust", "--column", "proxy", "--date", "when", "--anchor", "30=40", "--anchor", "50=60"]


def test_a_series_becomes_numbers_that_a_model_takes(frenemy, series, own_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, output, err = frenemy("fit", series, *WORDS, "--write", "fitted.toml")
    assert code == 0, err
    text = Path("fitted.toml").read_text(encoding="utf-8")
    assert text == (tmp_path / "runs" / "trust.fit" / "fitted.toml").read_text(encoding="utf-8")
    assert "maximum restricted likelihood by Kalman filter" in text
    assert "[drivers.trust]" in output
    table = tomllib.loads(text)["drivers"]["trust"]
    assert set(table) == {"start", "long_run", "half_life", "volatility", "sources"}
    assert 40 < table["long_run"]["q05"] < table["long_run"]["q95"] < 55
    changes = {f"drivers.trust.{key}": table[key] for key in ("long_run", "half_life", "volatility")}
    driver = fr.load(own_model, set=changes).drivers[0]
    assert driver.half_life.q05 < 182 < driver.half_life.q95
    names = {path.name for path in (tmp_path / "runs" / "trust.fit").rglob("*") if path.is_file()}
    assert {"fit.csv", "level.csv", "profile.csv", "models.csv", "manifest.json", "fit.png", "fit.svg"} <= names


def test_a_fitted_driver_is_a_whole_driver(frenemy, series, tmp_path):
    """Row C12: what was fitted can be pasted; where the data leave something open, the lines to add are named."""
    fitted = fr.fit(series, "proxy", date="when", driver="trust", anchors={30: 40, 50: 60})
    head = '[model]\ntitle = "T"\nstart = 2026-01-01\n\n'
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "drivers.toml").write_text(head + fitted.toml, encoding="utf-8")
    for name, text in {"usual": "default = true\n", "low": 'enter = "trust < 20"\n'}.items():
        (tmp_path / "scenarios" / f"{name}.toml").write_text(text, encoding="utf-8")
    level = fitted.findings.fit.level[-1]
    assert fr.load(tmp_path).drivers[0].start == pytest.approx(
        fitted.findings.index_estimates[0].index_map.index(level), rel=1e-3
    )
    assert "Not a whole driver" not in fitted.toml
    bare = fr.fit(series, "proxy", date="when", driver="trust")
    assert tomllib.loads(bare.toml)["drivers"]["trust"].keys() == {"half_life", "sources"}
    words = " ".join(bare.toml.replace("#", " ").split())
    assert "Not a whole driver yet: add start (such as 40), long_run (such as 40) and volatility (such as 10)" in words


def written(path, values, *, months=12):
    """Values by the month (or by so many a year) from 2010."""
    rows = [f"{2010 + n // months}-{n % months * (12 // months) + 1:02d},{value:.4f}" for n, value in enumerate(values)]
    path.write_text("date,x\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_short_record_near_a_unit_root_is_commented_out(tmp_path):
    """Row A18: a half-life that may exceed three times the record is no number for a model, and this is said."""
    rng = np.random.default_rng(11)

    def record(name, share, size):
        level = [0.0]
        for _ in range(119):
            level.append(share * level[-1] + size * rng.standard_normal())
        return fr.fit(written(tmp_path / name, np.array(level) + 5), "x", anchors={4: 30, 6: 70})

    fitted = record("x.csv", 0.97, 0.25)
    fit = fitted.findings.fit
    assert fit.has_half_life
    assert fit.interval.high > 3 * fit.series.span
    table = tomllib.loads(fitted.toml)["drivers"]["driver"]
    assert table.keys() == {"start", "sources"}
    assert "# half_life = {" in fitted.toml
    assert "commented out in the TOML" in " ".join(fitted.section().paragraphs)
    fast = record("y.csv", 0.6, 0.8)  # the twin: as many months, with many returns
    assert tomllib.loads(fast.toml)["drivers"]["driver"].keys() > {"half_life", "long_run", "volatility"}


def test_a_trending_series_has_no_half_life(tmp_path):
    """Row A19: no interval without its estimate, in no table, sentence or file."""
    rng = np.random.default_rng(0)
    for noise in (0.1, 0.3, 0.9):
        for _ in range(4):
            values = np.linspace(0, 10, 120) + noise * rng.standard_normal(120)
            fitted = fr.fit(written(tmp_path / "x.csv", values), "x")
            fit = fitted.findings.fit
            assert fit.interval.low <= fit.best.half_life <= fit.interval.high * 1.001
            assert not fit.has_half_life
            assert headline(fit).startswith("No half-life: the series does not revert")
            assert "half_life" not in tomllib.loads(fitted.toml)["drivers"]["driver"]
            assert "no half-life" in repr(fitted)
            assert as_data(fitted.findings)["parameters"]["half_life"]["value"] is None


def test_json_holds_the_same(frenemy, series, tmp_path):
    code, output, _ = frenemy("fit", series, *WORDS, "--json", "--no-plots", "--out", tmp_path / "out")
    assert code == 0
    found = json.loads(output)
    python = fr.fit(series, "proxy", date="when", driver="trust", anchors={30: 40, 50: 60})
    assert found["parameters"]["half_life"]["value"] == python.findings.fit.best.half_life
    assert found["values"] == 154
    assert {model["name"] for model in found["models"]} >= {"noise alone", "random walk and noise"}


def test_a_list_of_events_becomes_a_history(frenemy, starter, tmp_path):
    words = ["--trigger", "mass_transfer", "--from", "2025-01-20", "--until", "2026-01-21"]
    code, output, err = frenemy("fit", DATA / "mass_transfers.csv", *words, "--out", tmp_path / "out")
    assert code == 0, err
    assert "Too few events" in output
    table = tomllib.loads((tmp_path / "out" / "fitted.toml").read_text(encoding="utf-8"))
    history = table["triggers"]["mass_transfer"]["history"]
    assert history["events"] == 3
    assert history["years"] == pytest.approx(366 / 365.25, abs=1e-3)
    assert (tmp_path / "out" / "pictures" / "rate.png").exists()
    model = fr.load(starter, set={"triggers.diversion.history": history})
    rate = next(item for item in model.triggers if item.name == "diversion").rate
    assert rate.rate.median == pytest.approx(3.17, abs=0.01)


def test_rows_can_be_chosen_and_days_counted_once(tmp_path):
    file = tmp_path / "events.csv"
    file.write_text(
        "date,kind\n2020-01-05,a\n2020-01-05,a\n2020-03-01,b\n2021-06-01,a\n2024-01-01,a\n", encoding="utf-8"
    )
    window = {"since": dt.date(2020, 1, 1), "until": dt.date(2022, 1, 1)}
    assert fr.fit_rate(file, **window).findings.rate.events == 4
    assert fr.fit_rate(file, **window, where={"kind": "a"}).findings.rate.events == 3
    once = fr.fit_rate(file, **window, where={"kind": "a"}, once_a_day=True)
    assert once.findings.rate.events == 2
    assert "a year" in repr(once)


def test_counts_by_year_leave_out_years_without_a_count(frenemy, tmp_path):
    file = tmp_path / "counts.csv"
    rows = [f"{2000 + n},{count}" for n, count in enumerate([30, 2, "", "", 1, 25, 3, 0, 28])]
    file.write_text("year,n\n" + "\n".join(rows) + "\n", encoding="utf-8")
    words = ["--trigger", "raid", "--column", "n", "--date", "year", "--period", "1y", "--out", tmp_path / "out"]
    code, output, err = frenemy("fit", file, *words, "--json")
    assert code == 0, err
    found = json.loads(output)
    assert (found["events"], found["years"], found["periods"]) == (89, 7, 7)
    assert found["clustered"]
    assert found["effective_years"] == pytest.approx(7 / found["dispersion"])
    assert "no time at all" in frenemy("fit", file, *words[:-4], "--period", "0d", "--out", tmp_path / "no")[2]
    assert "not a duration" in frenemy("fit", file, *words[:-4], "--period", "year", "--out", tmp_path / "no")[2]
    assert "less than a period" in frenemy("fit", file, *words[:-4], "--period", "2y", "--out", tmp_path / "no")[2]
    file.write_text("year,n\n2000,1.5\n2001,-2\n", encoding="utf-8")
    assert "2 problems" in frenemy("fit", file, *words[:-2], "--out", tmp_path / "no")[2]


def test_the_picture_can_be_drawn_on_given_axes(series):
    import matplotlib.pyplot as plt

    fitted = fr.fit(series, "proxy", date="when")
    assert "<table>" in fitted._repr_html_()
    _, axes = plt.subplots(2)
    assert fitted.plot(axes) is axes
    assert fitted.section().tables
    assert "volatility" not in tomllib.loads(fitted.toml)["drivers"]["driver"]
    plt.close("all")


@pytest.mark.parametrize(
    ("text", "words", "says"),
    [
        ("date,x\n2020-01-01,1\n", [], "choose what to fit"),
        ("date,x\n2020-01-01,1\n", ["--driver", "a"], "too few values"),
        ("date,x\n2020-01-01,1\n", ["--driver", "a", "--column", "y"], "no such column"),
        ("date,x\nyesterday,1\n", ["--driver", "a"], "proxy.csv:2: date: not a date"),
        ("date,x\n2020-13-01,1\n", ["--driver", "a"], "no such date"),
        ("date,x\n2020-01-01,one\n", ["--driver", "a"], "not a number"),
        ("date,x\n2020-01-01,nan\n2020-01-02,inf\n", ["--driver", "a"], "not a finite number"),
        ("date,x\n2020-01-01,1,2\n", ["--driver", "a"], "3 cells, but the header has 2"),
        ("date,x\n2020-01-01,1\n2020-01-01,2\n", ["--driver", "a"], "two values of one date, the first on line 2"),
        ("date,x\n2020-01-01,-1\n", ["--driver", "a", "--transform", "log"], "has no log"),
        ("date,x\n" + "".join(f"20{n}-01-01,3\n" for n in range(10, 20)), ["--driver", "a"], "all the same"),
        ("date,x\n2020-01-01,1\n", ["--trigger", "a"], "needs the window"),
        ("date,x\n2020-01-01,1\n", ["--trigger", "a", "--from", "2021-01-01", "--until", "2020-01-01"], "is empty"),
        ("date,x\n2020-01-01,1\n", ["--trigger", "a b"], "not a name"),
        ("date,x\n2020-01-01,1\n", ["--trigger", "a", "--transform", "log"], "a trigger has none"),
        ("date,x\n2020-01-01,1\n", ["--driver", "a", "--once-a-day"], "a driver has none"),
        ("date,x,y\n2020-01-01,1,2\n", ["--driver", "a"], "which column"),
        ("date,x\n2020-01-01,1\n", ["--driver", "a", "--where", "x=9"], "no row has this value"),
        ("date,x\n2020-01-01,1\n", ["--driver", "a", "--where", "x"], "expected COLUMN=VALUE"),
        ("date,x\n", ["--driver", "a"], "a header without rows"),
        ("", ["--driver", "a"], "an empty file"),
        ('date,x\n"2020-01-01,1\n', ["--driver", "a"], "not a CSV file"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_and_nothing_is_written(frenemy, tmp_path, monkeypatch, text, words, says):
    monkeypatch.chdir(tmp_path)
    Path("proxy.csv").write_text(text, encoding="utf-8")
    code, _, message = frenemy("fit", "proxy.csv", *words, "--out", "out")
    assert code == 2
    assert says in message
    assert not Path("out").exists()


def test_odd_files_and_anchors_are_reported(frenemy, series, tmp_path):
    words = [*WORDS[:6], "--out", tmp_path / "out"]
    for more, says in (
        (["--anchor", "30=40"], "two anchors"),
        (["--anchor", "30=40", "--anchor", "50=140"], "not an index"),
        (["--anchor", "30=40", "--anchor", "50=40"], "the same index"),
        (["--anchor", "30=40", "--anchor", "much=50"], "not a number"),
        (["--anchor", "1=40", "--anchor", "2=50", "--map", "linear"], "other anchors"),
    ):
        code, _, message = frenemy("fit", series, *words, *more)
        assert code == 2
        assert says in message
    assert "no such file" in frenemy("fit", tmp_path / "none.csv", "--driver", "a")[2]
    (tmp_path / "bytes.csv").write_bytes(b"date,x\n\xff\xfe,1\n")
    assert "not UTF-8" in frenemy("fit", tmp_path / "bytes.csv", "--driver", "a")[2]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("period", "days", "until"),
    [
        ("1y", ("2000-01-01", "2001-01-01", "2012-01-01"), "2013-01-01"),  # a leap year of 366 days
        ("1y", ("2000-07-01", "2001-07-01"), "2002-07-01"),
        ("1m", ("2024-01-01", "2024-02-01", "2024-03-01"), "2024-04-01"),
        ("1w", ("2024-01-01", "2024-01-08"), "2024-01-15"),
    ],
)
def test_a_period_ends_where_the_next_would_begin(tmp_path, period, days, until):
    """Whole years and months are those of the calendar: 365.25 days from 1 Jan 2012 would end a day early."""
    file = tmp_path / "counts.csv"
    file.write_text("date,events\n" + "".join(f"{day},2\n" for day in days))
    found = fr.fit_counts(file, "events", trigger="strike", period=period)
    assert found.findings.until == dt.date.fromisoformat(until)
    assert f"to the day before {until}" in " ".join(found.toml.replace("#", " ").split())
