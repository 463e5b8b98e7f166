"""Do the pictures show the forecast's numbers, legibly, and the same each time?"""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import combinations, pairwise

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import builders
import synthetic
from frenemy.forecast import story_text
from frenemy.forecast.plots import drivers, event_counts, fan, first_entry, phase, stacked, storyline, variance
from frenemy.forecast.plots.every import PLOTS, pictures
from frenemy.forecast.sentences import footer, headline
from frenemy.present.contours import label_contours
from frenemy.present.key_labels import with_unit
from frenemy.present.labels import spread_labels
from frenemy.present.number_text import frequency, percent, range_text
from frenemy.present.section import draw_pictures
from frenemy.present.sheet import NARROW, WIDE, panels_in, sheet
from frenemy.present.style import contrast, legible, svg_text
from frenemy.present.time_axis import Flag, arrange


def whole(*args):
    """A picture as a figure."""
    return sheet(*args).figure


LONG = "An extraordinarily long-winded label that goes on well beyond what fits, number"
SHAPES = {
    "usual": {},
    "many": {"scenarios": 6, "drivers": 4},
    "two of a kind": {"scenarios": 2, "drivers": 1},
    "eight weeks": {"ticks": 8},
    "medians only": {"calendar": False, "draws": 0, "drivers": 3, "scenarios": 4},
    "half a year": {"ticks": 26, "draws": 0, "triggers": 2},
}


def shape(name):
    if name == "long labels":
        return synthetic.relabelled(synthetic.forecast(), LONG)
    return synthetic.forecast(**SHAPES[name])


def all_pictures(forecast):
    storylines = synthetic.storylines(forecast)
    some = {name: storylines[name] for name in list(storylines)[:1]}
    return list(pictures(forecast, some))


# --- layout ----------------------------------------------------------------------------------------------------------


def texts(figure):
    """Every text that is drawn, with its box in pixels."""
    figure.draw_without_rendering()
    found = figure.findobj(mpl.text.Text)
    for text in found:
        if text.get_visible() and text.get_text().strip() and _shown(text):
            yield text.get_text(), mpl.text.Text.get_window_extent(text)


def _shown(text):
    axes = text.axes
    return axes is None or (axes.axison and not _stale_tick(text, axes))


def _stale_tick(text, axes):
    """Matplotlib keeps labels of ticks outside the limits among the artists, and does not draw them."""
    ticks = [*axes.xaxis.get_major_ticks(), *axes.yaxis.get_major_ticks()]
    owner = next((tick for tick in ticks if text in (tick.label1, tick.label2)), None)
    if owner is None:
        return False
    axis = owner.axes.xaxis if owner in axes.xaxis.get_major_ticks() else owner.axes.yaxis
    low, high = sorted(axis.get_view_interval())
    return text is owner.label2 or not low <= owner.get_loc() <= high


def overlaps(figure):
    boxes = list(texts(figure))
    for (one, a), (two, b) in combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        up = min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > 1.5 and up > 2.5:
            yield one, two


@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", [*SHAPES, "long labels"])
def test_no_text_meets_another_or_leaves_the_sheet(name, width):
    forecast = shape(name)
    for picture in all_pictures(forecast):
        figure = whole(picture, footer(forecast, "0123456789abcdef"), width)
        assert not list(overlaps(figure)), picture.name
        right, top = figure.get_size_inches() * figure.dpi
        for text, box in texts(figure):
            assert -2 < box.x0 < box.x1 < right + 2, (picture.name, text)
            assert -2 < box.y0 < box.y1 < top + 2, (picture.name, text)


def test_overlapping_text_would_be_seen():
    forecast = shape("usual")
    figure = whole(fan.odds_fan.picture(forecast), "", WIDE)
    figure.text(0.03, 0.965, "written over the title")
    assert list(overlaps(figure))


