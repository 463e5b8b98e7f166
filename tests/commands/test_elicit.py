"""Does the written file run on the pooled judgements, and does each expert's world hold only that expert's?"""

import json
import shutil
import tomllib

import numpy as np
import pytest

import frenemy as fr
from frenemy.model.files.load import load_experiment
from frenemy.model.realise import quantities
from frenemy.studies.report_sections import sections

DIVERSION = "triggers.diversion.probability"
TRUST = "drivers.trust.long_run"
QUESTIONS = f"""\
title = "Three on a river"
source = "made up"
anonymous = false

[[questions]]
name = "diversion"
text = "How likely is a diversion within a year?"
key = "{DIVERSION}"
bins = [0, 0.1, 0.2, 0.6]

[[questions]]
name = "trust"
text = "Where would trust settle?"
key = "{TRUST}"
"""
SEEDS = "".join(
    f'\n[[questions]]\nname = "seed_{n}"\ntext = "Seed {n}?"\nanswer = {answer}\n'
    for n, answer in enumerate((12, 7, 33, 41, 8))
)
VIEWS = {
    "mild": {"diversion": (0.03, 0.08, 0.2), "trust": (50, 55, 60)},
    "stern": {"diversion": (0.2, 0.4, 0.6), "trust": (30, 36, 42)},
    "sparse": {"diversion": (0.05, 0.15, 0.3)},
}
KNOWING = {"mild": (10, 2), "stern": (-20, 1), "sparse": (0, 30)}
"""How far each expert's seed answers are off, and how wide."""
SIZE = {"draws": 4, "paths": 512}
WORDS = ["--draws", "4", "--paths", "512", "--no-plots"]


def table(rounds=1, seeds=False):
    rows = ["expert,round,question,q05,median,q95,counts,rationale"]
    for number in range(1, rounds + 1):
        for expert, answers in VIEWS.items():
            for question, points in answers.items():
                moved = [p * (1 + 0.1 * (number - 1)) for p in points]
                rows.append(f"{expert},{number},{question},{','.join(f'{p:.6g}' for p in moved)},,says {expert}")
    for n, answer in enumerate((12, 7, 33, 41, 8)) if seeds else ():
        for expert, (off, wide) in KNOWING.items():
            rows.append(
                f"{expert},1,seed_{n},{answer + off - wide},{answer + off + (-1) ** n * 0.5},{answer + off + wide},,"
            )
    return "\n".join(rows) + "\n"


@pytest.fixture
def scene(own_model, monkeypatch):
    """A copy of the starter model with a panel beside it; its experiment and the panel's folder."""
    folder = own_model / "experts" / "river"
    folder.mkdir(parents=True)
    (folder / "questions.toml").write_text(QUESTIONS, encoding="utf-8")
    (folder / "said.csv").write_text(table(), encoding="utf-8")
    monkeypatch.chdir(own_model)
    return own_model / "experiments" / "first.toml", folder


def end(voice, reading="at"):
    return voice.odds[reading].probability[-1]


def run_odds(*args, reading="at", **options):
    return fr.run(*args, **options).forecast.odds[reading].probability[-1]


def test_the_file_runs_to_the_same_odds_bit_for_bit(frenemy, scene, tmp_path):
    file, folder = scene
    code, output, err = frenemy("elicit", file, folder, "--json", "--out", tmp_path / "out", *WORDS)
    assert code == 0, err
    found = json.loads(output)
    new = file.with_name("first_river.toml")
    text = new.read_text(encoding="utf-8")
    pooled = tomllib.loads(text)["set"][DIVERSION]
    assert [view["median"] for view in pooled["pool"]] == [0.08, 0.15, 0.4]
    assert [view["source"] for view in pooled["pool"]] == ["Mild", "Sparse", "Stern"]
    assert "linear pool of 3 experts" in pooled["source"]
    assert "# before: { q05 = 0.05, median = 0.15, q95 = 0.3 }" in text
    odds = {
        (one["view"], one["scenario"]): one["probability"]
        for one in found["odds"]
        if one["reading"] == "at" and one["date"] == found["odds"][-1]["date"]
    }
    result = fr.run(new, **SIZE)
    for j, scenario in enumerate(result.forecast.model.scenarios):
        assert result.forecast.odds["at"].probability[-1, j] == odds["pool", scenario.name]
    before = run_odds(file, **SIZE)
    for j, scenario in enumerate(result.forecast.model.scenarios):
        assert before[j] == odds["before", scenario.name]
    kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith(("draws", "paths"))]
    assert set(kept) <= set(text.splitlines())
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "judgements.csv", "pools.csv", "experts.csv", "odds.csv", "disagreements.csv", "rounds.csv", "resolved.toml",
        "manifest.json",
    }  # fmt: skip


