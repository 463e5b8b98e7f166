"""Is everything that the command line does as easy from Python and in a notebook?"""

import datetime as dt
import inspect
import json
import subprocess
import sys
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray
from rich.console import Console

import frenemy as fr
from frenemy.cli.init import write_starter
from frenemy.model.files.load import load_experiment, make_experiment
from frenemy.model.realise import realise


@pytest.fixture(scope="module")
def model(starter):
    return fr.load(starter)


@pytest.fixture(scope="module")
def result(starter):
    return fr.run(starter / "experiments" / "first.toml", draws=4, paths=256)


@pytest.fixture(scope="module")
def ensemble(model):
    return fr.simulate(model, paths=1500, seed=3, horizon="2y", keep=True)


def test_load_finds_the_model_from_anywhere_in_it(starter, model):
    assert fr.load(starter / "scenarios") == model
    changed = fr.load(starter, set={"triggers.diversion.probability": 0.4})
    assert changed.triggers[0].rate.probability == 0.4


def test_a_model_and_an_experiment_run_like_a_file(starter, result):
    pair = load_experiment(starter / "experiments" / "first.toml")
    again = fr.run(pair, draws=4, paths=256)
    assert again.resolved == result.resolved
    np.testing.assert_array_equal(again.forecast.odds["at"].probability, result.forecast.odds["at"].probability)


def test_options_are_checked_as_in_a_file(starter):
    pair = load_experiment(starter / "experiments" / "first.toml")
    for options in ({"paths": 0}, {"draws": -1}, {"seed": -1}):
        with pytest.raises(fr.InputError):
            fr.run(pair, **options)
        with pytest.raises(fr.InputError):
            fr.run(starter / "experiments" / "first.toml", **options)
    with pytest.raises(fr.InputError, match="horizon"):
        fr.simulate(pair[0], horizon="5 parsecs")


def test_no_draws_are_made_where_nothing_is_uncertain(starter):
    model, experiment = load_experiment(starter / "experiments" / "first.toml")
    assert fr.run((realise(model), experiment), paths=64).forecast.draws == 0


def test_a_result_shows_itself(result):
    assert repr(result).startswith("<Result The first five years, 2031-01-06: Muddling through ")
    html = result._repr_html_()
    assert html.count("<tr>") == 4
    console = Console(width=100)
    with console.capture() as capture:
        console.print(result)
    for text in (html, " ".join(capture.get().split())):
        for word in ("Open dispute", "Joint management", "seed 1", "Monte Carlo"):
            assert word in text


def test_whatever_can_be_saved_shows_itself_in_a_notebook():
    kinds = [kind for name in fr.__all__ if isinstance(kind := getattr(fr, name), type) and hasattr(kind, "save")]
    assert len(kinds) > 15
    assert [kind for kind in kinds if not (hasattr(kind, "_repr_html_") and hasattr(kind, "__rich__"))] == []


def test_whatever_is_printed_is_one_short_line_and_has_a_page(model, result, ensemble):
    """Row E13: `str(fr.simulate(...))` had 194,000 characters; a model and a story had nothing for notebooks."""
    story = next(iter(result.storylines.values()))
    shown = (model, result, ensemble, story, fr.but_for((model, make_experiment(model)), path=story.path))
    for item in (*shown, result.forecast, ensemble.kept):
        assert len(repr(item)) < 200, type(item)
        assert repr(item).startswith(f"<{type(item).__name__} ")
    for item in shown:
        assert item._repr_html_().startswith("<div><strong>")
        assert len(item._repr_html_()) < 20_000
    assert repr(model) == "<Model Two neighbours and a river: 2 drivers, 4 triggers, 1 date, 3 scenarios>"
    for word in ("Upstream diverts water without asking", "Review of the river treaty", "Open dispute"):
        assert word in model._repr_html_()
    assert story.log[0].date in story._repr_html_()


def test_labels_cannot_break_the_page(model):
    from dataclasses import replace

    scenario = replace(model.scenarios[0], label="<script>alert(1)</script>")
    wicked = replace(model, title="A & B <b>", scenarios=(scenario, *model.scenarios[1:]))
    story = fr.story((wicked, make_experiment(wicked)), path=1)
    for html in (fr.simulate(wicked, paths=64, horizon="1y")._repr_html_(), wicked._repr_html_(), story._repr_html_()):
        assert "<script>" not in html
        assert "A &amp; B &lt;b&gt;" in html or html == story._repr_html_()