dates = st.dates(dt.date(2025, 1, 2), dt.date(2029, 12, 30))
labels = st.text("ab cdef", min_size=3, max_size=60).filter(str.strip)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(dates, labels), max_size=9), st.sampled_from([2.2, 6.0]), st.sampled_from([0.0, 1.2]))
def test_flags_keep_clear_of_one_another(items, across, overhang):
    ends = dt.date(2025, 1, 1), dt.date(2029, 12, 31)
    flags = [Flag(date=date, text=text) for date, text in items]
    placed = arrange(flags, ends, across, overhang=overhang)
    for a, b in combinations(placed, 2):
        apart = min(a.box[1], b.box[1]) <= max(a.box[0], b.box[0]) or min(a.top, b.top) <= max(a.y, b.y) + 1e-9
        assert apart, (a, b)
    for flag in placed:
        assert flag.box[1] <= across + overhang + 0.1 or flag.leftward


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(1, 20)), max_size=8))
def test_labels_are_spread_without_overlap_in_their_order(items):
    wanted, sizes = [w for w, _ in items], [s for _, s in items]
    placed = spread_labels(wanted, sizes, 0.0, 200.0)
    order = sorted(range(len(items)), key=lambda i: wanted[i])
    for low, high in pairwise(order):
        assert placed[low] + sizes[low] / 2 <= placed[high] - sizes[high] / 2 + 1e-6
    for centre, size in zip(placed, sizes, strict=True):
        assert size / 2 - 1e-6 <= centre <= 200 - size / 2 + 1e-6


def test_labels_with_room_stay_where_they_are_wanted():
    assert spread_labels([10, 50, 90], [10, 10, 10], 0, 100) == [10, 50, 90]


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_the_fan_shows_the_odds_and_their_bands():
    forecast = shape("usual")
    axes = fan.odds_fan.on(None, forecast)
    odds = forecast.odds["at"]
    for ax, j in zip(axes, (2, 0, 1), strict=True):  # the default scenario first
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), odds.probability[:, j])
        assert ax.get_ylim() == (0.0, 1.0)
        bands = [c for c in ax.collections if isinstance(c, mpl.collections.PolyCollection)]
        assert len(bands) == 3
        widest = bands[0].get_paths()[0].vertices[:, 1]
        assert widest.max() == pytest.approx(odds.quantiles[6, :, j].max())
        written = "\n".join(text.get_text() for text in ax.texts)
        assert percent(odds.probability[-1, j]) in written
        assert range_text(odds.quantiles[0, -1, j], odds.quantiles[6, -1, j]) in written


def test_without_draws_no_bands_are_drawn():
    axes = fan.odds_fan.on(None, shape("medians only"))
    assert not [c for ax in axes for c in ax.collections if isinstance(c, mpl.collections.PolyCollection)]
    assert "uncertainty" not in [picture.name for picture in all_pictures(shape("medians only"))]


def test_the_monte_carlo_error_is_drawn_only_where_it_can_be_seen():
    forecast = shape("usual")
    assert "drawn as brackets" in fan.odds_fan.picture(forecast).text.caption
    precise = synthetic.with_odds(forecast, "at", mc_se=forecast.odds["at"].mc_se / 20)
    assert "thinner than the line" in fan.odds_fan.picture(precise).text.caption
    assert len(fan.odds_fan.on(None, precise)[1].collections) < len(fan.odds_fan.on(None, forecast)[1].collections)


def test_stacked_layers_add_up_with_the_default_in_the_middle():
    forecast = shape("usual")
    assert stacked.layers(forecast.model) == (0, 2, 1)
    ax = stacked.stacked_odds.on_one(None, forecast)
    assert max(c.get_paths()[0].vertices[:, 1].max() for c in ax.collections) == pytest.approx(1.0)


def test_entry_curves_rise_and_leave_out_the_default():
    forecast = shape("usual")
    ax = first_entry.first_entry.on_one(None, forecast)
    curves = [line for line in ax.lines if line.get_linewidth() == 1.8]
    assert len(curves) == len(forecast.model.scenarios) - 1
    for line in curves:
        assert (np.diff(line.get_ydata()) >= 0).all()


