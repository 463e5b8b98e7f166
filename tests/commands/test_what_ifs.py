"""Do what-ifs and causes work from the command line and from Python, and are their files and pictures right?"""

import datetime as dt
import json
import re
from functools import lru_cache

import matplotlib.pyplot as plt
import numpy as np
import pytest

import frenemy as fr
from frenemy.model.files.load import load_experiment, load_variants
from frenemy.present.sheet import WIDE, sheet
from frenemy.present.style import display_order
from frenemy.storage.run_folder import read_manifest
from frenemy.studies.compare.plots.changes import changes

SMALL = ("--draws", "0", "--paths", "256", "--no-plots")


@pytest.fixture(scope="module")
def file(starter):
    return starter / "experiments" / "first.toml"


@lru_cache(maxsize=4)
def compared(file, draws=4):
    return fr.compare(file, paths=256, draws=draws)


@lru_cache(maxsize=1)
def explained(file):
    return fr.causes(file, paths=256)


def test_the_variants_of_a_file_are_compared(frenemy, file, tmp_path):
    code, out, err = frenemy("compare", file, *SMALL, "--out", tmp_path / "out")
    assert code == 0, err
    for word in (
        "The first five years",
        "Diversions in four years of ten",
        "Upstream diverts",
        "Open dispute",
    ):
        assert word in out
    found = {path.name for path in (tmp_path / "out").iterdir()}
    assert found == {"differences.csv", "moves.csv", "edits.csv", "parts.csv", "resolved", "manifest.json"}
    assert {path.name for path in (tmp_path / "out" / "resolved").iterdir()} == {"base.toml", "thirsty_neighbour.toml"}
    assert read_manifest(tmp_path / "out")["paths"] == 256


def test_results_go_beside_the_model_by_default(frenemy, file, starter):
    for command in ("compare", "causes"):
        words = ("--paths", "64", "--no-plots", *(("--draws", "0") if command == "compare" else ()))
        code, out, err = frenemy(command, file, *words)
        assert code == 0, err
        assert (starter / "runs" / f"first.{command}" / "manifest.json").is_file()
        assert f"first.{command}" in out.splitlines()[-1]


def test_values_set_files_and_run_folders_can_be_compared_and_agree(file, rows, tmp_path):
    key, value = "triggers.diversion.probability", 0.4
    by_set = fr.compare(file, set={key: value}, paths=256, draws=0)
    by_pair = fr.compare(load_experiment(file), load_experiment(file, set={key: value}), paths=256, draws=0)
    folders = []
    for name, change in (("base", {}), ("more", {key: value})):
        folders.append(fr.run(file, set=change, paths=256, draws=0).save(tmp_path / name, plots=False))
    by_folder = fr.compare(*folders)
    changes = [
        c.comparison.variants[0].differences["at"].change for c in (compared(file, 0), by_set, by_pair, by_folder)
    ]
    for change in changes[1:]:
        np.testing.assert_array_equal(change, changes[0])
    assert [c.comparison.variants[0].edits[0].key for c in (by_set, by_pair, by_folder)] == [key] * 3
    runs = [rows(folder / "fan.csv") for folder in folders]
    last = [float(run[-1]["probability"]) for run in runs]
    assert changes[0][-1, -1] == pytest.approx(last[1] - last[0], abs=2e-6), "the difference of two runs on one seed"


def test_over_draws_the_difference_is_that_of_the_means(file):
    key, value = "triggers.diversion.probability", 0.4
    runs = [fr.run(file, set=changes, paths=256, draws=4) for changes in ({}, {key: value})]
    odds = [run.forecast.odds["at"].probability for run in runs]
    found = compared(file).comparison.variants[0].differences["at"]
    np.testing.assert_allclose(found.base, odds[0], atol=1e-12)
    np.testing.assert_allclose(found.change, odds[1] - odds[0], atol=1e-12)
    assert np.isfinite(found.quantiles).all()


def test_any_number_of_workers_gives_the_same_bits(file):
    one, two = (fr.compare(file, paths=2048, draws=0, workers=w, split=False) for w in (1, 2))
    assert one.tables() == two.tables()


def test_tables_are_tidy_and_consistent(file, rows):
    tables = {name: rows(text) for name, text in compared(file).tables().items()}
    for row in tables["differences.csv"]:
        assert float(row["probability"]) - float(row["base"]) == pytest.approx(float(row["change"]), abs=2e-6)
        assert float(row["mc_se"]) > 0
    dates = {row["date"] for row in tables["moves.csv"]}
    for date in dates:
        assert sum(float(row["share"]) for row in tables["moves.csv"] if row["date"] == date) == pytest.approx(
            1, abs=1e-5
        )
    whole = {(r["date"], r["scenario"]): float(r["part"]) for r in tables["parts.csv"] if r["edit"] == "all"}
    for place, value in whole.items():
        parts = [r for r in tables["parts.csv"] if (r["date"], r["scenario"]) == place and r["edit"] != "all"]
        assert sum(float(r["part"]) for r in parts) == pytest.approx(value, abs=1e-5)
    (edit,) = tables["edits.csv"]
    assert (edit["key"], edit["after"]) == ("triggers.diversion.probability", "0.4")