def test_arrays_are_labelled(result):
    odds = result.to_xarray()["probability"].sel(reading="at", scenario="open_dispute")
    assert odds.dims == ("assessment",)
    assert float(odds[-1]) == result.forecast.odds["at"].probability[-1, 0]


def test_dates_after_2262_are_dates(model):
    """Row C9: dates in nanoseconds end in 2262; the paths took on dates of the eighteenth century without a word."""
    far = fr.simulate(model, paths=2, horizon="300y", keep=1)
    for labelled in (far.to_xarray(), far.paths):
        assert str(labelled["time"].values[-1])[:10] == str(far.forecast.dates[-1]) > "2325"
        june = labelled.sel(time=slice(np.datetime64("2300-06-01"), np.datetime64("2300-06-30")))["time"]
        assert june.size in (4, 5)
    assert np.all(far.paths["event_date"].values <= far.forecast.dates[-1])


def test_kept_paths_are_labelled_and_are_the_paths_that_were_counted(ensemble):
    paths = ensemble.paths
    assert paths["index"].dims == ("time", "driver", "path")
    assert paths.sizes == {"time": 105 + 1, "driver": 2, "path": 1500, "assessment": 105, **rest(paths)}
    np.testing.assert_allclose(paths["index"], 100 / (1 + np.exp(-paths["latent"])))
    for j, name in enumerate(paths["scenario_name"].values):
        share = (paths["scenario"].isel(assessment=-1) == j).mean()
        assert float(share) == pytest.approx(ensemble.forecast.odds["at"].probability[-1, j]), name
    per_trigger = {name: int((paths["event_trigger"] == name).sum()) for name in paths["trigger"].values}
    assert per_trigger == {name: int(paths["counts"].sel(trigger=name).sum()) for name in per_trigger}
    first = dt.date.fromisoformat(str(paths["event_date"].values.min())[:10])
    assert first >= ensemble.forecast.experiment.start


def rest(paths):
    return {name: paths.sizes[name] for name in ("trigger", "event", "scenario_name", "calendar", "episode")}


LONG_DROUGHT = """
label = "Long drought"
priority = 9
enter = "active(drought) and count(drought) <= 1 and water < 55"
"""


@pytest.fixture
def dry(tmp_path):
    """An experiment on a model whose rules ask for everything, with all that an experiment can state."""
    write_starter(tmp_path)
    for name in ("open_dispute", "joint_management"):  # whoever is in one stays there
        (tmp_path / "scenarios" / f"{name}.toml").unlink()
    (tmp_path / "scenarios" / "long_drought.toml").write_text(LONG_DROUGHT)
    file = tmp_path / "experiments" / "dry.toml"
    file.write_text(
        'horizon = "2y"\npaths = 300\nseed = 5\nset = { "drivers.trust.start" = 30 }\n'
        'initial.episodes.drought = { median = "10w", q95 = "30w" }\n'
        '[[impose]]\ntrigger = "diversion"\ndate = 2026-03-02\n'
    )
    return file


def test_all_that_rules_may_ask_of_a_path_can_be_worked_out_again(dry):
    """Row A20: branches taken and ends of episodes were missing. A rule that asks for everything, by hand."""
    simulated = fr.simulate(dry, keep=True)
    paths = simulated.paths
    days = ((paths["assessment"] - paths["time"][0]) / np.timedelta64(1, "D")).values
    droughts = paths.isel(episode=paths["episode_trigger"].values == "drought")
    active = np.zeros(paths["scenario"].shape, dtype=bool)
    for path, begin, end in zip(
        *(droughts[f"episode_{what}"].values for what in ("path", "begin", "end")), strict=True
    ):
        active[:, path] |= (begin < days) & (days < end)
    events = paths.isel(event=paths["event_trigger"].values == "drought")
    count = np.zeros(active.shape)
    for path, time in zip(events["event_path"].values, events["event_time"].values, strict=True):
        count[:, path] += time < days
    holds = active & (count <= 1) & (paths["index"].sel(driver="water").values[1:] < 55)
    place = [*paths["scenario_name"].values].index("long_drought")
    np.testing.assert_array_equal(paths["scenario"].values == place, holds)
    assert 0.05 < holds.mean() < 0.95
    assert ((droughts["episode_begin"] == 0).sum(), len(np.unique(droughts["episode_path"]))) == (300, 300)
    taken = paths["branch"].sel(calendar="treaty_review")
    for name, share in simulated.forecast.events.branches["treaty_review"].items():
        assert float((taken == name).mean()) == pytest.approx(share)