def test_driver_panels_are_headed_by_their_share():
    forecast = shape("usual")
    axes = drivers.driver_levels.on(None, forecast)
    assert len(axes) == 2 * 4
    written = [text.get_text() for ax in axes for text in ax.texts]
    assert "All futures" in written
    assert any(percent(forecast.odds["at"].probability[-1, 0]) in text for text in written)
    np.testing.assert_array_equal(axes[0].lines[0].get_ydata(), forecast.drivers.quantiles[3, :, 0])


def test_the_phase_map_needs_two_drivers_and_takes_any_two():
    assert not phase.can_draw(shape("two of a kind"))
    ax = phase.phase_map.on_one(None, shape("many"), drivers=("trade", "trust"))
    assert ax.get_xlabel().startswith("Interdependence")
    assert not ax.images
    assert phase.phase_map.on_one(None, shape("many")).images


def test_triggers_are_listed_by_frequency_with_their_numbers():
    forecast = shape("usual")
    ax = event_counts.event_counts.on_one(None, forecast)
    names = [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]
    assert names[0] == "Joint operation or seizure campaign"
    written = [text.get_text() for text in ax.texts]
    assert percent(forecast.events.at_least_one[5]) in written
    assert [event_counts.count_text(x) for x in (27.3, 1.96, 0.4, 0.001)] == ["27", "2.0", "0.40", "<0.01"]


def test_variance_shares_never_leave_the_panel():
    axes = variance.variance_shares.on(None, shape("usual"))
    for ax in axes:
        for collection in ax.collections:
            heights = collection.get_paths()[0].vertices[:, 1]
            assert heights.min() >= 0
            assert heights.max() <= 1


def test_a_strip_has_a_lane_for_each_trigger_that_happened():
    forecast = shape("usual")
    story = synthetic.storyline(forecast, "total_rift")
    top, _, lanes = storyline.storyline_strip.on(None, story, forecast.model)
    np.testing.assert_array_equal(top.lines[0].get_ydata(), story.index[:, 0])
    happened = {e.name for e in story.entries if e.kind in ("event", "follow_up", "imposed", "lost")}
    assert len(lanes.get_yticks()) == len(happened)


def test_a_log_shows_dates_causes_and_effects():
    forecast = shape("usual")
    lines = story_text.log(synthetic.storyline(forecast, "total_rift"), forecast.model)
    written = " ".join(line.text for line in lines)
    assert "Treaty review: Postponed." in written
    assert "Focusing event, following “Tariff round”, has no effect: outside its window." in written
    assert "Total rift begins." in written
    assert "Status quo ends" not in written
    assert any(line.effects == "Trust −8, Security alignment −3" for line in lines)


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probability", "words"),
    [(0.001, "less than 1 in 200"), (0.01, "1 in 100"), (0.049, "1 in 20"), (0.11, "1 in 9"), (0.21, "1 in 5"),
     (0.26, "1 in 4"), (0.34, "1 in 3"), (0.5, "1 in 2"), (0.66, "2 in 3"), (0.79, "4 in 5"), (0.98, "nearly all")],
)  # fmt: skip
def test_frequencies_are_simple(probability, words):
    assert frequency(probability) == words


def test_percentages_never_claim_certainty():
    assert [percent(p) for p in (0.0, 0.004, 0.006, 0.5, 0.994, 1.0)] == [
        "<1\u00a0%", "<1\u00a0%", "1\u00a0%", "50\u00a0%", "99\u00a0%", ">99\u00a0%",
    ]  # fmt: skip
    assert range_text(0.001, 0.38) == "<1–38\u00a0%"


def test_titles_say_what_the_picture_shows():
    forecast = shape("usual")
    assert headline(forecast).startswith("Status quo stays likely; Total rift rises to 1 in 5 by Jan 2030")
    assert headline(shape("eight weeks")).startswith("Status quo stays almost certain; ")
    titles = [picture.text.title for picture in all_pictures(forecast)]
    assert len(set(titles)) == len(titles)