def test_json_agrees_with_the_tables(frenemy, file, tmp_path):
    code, out, _ = frenemy("compare", file, *SMALL, "--json", "--out", tmp_path / "a")
    data = json.loads(out)
    assert code == 0
    assert data["variants"][0]["name"] == "thirsty_neighbour"
    code, out, _ = frenemy("causes", file, "--paths", "256", "--no-plots", "--json", "--out", tmp_path / "b")
    assert code == 0
    assert {item["trigger"] for item in json.loads(out)["causes"]} == {t.name for t in fr.load(file.parent).triggers}
    code, out, _ = frenemy("causes", file, "--path", "3", "--json")
    assert code == 0
    assert json.loads(out)["path"] == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("compare", "{file}", "{file}", "--set", "drivers.trust.start=50"), "one of the two"),
        (("compare", "{file}", "--set", "drivers.trst.start=50"), "did you mean drivers.trust.start?"),
        (("compare", "{file}", "{there}"), "this is not a complete run folder"),
        (("causes", "{file}", "--trigger", "diversoin"), "did you mean diversion?"),
        (("causes", "{file}", "--force-on", "soon"), "not a date"),
        (("causes", "{file}", "--force-on", "1999-01-01"), "is not within the run"),
        (("causes", "{file}", "--scenario", "nowhere"), "the model has no scenario nowhere"),
        (("causes", "{file}", "--scenario", "opne_dispute"), "did you mean open_dispute?"),
        (("causes", "{file}", "--path", "3", "--trigger", "diversion"), "--trigger: is about all futures"),
        (("causes", "{file}", "--path", "3", "--force-on", "2026-03-02", "--paths", "64"), "2 problems"),
        (("causes", "{file}", "--path", "3", "--out", "{there}/none/a.csv"), "there is no such folder"),
        (("story", "{file}", "--path", "3", "--out", "{there}/none/a.png"), "there is no such folder"),
        (("story", "{file}", "--path", "3", "--out", "{there}"), "is a folder, not a file"),
        (("workshop", "{file}", "--port", "99999", "--no-browser"), "65,535"),
        (("schema", "model", "--out", "{file}"), "is a file, not a folder"),
    ],
)
def test_mistakes_are_reported(frenemy, file, tmp_path, words, message):
    code, out, err = frenemy(*(word.format(file=file, there=tmp_path) for word in words))
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())


def test_worlds_that_do_not_fit_are_refused(file):
    model, run = load_experiment(file)
    from dataclasses import replace

    later = replace(run, start=run.start + dt.timedelta(days=7), end=run.end + dt.timedelta(days=7))
    renamed = replace(model, scenarios=(replace(model.scenarios[0], name="other"), *model.scenarios[1:]))
    with pytest.raises(fr.InputError, match="another start"):
        fr.compare((model, run), (model, later), paths=64, draws=0)
    with pytest.raises(fr.InputError, match="another scenario"):
        fr.compare((model, run), (renamed, run), paths=64, draws=0)
    with pytest.raises(fr.InputError, match="nothing to compare"):
        fr.compare((model, run))


def test_the_earliest_end_holds_for_all(file):
    model, run = load_experiment(file)
    from dataclasses import replace

    short = replace(run, end=run.start + dt.timedelta(days=70), report_at=(run.start + dt.timedelta(days=70),))
    found = fr.compare((model, run), (model, short), paths=64, draws=0).comparison
    assert found.experiment.end == short.end
    np.testing.assert_array_equal(found.variants[0].differences["at"].change, 0.0)
    assert found.variants[0].edits == ()


def test_a_variant_is_the_experiment_with_one_thing_changed(file):
    loaded = load_variants(file)
    (variant,) = loaded.variants
    model, run = loaded.base
    assert variant.experiment.impose == run.impose
    assert variant.experiment.initial == run.initial
    assert variant.model.triggers[0].rate.probability == 0.4
    assert model == load_experiment(file)[0]


def test_causes_print_a_table_and_write_one(frenemy, file, rows, tmp_path):
    code, out, err = frenemy("causes", file, "--paths", "256", "--no-plots", "--out", tmp_path / "out")
    assert code == 0, err
    assert "necessary" in out
    assert "Open dispute on" in out
    table = rows(tmp_path / "out" / "causes.csv")
    model = fr.load(file.parent)
    assert len(table) == 2 * len({r["date"] for r in table}) * len(model.scenarios) * len(model.triggers)
    for row in table:
        assert row["necessity"] == "" or 0 <= float(row["necessity"]) <= 1
        assert float(row["lift_se"]) > 0


def test_options_in_the_file_are_used(own_model):
    file = own_model / "experiments" / "first.toml"
    text = file.read_text()
    file.write_text(re.sub(r"(?m)^# (?=triggers = |force_on = )", "", text))
    found = fr.causes(file, paths=64).causes
    assert [found.model.triggers[k].name for k in found.triggers] == ["diversion"]
    assert found.force_on == "2028-06-01"
    other = fr.causes(file, paths=64, triggers=["border_protest"], force_on=dt.date(2029, 1, 1)).causes
    assert (other.model.triggers[other.triggers[0]].name, other.force_on) == ("border_protest", "2029-01-01")


