"""Is everything that the command line does as easy from Python and in a notebook?"""

import datetime as dt
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from rich.console import Console

import frenemy as fr
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
    with pytest.raises(fr.InputError, match=r"no drivers\.toml"):
        fr.load("/")


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


def test_labels_cannot_break_the_page(model):
    from dataclasses import replace

    scenario = replace(model.scenarios[0], label="<script>alert(1)</script>")
    wicked = replace(model, title="A & B <b>", scenarios=(scenario, *model.scenarios[1:]))
    html = fr.simulate(wicked, paths=64, horizon="1y")._repr_html_()
    assert "<script>" not in html
    assert "A &amp; B &lt;b&gt;" in html


def test_arrays_are_labelled(result):
    odds = result.to_xarray()["probability"].sel(reading="at", scenario="open_dispute")
    assert odds.dims == ("assessment",)
    assert float(odds[-1]) == result.forecast.odds["at"].probability[-1, 0]


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
    return {name: paths.sizes[name] for name in ("trigger", "event", "scenario_name")}


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