def test_headlines_say_only_what_stands_out_from_the_error():
    """Row E4: no crown for 40 ± 5 over 38 ± 5, and no course for a change within its error."""
    forecast = shape("usual")
    odds = forecast.odds["at"]
    ticks = len(odds.probability)

    def said(first, last, error):
        probability = np.linspace(first, last, ticks)
        at = replace(odds, probability=probability, mc_se=np.full_like(probability, error))
        return headline(replace(forecast, odds={**forecast.odds, "at": at}))

    default = next(j for j, s in enumerate(forecast.model.scenarios) if s.default)
    others = [j for j in range(len(forecast.model.scenarios)) if j != default]

    def shares(of_default, of_rival):
        row = np.full(len(forecast.model.scenarios), (1 - of_default - of_rival) / max(len(others) - 1, 1))
        row[default], row[others[0]] = of_default, of_rival
        return row

    close = said(shares(0.4, 0.38), shares(0.4, 0.38), 0.025)
    assert "equally frequent" in close
    assert "within error" in close
    assert "most frequent outcome" in said(shares(0.4, 0.38), shares(0.4, 0.38), 0.001)
    assert "is at 1 in 5" in said(shares(0.75, 0.14), shares(0.7, 0.2), 0.05)
    assert "rises to 1 in 5" in said(shares(0.75, 0.14), shares(0.7, 0.2), 0.002)


def with_odds(forecast, *, error=0.001, **readings):
    """The forecast with other odds at the end for the first scenario, by reading, and an error of all odds."""
    odds = dict(forecast.odds)
    for reading, share in readings.items():
        probability = odds[reading].probability.copy()
        probability[:, 0] = np.linspace(0, share, len(probability))
        quantiles = np.repeat(probability[None], len(odds[reading].quantiles), axis=0)
        errors = np.full_like(probability, error)
        odds[reading] = replace(odds[reading], probability=probability, quantiles=quantiles, mc_se=errors)
    return replace(forecast, odds=odds)


def test_a_scenario_that_futures_pass_through_is_in_the_headline():
    """Row E3: 3 % at the end and 31 % ever was not mentioned."""
    forecast = shape("usual")
    label = forecast.model.scenarios[0].label
    assert f"3 in 10 pass through {label} on the way" in headline(with_odds(forecast, at=0.03, ever=0.31))
    assert f"through {label}" not in headline(with_odds(forecast, at=0.2, ever=0.31))
    assert f"through {label}" not in headline(with_odds(forecast, at=0.03, ever=0.31, error=0.1))  # row E4


def test_small_odds_are_drawn_enlarged():
    """Row E3: a flat line on a scale to 100."""
    found = []
    for share in (0.03, 0.5):
        figure = whole(fan.odds_fan.picture(with_odds(shape("usual"), at=share, ever=share)), "", WIDE)
        found.append([text.get_text() for text in figure.findobj(mpl.text.Text)].count("enlarged: 0 to 5 %"))
    assert found[0] == found[1] + 1


def test_shares_of_variance_stand_beside_the_odds_and_their_range():
    """Row E8: chance had the larger share for a rare scenario, though judgement moved its odds sixfold."""
    forecast = shape("usual")
    at = forecast.odds["at"]
    j = next(n for n, s in enumerate(forecast.model.scenarios) if not s.default)
    quantiles, judgement = at.quantiles.copy(), np.full_like(at.judgement_variance, 0.001)
    quantiles[:, -1, j] = np.linspace(0.03, 0.18, len(quantiles))
    wide = replace(at, quantiles=quantiles, judgement_variance=judgement, path_variance=np.full_like(judgement, 0.1))
    picture = variance.variance_shares.picture(replace(forecast, odds={**forecast.odds, "at": wide}))
    assert f"judgement alone moves {forecast.model.scenarios[j].label} from 3" in picture.text.title.replace(
        "\u00a0", " "
    )
    written = [text.get_text() for text in whole(picture, "", WIDE).findobj(mpl.text.Text)]
    assert any("range 3–18" in text for text in written)