PAIR = """
[[correlated]]
between = ["diversion", "trust"]
rho = -0.6
source = "said by all three"
"""


def test_what_the_panel_says_of_two_numbers_together_is_drawn_and_written(frenemy, scene, tmp_path):
    """The pooled and the experts' worlds have the pair, the experiment's own has not; the file has it too."""
    file, folder = scene
    apart = fr.elicit(file, folder, **SIZE)
    questions = folder / "questions.toml"
    questions.write_text(QUESTIONS + PAIR, encoding="utf-8")
    code, output, err = frenemy("elicit", file, folder, "--out", tmp_path / "out", *WORDS)
    assert code == 0, err
    assert "drawn together where it says so" in " ".join(output.split())
    together = fr.elicit(file, folder, **SIZE)
    np.testing.assert_array_equal(end(together.findings.prior), end(apart.findings.prior))
    assert (end(together.findings) != end(apart.findings)).any()
    assert [(it.between, it.rho) for it in together.correlated] == [((DIVERSION, TRUST), -0.6)]
    assert apart.correlated == ()
    new = file.with_name("first_river.toml")
    pair = {"between": [DIVERSION, TRUST], "rho": -0.6, "source": "said by all three"}
    assert tomllib.loads(new.read_text(encoding="utf-8"))["set"]["judgement.correlated"] == [pair]
    np.testing.assert_array_equal(run_odds(new, **SIZE), end(together.findings))
    drawn = fr.run(new, draws=256, paths=1).forecast.raw_draws
    columns = [drawn.values[:, drawn.numbers.index(key)] for key in (DIVERSION, TRUST)]
    ranks = [np.argsort(np.argsort(column)) for column in columns]
    assert abs(np.corrcoef(ranks)[0, 1] - 6 / np.pi * np.arcsin(-0.3)) < 4 / np.sqrt(256)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (PAIR.replace('"trust"', '"trusts"'), "names no question about the model"),
        (PAIR.replace('"trust"', '"diversion"'), "not correlated with itself"),
        (PAIR + PAIR, "this pair is stated twice"),
        (PAIR.replace("-0.6", "1"), "too large"),
    ],
)
def test_wrong_pairs_of_a_panel_are_one_message(frenemy, scene, tmp_path, pairs, message):
    file, folder = scene
    questions = folder / "questions.toml"
    questions.write_text(QUESTIONS + pairs, encoding="utf-8")
    code, output, err = frenemy("elicit", file, folder, "--out", tmp_path / "out", *WORDS)
    assert (code, output) == (2, "")
    assert message in err
    assert "questions.toml:" in err


def test_pairs_of_the_panel_may_not_contradict_those_of_the_model(frenemy, scene, tmp_path):
    file, folder = scene
    drivers = file.parents[1] / "drivers.toml"
    other = f'"{DIVERSION}", "scenarios.open_dispute.thresholds.enough"'
    more = f'"{TRUST}", "scenarios.open_dispute.thresholds.enough"'
    stated = "".join(f"\n[[judgement.correlated]]\nbetween = [{pair}]\nrho = 0.9\n" for pair in (other, more))
    drivers.write_text(drivers.read_text(encoding="utf-8") + stated, encoding="utf-8")
    (folder / "questions.toml").write_text(QUESTIONS + PAIR, encoding="utf-8")
    code, _, err = frenemy("elicit", file, folder, "--out", tmp_path / "out", *WORDS)
    assert code == 2
    assert "contradict each other" in err


def test_each_experts_world_holds_only_that_experts_judgements(scene):
    file, folder = scene
    found = fr.elicit(file, folder, **SIZE).findings
    keys = {"diversion": DIVERSION, "trust": TRUST}
    for name, answers in VIEWS.items():
        own = {keys[q]: dict(zip(("q05", "median", "q95"), points, strict=True)) for q, points in answers.items()}
        assert end(found.by_expert[name]) == pytest.approx(run_odds(file, set=own, **SIZE), abs=1e-12)
        change = found.by_expert[name].change["at"].change[-1]
        assert change == pytest.approx(end(found.by_expert[name]) - found.odds["at"].probability[-1], abs=1e-12)
    # the wrong twin: another expert's view
    stern = {DIVERSION: {"q05": 0.2, "median": 0.4, "q95": 0.6}, TRUST: {"q05": 30, "median": 36, "q95": 42}}
    assert abs(end(found.by_expert["mild"]) - run_odds(file, set=stern, **SIZE)).max() > 0.02