def test_an_experiments_file_is_simulated_with_all_that_it_states(dry):
    """Row A2: the bare model was simulated without a word; the wrong twin is the model's folder."""
    simulated, ran = fr.simulate(dry, keep=3), fr.run(dry, draws=0, keep=3)
    assert simulated.resolved == ran.resolved
    np.testing.assert_array_equal(simulated.forecast.odds["at"].probability, ran.forecast.odds["at"].probability)
    assert simulated.paths.identical(ran.paths)
    assert simulated.paths["index"].sel(driver="trust").values[0].tolist() == [pytest.approx(30)] * 3
    assert "imposed" in simulated.paths["event_kind"]
    bare = fr.simulate(dry.parent.parent, paths=300, seed=5, horizon="2y")
    assert not np.array_equal(simulated.forecast.odds["at"].probability, bare.forecast.odds["at"].probability)
    assert fr.simulate(load_experiment(dry)).resolved == simulated.resolved


def test_options_override_what_an_experiments_file_states(dry):
    options = {"paths": 20, "seed": 9, "horizon": "1y", "tick": "1d", "start": dt.date(2026, 2, 1)}
    run = fr.simulate(dry, **options, set={"drivers.trust.start": 70}, keep=[7]).forecast.experiment
    assert (run.paths, run.seed, run.end, run.tick, run.start) == (20, 9, dt.date(2027, 2, 1), 1, options["start"])
    assert run.set["drivers.trust.start"] == 70
    with pytest.raises(fr.InputError, match=r"impose.*2026-03-02"):
        fr.simulate(dry, start=dt.date(2026, 6, 1))
    with pytest.raises(fr.InputError, match="has its own start, horizon and tick"):
        fr.simulate(load_experiment(dry), horizon="1y")


def test_what_is_no_model_is_not_loaded_as_the_model_above_it(dry):
    for call in (fr.simulate, fr.load, fr.run):
        with pytest.raises(fr.InputError, match="no such"):
            call(dry.with_name("dyr.toml"))
    with pytest.raises(fr.InputError, match="an experiment or a part of a model, not a model's folder"):
        fr.load(dry)
    with pytest.raises(fr.InputError, match="a ledger of evidence, not an experiment"):
        fr.simulate(dry.parent / "evidence" / "first.toml")
    assert fr.load(dry.parent.parent / "drivers.toml") == fr.load(dry.parent)


def test_a_run_writes_the_paths_that_it_keeps(frenemy, dry, tmp_path):
    options = ("--draws", 2, "--paths", 64, "--no-plots", "--out")
    assert frenemy("run", dry, "--keep", 5, *options, tmp_path / "out")[0] == 0
    with xarray.open_dataset(tmp_path / "out" / "paths.nc", engine="h5netcdf") as kept:
        expected = fr.simulate(dry, paths=64, keep=5).paths
        assert set(kept.variables) == set(expected.variables)
        for name, variable in expected.variables.items():
            assert kept[name].values.tolist() == variable.values.tolist() or "date" in variable.dtype.name, name
    assert "paths.nc" in json.loads((tmp_path / "out" / "manifest.json").read_text())["files"]
    assert frenemy("run", dry, *options, tmp_path / "out")[0] == 0
    assert not (tmp_path / "out" / "paths.nc").exists()
    code, _, err = frenemy("run", dry, "--keep", 65, *options, tmp_path / "none")
    assert (code, (tmp_path / "none").exists()) == (2, False)
    assert "keep: not among the paths simulated (found 65) allowed: 0 to 64" in " ".join(err.split())


def test_any_paths_can_be_kept(model, ensemble):
    some = fr.simulate(model, paths=1500, seed=3, horizon="2y", keep=[7, 1200])
    np.testing.assert_array_equal(some.paths["index"], ensemble.paths["index"].sel(path=[7, 1200]))
    assert fr.simulate(model, paths=10, horizon="1y", keep=3).paths.sizes["path"] == 3
    with pytest.raises(fr.InputError, match="no paths were kept"):
        _ = fr.simulate(model, paths=10, horizon="1y").paths
    with pytest.raises(fr.InputError, match="not among the paths"):
        fr.simulate(model, paths=10, horizon="1y", keep=[10])