def test_the_error_says_what_would_reduce_it():
    """Row E10: more futures alone would not, where it comes from the draws."""
    assert (
        "which more draws with more futures each would reduce"
        in variance.variance_shares.picture(shape("usual")).text.caption
    )


def test_a_short_spell_has_its_name_in_the_picture():
    """Row E5: its name stood at the right end, beside another scenario."""
    forecast = shape("long labels")
    made = next(iter(synthetic.storylines(forecast).values()))
    figure = whole(storyline.storyline_strip.picture(made, forecast.model), "", NARROW)
    figure.draw_without_rendering()
    for text in figure.findobj(mpl.text.Text):
        if text.get_text().startswith("■ An extra"):
            inside = text.axes.get_window_extent()
            box = text.get_window_extent()
            assert inside.x0 - 2 <= box.x0 <= box.x1 <= inside.x1 + 2


def test_labels_in_other_scripts_are_drawn_without_warnings(tmp_path, recwarn):
    """Row C11: sixty lines about glyphs, and boxes."""
    forecast = synthetic.relabelled(shape("half a year"), "\u4fe1\u4efb")
    draw_pictures([fan.odds_fan.picture(forecast)], tmp_path / "pictures", "")
    assert not [warning for warning in recwarn if "Glyph" in str(warning.message)]


def test_contour_labels_stand_inside_the_frame():
    """Row E11: they lay on it."""
    ax = Figure().add_subplot()
    ax.set(xlim=(0, 100), ylim=(0, 100))
    x = np.linspace(0, 100, 30)
    lines = ax.contour(x, x, np.add.outer(x, x) / 200, levels=[0.02, 0.2, 0.5, 0.97], colors=["k"])
    label_contours(ax, lines)
    places = [label.get_position() for label in lines.labelTexts]
    assert len(places) == 2  # the lines in the corners have none
    assert all(8 < value < 92 for place in places for value in place)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("triggers.strike.probability", 0.045, "4.5 %"), ("triggers.strike.rate", 0.4, "0.4 a year"),
        ("triggers.strike.per_10_points.trust", 0.75, "× 0.75"), ("triggers.strike.effect.trust", -12.0, "−12 points"),
        ("drivers.trust.long_run", 45.0, "45 points"), ("drivers.trust.half_life", 182.0, "26w"),
        ("scenarios.rift.thresholds.floor", 15.7, "15.7 points"), ("scenarios.rift.thresholds.gap", 4.0, "4 points"),
        ("scenarios.rift.thresholds.strikes", 2.0, "2 events"), ("scenarios.rift.thresholds.unit", 1.5, "1.5"),
        ("triggers.strike.thresholds.low", 30.0, "30 points"),
    ],
)  # fmt: skip
def test_numbers_have_their_unit(key, value, text):
    """Row E11: values of a tornado had none; a threshold has that of what it is compared with, a factor none."""
    enter = "trust < floor or alignment - trust > 2 * gap or count(strike) >= strikes or trust * unit < 9"
    names = ("floor", "gap", "strikes", "unit")
    rift = builders.scenario("rift", enter=builders.rule(enter), thresholds=dict.fromkeys(names, 1.0))
    strike = builders.trigger("strike", requires=builders.rule("trust < low"), thresholds={"low": 30.0})
    law = builders.model(scenarios=(rift,), triggers=(strike,))
    assert with_unit(key, value, law).replace("\u00a0", " ") == text


def test_footers_name_what_reproduces_the_picture():
    text = footer(shape("usual"), "0123456789abcdef")
    assert (
        text
        == "Frenemy · 24 draws × 2,048 paths · seed 1 · 2025-01-21 to 2030-01-22 in 7-day ticks · config 0123456789ab"
    )


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_coloured_text_can_be_read(colour):
    assert contrast(legible(colour), "#ffffff") >= 4.5
    assert contrast(legible(colour, "#14181d"), "#14181d") >= 4.5


# --- reproducibility and settings ------------------------------------------------------------------------------------