def test_bands_and_errors_are_those_of_a_run(scene):
    file, folder = scene
    found = fr.elicit(file, folder, **SIZE).findings
    run = fr.run(file, **SIZE).forecast
    for reading in ("at", "ever", "time_share"):
        world = found.prior.odds[reading]
        assert world.probability == pytest.approx(run.odds[reading].probability, abs=1e-12)
        assert world.quantiles == pytest.approx(run.odds[reading].quantiles, abs=1e-12)
        assert world.mc_se == pytest.approx(run.odds[reading].mc_se, rel=0.05, abs=2e-3)


def test_at_the_medians(scene):
    file, folder = scene
    found = fr.elicit(file, folder, draws=0, paths=512).findings
    assert found.draws == 0
    assert end(found.prior) == pytest.approx(run_odds(file, draws=0, paths=512), abs=1e-12)
    assert np.isnan(found.odds["at"].quantiles).all()
    assert "medians" in fr.elicit(file, folder, draws=0, paths=512).rewritten(file.read_text())


def test_disagreements_are_runs_with_the_number_known(scene):
    file, folder = scene
    found = fr.elicit(file, folder, draws=0, paths=512).findings
    assert [one.question.name for one in found.disagreements] == ["diversion", "trust"]
    trust = found.disagreements[1]
    assert (trust.lowest, trust.highest) == (36, 55)
    medians = {DIVERSION: found.pooled["diversion"].median}
    for end_of, odds in ((36.0, trust.at_lowest), (55.0, trust.at_highest)):
        alone = run_odds(file, set=medians | {TRUST: end_of}, draws=0, paths=512)
        assert odds["at"].variant[-1] == pytest.approx(alone, abs=1e-12)
    middle = run_odds(file, set=medians | {TRUST: found.pooled["trust"].median}, draws=0, paths=512)
    assert trust.at_lowest["at"].base[-1] == pytest.approx(middle, abs=1e-12)
    # the wrong twin: the pool's number in place of an expert's
    assert abs(trust.at_lowest["at"].variant[-1] - middle).max() > 0.01


def test_views_like_the_experiments_own_change_nothing(scene):
    file, folder = scene
    model, _ = load_experiment(file)
    own = quantities(model)[DIVERSION]
    line = f"diversion,{own.q05},{own.median},{own.q95}"
    (folder / "said.csv").write_text(f"expert,question,q05,median,q95\na,{line}\nb,{line}\n", encoding="utf-8")
    found = fr.elicit(file, folder, **SIZE).findings
    for voice in (found.prior, *found.by_expert.values()):
        assert np.abs(voice.change["at"].change).max() == 0
    # the wrong twin: a tiny change is noticed
    (folder / "said.csv").write_text(
        f"expert,question,q05,median,q95\na,{line}\nb,diversion,0.1,0.3,0.6\n", encoding="utf-8"
    )
    assert np.abs(fr.elicit(file, folder, **SIZE).findings.prior.change["at"].change).max() > 0


def test_tables_are_the_same_on_any_number_of_threads(scene):
    file, folder = scene
    one, two = (fr.elicit(file, folder, workers=workers, **SIZE).tables() for workers in (1, 2))
    assert one == two


def test_judgements_can_be_read_in_again(scene):
    file, folder = scene
    (folder / "said.csv").write_text(table(rounds=2), encoding="utf-8")
    first = fr.elicit(file, folder, **SIZE)
    other = folder.with_name("again")
    other.mkdir()
    shutil.copy(folder / "questions.toml", other)
    (other / "judgements.csv").write_text(first.tables()["judgements.csv"], encoding="utf-8")
    again = fr.elicit(file, other, **SIZE)
    assert again.tables() == first.tables()