def test_a_story_is_the_path_that_was_simulated(model):
    story = fr.story((model, make_experiment(model)), path=3)
    simulated = fr.simulate(model, paths=10, seed=1, keep=[3])
    np.testing.assert_allclose(story.storyline.index, simulated.paths["index"].values[..., 0], atol=1e-6)
    np.testing.assert_array_equal(story.storyline.scenario, simulated.paths["scenario"].values[:, 0])


@pytest.mark.parametrize("name", ["plot_stacked", "plot_entry", "plot_phase"])
def test_plots_take_an_axes_and_return_it(result, name):
    _, ax = plt.subplots()
    assert getattr(result, name)(ax) is ax
    assert ax.has_data()
    plt.close("all")


@pytest.mark.parametrize("name", ["plot_fan", "plot_drivers"])
def test_plots_of_several_panels_bring_their_own(result, name):
    axes = getattr(result, name)()
    assert all(ax.has_data() for ax in axes)
    plt.close("all")


@pytest.mark.parametrize("first", ["import frenemy.simulation.ensemble.tally", "import frenemy.forecast.run", "pass"])
def test_simulate_is_the_same_whatever_is_imported_first(starter, first):
    program = f"{first}\nimport frenemy as fr\nassert callable(fr.simulate)\nassert fr.simulate is fr.simulate"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_namespace_lists_what_it_has():
    for name in fr.__all__:
        assert getattr(fr, name)
        assert name in dir(fr)
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = fr.nothing_of_the_kind


def test_numbers_of_an_array_library_are_numbers(first):
    """A count or a value of NumPy was no whole number."""
    found = fr.run(first, paths=np.int64(64), draws=np.int64(0), set={"drivers.water.start": np.float32(40)})
    assert found.forecast.paths == 64


FUNCTIONS = [name for name in fr.__all__ if name[0].islower()]
ANYTHING = {("resolve", "outcome")}
"""Arguments that may have any type: the question says which."""


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("wrong", [object(), b"a", [object()], {1: object()}], ids=["object", "bytes", "list", "dict"])
def test_a_wrong_type_is_refused_by_name(first, name, wrong):
    """One message with the argument, what was found and what is allowed; nothing is raised from the depth."""
    function = getattr(fr, name)
    parameters = inspect.signature(function).parameters.values()
    needed = {of.name: str(first) for of in parameters if of.default is of.empty and of.kind != of.VAR_POSITIONAL}
    for of in parameters:
        if (name, of.name) in ANYTHING:
            continue
        several = of.kind is of.VAR_POSITIONAL
        call = partial(function, *needed.values(), wrong) if several else partial(function, **needed | {of.name: wrong})
        with pytest.raises(fr.InputError) as caught:
            call()
        problem = next(one for one in caught.value.problems if one.key == of.name)
        assert problem.message == "is not of the right type"
        assert problem.found[:5] == repr(wrong)[:5]
        assert problem.allowed


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"source": 3},
            r"source: is not of the right type \(found 3\); allowed: a text, a path or \(a Model",
        ),
        ({"paths": "many"}, r"paths: .*\(found 'many'\); allowed: a whole number or None"),
        ({"draws": 1.5}, r"draws: .*\(found 1\.5\); allowed: a whole number or None"),
        ({"seed": "a", "set": ["x=1"]}, r"(?s)seed: .*found 'a'.*set: .*a dict of names or None"),
        ({"workers": True}, r"workers: .*\(found True\); allowed: a whole number"),
        ({"progress": print}, r"progress: .*allowed: a Progress or None"),
    ],
)
def test_what_is_wrong_with_an_argument_is_said_in_one_message(first, options, says):
    with pytest.raises(fr.InputError, match=says):
        fr.run(**{"source": first} | options)


def test_what_is_as_good_as_the_right_type_is_taken(first):
    """NumPy's numbers, a text for a path, a date; not a moment for a date."""
    fr.run(str(first), paths=np.int64(16), draws=np.int32(0), set={"drivers.trust.start": 50})
    assert fr.run is fr.run
    assert inspect.signature(fr.run).parameters.keys() >= {"paths", "draws"}
    with pytest.raises(fr.InputError, match=r"found datetime\.datetime"):
        fr.watch(first, by=dt.datetime(2026, 5, 1, tzinfo=dt.UTC))