def test_the_same_forecast_gives_the_same_files(tmp_path):
    forecast = shape("half a year")
    storylines = {"status_quo": synthetic.storyline(forecast, "status_quo")}
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        panels = draw_pictures(pictures(forecast, storylines), folder, footer(forecast, "0123456789abcdef"))
        assert {file.suffix for file in folder.iterdir()} == {".png", ".svg"}
        assert {file.stem for file in folder.iterdir()} == {*panels}
    names = sorted(file.name for file in folders[0].iterdir())
    assert "fan.png" in names
    assert "storyline_status_quo.svg" in names
    assert "uncertainty.svg" not in names
    assert len(names) == 2 * len(PLOTS)
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_pictures_are_the_same_on_one_core_and_where_a_copy_of_the_process_is_killed(tmp_path, monkeypatch):
    forecast = shape("half a year")
    every = list(pictures(forecast, {"status_quo": synthetic.storyline(forecast, "status_quo")}))
    found = {}
    here = os.getpid()
    for name, cores, killed in (("many", 2, False), ("one", 1, False), ("killed", 2, True)):
        monkeypatch.setattr("frenemy.runtime.forks.cores", lambda cores=cores: cores)
        mine = list(every)
        if killed:
            mine[2] = replace(every[2], draw=lambda axes: drawn_here(every[2], axes, here))
        panels = draw_pictures(mine, tmp_path / name, "", narrow=True)
        assert [*panels] == [picture.name for picture in every]
        found[name] = panels, {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
    assert found["one"] == found["many"] == found["killed"]


def drawn_here(picture, axes, here):
    """Draw in the process that has this number, and kill any other."""
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    picture.draw(axes)


def test_svg_carries_no_date_and_no_maker():
    text = svg_text(whole(stacked.stacked_odds.picture(shape("half a year")), "", WIDE))
    assert "<dc:date>" not in text
    assert "matplotlib.org" not in text.split("</metadata>")[-1]


def test_a_users_settings_are_left_alone_and_do_not_show():
    forecast = shape("half a year")
    plain = svg_text(whole(stacked.stacked_odds.picture(forecast), "", WIDE))
    with mpl.rc_context({"font.size": 31.0, "axes.grid": True, "text.usetex": False, "axes.facecolor": "black"}):
        before = mpl.rcParams.copy()
        assert svg_text(whole(stacked.stacked_odds.picture(forecast), "", WIDE)) == plain
        assert mpl.rcParams == before


def test_axes_of_the_user_are_drawn_on_and_returned():
    from matplotlib.figure import Figure

    forecast = shape("half a year")
    ax = Figure().add_subplot()
    assert stacked.stacked_odds.on_one(ax, forecast) is ax
    axes = list(Figure(figsize=(6, 8)).subplots(3))
    assert fan.odds_fan.on(axes, forecast) is axes


def test_matplotlib_is_imported_only_to_draw_and_never_as_pyplot():
    code = (
        "import sys, frenemy.forecast.plots.every, frenemy.forecast.report.report\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from frenemy.present.style import styled\n"
        "with styled(): pass\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_panels_in_a_page_are_those_of_the_picture_without_its_words():
    """The page prints the words itself, and draws nothing twice."""
    picture = stacked.stacked_odds.picture(shape("half a year"))
    drawn = sheet(picture, "the footer", WIDE)
    text = svg_text(drawn.figure)
    panels = panels_in(text, drawn)
    assert 'id="words-' in text
    assert 'id="words-' not in panels
    assert len(re.findall(r"<g\b(?![^>]*/>)", panels)) == panels.count("</g>")
    glyphs = set(re.findall(r'href="#(DejaVu[^"]+)"', panels))
    assert glyphs <= set(re.findall(r'id="(DejaVu[^"]+)"', panels))
    assert panels.count('id="axes_') == text.count('id="axes_')
    _, top, width, height = map(float, re.search(r'viewBox="([^"]+)"', panels)[1].split())
    assert (width, height) == pytest.approx((72 * WIDE, 72 * drawn.height))
    assert 0 < top < 72 * drawn.figure.get_figheight() - height