def test_rounds_say_who_moved(scene, rows):
    file, folder = scene
    (folder / "said.csv").write_text(table(rounds=2), encoding="utf-8")
    elicited = fr.elicit(file, folder, **SIZE)
    moves = {(row["question"], row["view"]): row for row in rows(elicited.tables()["rounds.csv"])}
    row = moves["diversion", "Mild"]
    assert (row["from"], row["to"], row["median_before"], row["median_after"]) == ("1", "2", "0.08", "0.088")
    logit = [np.log(p / (1 - p)) for p in (0.08, 0.088)]
    assert float(row["shift"]) == pytest.approx(logit[1] - logit[0], abs=1e-4)
    assert ("trust", "pool") in moves
    assert elicited.findings.views.latest("trust")["stern"].median == pytest.approx(39.6)


def test_performance_weighs(scene, rows):
    file, folder = scene
    (folder / "questions.toml").write_text(QUESTIONS.replace("anonymous", 'pool = "cooke"\nanonymous') + SEEDS)
    (folder / "said.csv").write_text(table(seeds=True), encoding="utf-8")
    elicited = fr.elicit(file, folder, **SIZE)
    weights = {(row["expert"], row["question"]): float(row["weight"]) for row in rows(elicited.tables()["experts.csv"])}
    # sparse is right but uninformative, mild and stern miss every answer
    assert weights["Sparse", "diversion"] > 0.99
    assert weights["Stern", "diversion"] < 1e-3
    assert sum(weights[name, "diversion"] for name in ("Mild", "Sparse", "Stern")) == pytest.approx(1)
    # nobody who answered about trust reaches the optimal cut-off, or they share it all
    assert weights["Sparse", "trust"] == 0


def test_a_cut_off_that_leaves_a_question_without_experts_is_reported(scene):
    file, folder = scene
    text = QUESTIONS.replace("anonymous", 'pool = "cooke"\nanonymous') + SEEDS + "\n[cooke]\nalpha = 0.05\n"
    (folder / "questions.toml").write_text(text, encoding="utf-8")
    (folder / "said.csv").write_text(table(seeds=True), encoding="utf-8")
    with pytest.raises(fr.InputError, match="nobody who answered trust has a weight"):
        fr.elicit(file, folder, **SIZE)


@pytest.mark.parametrize(("pool", "more"), [("geometric", ""), ("extremised", "exponent = 2.0\n")])
def test_other_pools_are_written_as_three_quantiles(scene, pool, more):
    file, folder = scene
    (folder / "questions.toml").write_text(f'pool = "{pool}"\n{more}' + QUESTIONS, encoding="utf-8")
    elicited = fr.elicit(file, folder, **SIZE)
    new = file.with_name("new.toml")
    new.write_text(elicited.rewritten(file.read_text(encoding="utf-8")), encoding="utf-8")
    written = tomllib.loads(new.read_text(encoding="utf-8"))["set"]
    odds = [p / (1 - p) for p in (0.08, 0.4, 0.15)]
    mean = np.prod(odds) ** (1 / 3)
    expected = mean**2 if pool == "extremised" else mean
    assert written[DIVERSION]["median"] == pytest.approx(expected / (1 + expected), rel=1e-5)
    level = np.mean([np.log(55 / 45), np.log(36 / 64)])  # an index level has no odds to raise
    assert written[TRUST]["median"] == pytest.approx(100 / (1 + np.exp(-level)), rel=1e-5)
    assert run_odds(new, **SIZE) == pytest.approx(elicited.findings.odds["at"].probability[-1], abs=1e-12)


def test_branches_make_room(scene):
    file, folder = scene
    key = "calendar.treaty_review.branches.renewed.probability"
    text = f'[[questions]]\nname = "renewed"\ntext = "Will it be renewed?"\nkey = "{key}"\n'
    (folder / "questions.toml").write_text(text, encoding="utf-8")
    (folder / "said.csv").write_text(
        "expert,question,q05,median,q95\na,renewed,0.2,0.4,0.6\nb,renewed,0.5,0.6,0.9\n", encoding="utf-8"
    )
    elicited = fr.elicit(file, folder, **SIZE)
    new = file.with_name("new.toml")
    new.write_text(elicited.rewritten(file.read_text(encoding="utf-8")), encoding="utf-8")
    model, _ = load_experiment(new)
    numbers = quantities(model)
    other = numbers["calendar.treaty_review.branches.lapses.probability"]
    assert other == pytest.approx(1 - numbers[key].median)
    assert run_odds(new, **SIZE) == pytest.approx(elicited.findings.odds["at"].probability[-1], abs=1e-12)
    both = text + text.replace("renewed", "lapses")
    (folder / "questions.toml").write_text(both, encoding="utf-8")
    with pytest.raises(fr.InputError, match="one has to take what the others leave"):
        fr.elicit(file, folder, **SIZE)