def test_causes_within_one_storyline(frenemy, file, rows, tmp_path):
    code, out, err = frenemy("causes", file, "--scenario", "open_dispute", "--out", tmp_path / "events.csv")
    assert code == 0, err
    assert "ends in Open dispute" in out
    found = fr.but_for(file, scenario="open_dispute")
    assert [row["cause"] for row in rows(tmp_path / "events.csv")] == [
        "yes" if verdict.is_cause_of(found.found.outcome) else "no" for verdict in found.found.verdicts
    ]
    assert "but-for cause" in out or "all the same" in out


def test_results_show_themselves(file):
    both, why = compared(file), explained(file)
    assert repr(both).startswith("<Comparison The first five years and 1 variant: ")
    assert "<table>" in both._repr_html_()
    assert repr(why).startswith("<TriggerCauses The first five years: ")
    assert "necessary" in why._repr_html_()
    assert repr(fr.but_for(file, path=3)).startswith("<StoryCauses path 3: ")


def test_pictures_are_drawn_at_both_widths_and_on_given_axes(file, tmp_path):
    from frenemy.present.sheet import NARROW, WIDE, panels_only
    from frenemy.studies.causes.text import pictures as of_causes
    from frenemy.studies.compare.text import pictures as of_comparison

    several = fr.compare(
        file, set={"triggers.diversion.probability": 0.4, "drivers.trust.start": 45}, paths=128, draws=0
    )
    made = [*of_comparison(several.comparison), *of_causes(explained(file).causes)]
    assert {"compare_changes", "compare_split_changed"} < {picture.name for picture in made}
    for picture in made:
        for width in (NARROW, WIDE):
            assert panels_only(picture, width).axes
        words = picture.text
        assert all((words.title, words.subtitle, words.caption, words.source, words.alt))
    _, axes = plt.subplots(3)
    assert list(several.plot(axes)) == list(axes)
    _, axes = plt.subplots(2)
    assert list(explained(file).plot("open_dispute", axes)) == list(axes)
    plt.close("all")
    with pytest.raises(fr.InputError, match="no scenario nowhere"):
        explained(file).plot("nowhere")
    with pytest.raises(fr.InputError, match="no split of that name"):
        several.plot_split("nowhere")


def test_a_report_takes_them_as_sections(file):
    from frenemy.forecast.report.report import Background, report

    result = fr.run(file, draws=0, paths=128)
    storylines = {name: t.storyline for name, t in result.storylines.items()}
    sections = (compared(file).section(), explained(file).section())
    page = report(result.forecast, storylines, Background(sections=sections))
    for section in sections:
        assert page.count(f'<section id="{section.name}"') == 1
        assert f'href="#{section.name}"' in page
        for picture in section.pictures:
            assert page.count(f'<figure id="{picture.name}"') == 1
        for grid in section.tables:
            assert grid.rows
    identifiers = re.findall(r' id="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    plain = report(result.forecast, storylines, Background())
    assert '<section id="compare"' not in plain


def test_a_run_folder_that_was_changed_is_refused(frenemy, first, tmp_path):
    """Row A16: its odds are those of another model."""
    for n, name in enumerate(("one", "two")):
        code, _, err = frenemy(
            "run", first, "--paths", "64", "--draws", "0", "--seed", n + 1, "--no-plots", "--out", tmp_path / name
        )
        assert code == 0, err
    file = tmp_path / "two" / "resolved.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("start = 2026", "start = 2025", 1), encoding="utf-8")
    code, _, err = frenemy("compare", tmp_path / "one", tmp_path / "two", "--out", tmp_path / "out")
    assert code == 2
    assert "was changed after it was written" in err
    assert not (tmp_path / "out").exists()


def test_the_picture_of_changes_has_the_odds_before_and_after_in_both_readings(file):
    """Row E7: changes alone, `at` alone, and one imposed event set all axes to 100 points."""
    found = fr.compare(file, set={"triggers.diversion.probability": 0.4}, paths=256, draws=0)
    figure = sheet(changes.picture(found.comparison), "", WIDE).figure
    axes = [ax for ax in figure.axes if ax.get_ylim()[0] < 0]
    written = " ".join(text.get_text().replace("\n", " ") for ax in axes for text in ax.texts)
    assert len(re.findall(r"\S+ → \S+ %; ever \S+ → \S+ %", written.replace("\u00a0", " "))) == 3
    change = found.comparison.variants[0].differences["at"]
    for ax, (j, _) in zip(axes, display_order(found.comparison.model), strict=True):
        reach = 1.96 * change.mc_se[:, j].max() + np.abs(change.change[:, j]).max()
        assert reach <= ax.get_ylim()[1] < 3 * reach + 0.02


def test_a_single_name_is_not_a_list_of_letters(file):
    assert repr(fr.causes(file, triggers="diversion", paths=64)).endswith(": 1 trigger>")