def test_nobody_is_named_where_names_are_hidden(scene, tmp_path):
    file, folder = scene
    (folder / "questions.toml").write_text(QUESTIONS.replace("anonymous = false\n", ""), encoding="utf-8")
    text = table()
    for name in VIEWS:
        text = text.replace(f",says {name}", ",")
    (folder / "said.csv").write_text(text, encoding="utf-8")
    elicited = fr.elicit(file, folder, **SIZE)
    elicited.save(tmp_path / "out")
    written = [path.read_bytes().decode("utf-8", "ignore") for path in (tmp_path / "out").rglob("*.*")]
    written += [elicited.rewritten(file.read_text()), json.dumps(elicited.to_dict()), repr(elicited.section())]
    for name in VIEWS:
        assert not any(name in part.lower() for part in written), name
    assert "Expert A" in written[-1]


def test_pictures_can_be_drawn_on_given_axes(scene):
    import matplotlib.pyplot as plt

    file, folder = scene
    (folder / "said.csv").write_text(table(rounds=2), encoding="utf-8")
    elicited = fr.elicit(file, folder, **SIZE)
    for draw, count in ((elicited.plot, 2), (elicited.plot_odds, 3), (elicited.plot_rounds, 2)):
        _, axes = plt.subplots(1, count)
        assert [*draw([*axes])] == [*axes]
        assert all(ax.has_data() for ax in axes)
        assert len(draw()) >= count
        plt.close("all")
    section = elicited.section()
    assert {picture.name for picture in section.pictures} == {"odds_by_expert", "disagreements", "densities", "rounds"}
    assert any("says stern" in text for text in section.paragraphs)
    assert "<table>" in elicited._repr_html_()


def test_an_experiment_can_name_its_panel(frenemy, scene, tmp_path):
    file, folder = scene
    code, _, err = frenemy("elicit", file, *WORDS)
    assert code == 2
    assert "no panel of experts is named" in err
    text = file.read_text(encoding="utf-8").replace('horizon = "5y"', 'panel = "experts/river"\nhorizon = "5y"')
    file.write_text(text, encoding="utf-8")
    assert frenemy("elicit", file, *WORDS, "--out", tmp_path / "out")[0] == 0
    assert file.with_name("first_river.toml").exists()
    assert 'panel = "experts/river"' in (tmp_path / "out" / "resolved.toml").read_text(encoding="utf-8")
    assert fr.elicit(file, **SIZE).findings.panel.name == folder.name
    assert [section.name for section in sections(file, ["elicit"], paths=256)] == ["elicit"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file, folder: (folder / "questions.toml").unlink(), "no such file"),
        (lambda file, folder: shutil.rmtree(folder), "no such folder"),
        (lambda file, folder: file.with_name("first_river.toml").write_text("mine"), "exists already"),
        (lambda file, folder: file.unlink(), "no such file"),
        (lambda file, folder: (folder / "said.csv").write_text("expert,question,q05,median,q95\na,seed,1,2,3\n"),
         "no question of that name"),
        (lambda file, folder: (folder / "said.csv").write_text("expert,question,q05,median,q95\na,trust,1,2,300\n"),
         "experts/river/said.csv:2: drivers.trust.long_run.q95: out of range (found 300)"),
    ],
)  # fmt: skip
def test_bad_input_is_one_message_and_nothing_is_written(frenemy, scene, tmp_path, change, message):
    file, folder = scene
    change(file, folder)
    code, out, err = frenemy("elicit", file, folder, "--out", tmp_path / "out", *WORDS)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()
    new = file.with_name("first_river.toml")
    assert not new.exists() or new.read_text() == "mine"


def test_two_panels_have_a_folder_each(frenemy, first, tmp_path, monkeypatch):
    """Row A15: the second replaced what the first had found."""
    monkeypatch.chdir(tmp_path)
    for name in ("spring", "autumn"):
        panel = tmp_path / name
        panel.mkdir()
        (panel / "questions.toml").write_text(QUESTIONS)
        (panel / "all.csv").write_text(table())
        assert frenemy("elicit", first, panel, *WORDS, "--write", tmp_path / f"{name}.toml")[0] == 0
    folders = {folder.name for folder in (first.parents[1] / "runs").iterdir() if not folder.name.startswith(".")}
    assert {"first.spring.elicit", "first.autumn.elicit"} <= folders
