"""Does a run of the tuned file give the target odds, and are impossible targets reported?"""

import json
import tomllib

import pytest

import frenemy as fr
from frenemy.model.files.load import load_experiment

KEY = "triggers.diversion.probability"
SMALL = ["--draws", "4", "--paths", "512", "--no-plots"]


@pytest.fixture
def scene(own_model):
    """A copy of the starter model to write experiments into, its odds, and a target within reach."""
    file = own_model / "experiments" / "first.toml"
    odds = fr.run(file, draws=4, paths=512).to_dict()["odds"]
    dispute = [entry for entry in odds if entry["scenario"] == "open_dispute" and entry["reading"] == "at"][-1]
    return file, dispute["probability"] * 1.15


def final(result, scenario):
    return [e for e in result.to_dict()["odds"] if e["scenario"] == scenario and e["reading"] == "at"][-1]


def test_the_tuned_file_gives_the_odds_when_it_is_run(frenemy, scene, tmp_path):
    file, target = scene
    words = ["--target", f"open_dispute={target}", "--change", KEY, "--json", "--out", tmp_path / "out"]
    code, output, err = frenemy("tune", file, *words, *SMALL)
    assert code == 0, err
    found = json.loads(output)
    new = file.with_name("first_tuned.toml")
    text = new.read_text(encoding="utf-8")
    assert tomllib.loads(text)["set"] == {KEY: found["numbers"][0]["after"]}
    assert "before: { q05 = 0.05, median = 0.15, q95 = 0.3 }" in text
    kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith(("paths", "draws"))]
    assert set(kept) <= set(text.splitlines())
    reached = final(fr.run(new), "open_dispute")
    assert reached["probability"] == pytest.approx(found["targets"][0]["reached"], abs=1e-9)
    assert abs(reached["probability"] - target) <= reached["mc_se"]
    low, high = found["reach"]
    assert low < target < high
    assert (tmp_path / "out" / "tune.csv").exists()
    assert (tmp_path / "out" / "curve.csv").exists()


def test_another_seed_gives_the_odds_within_error(frenemy, scene, tmp_path):
    file, target = scene
    words = ["--target", f"open_dispute={target}", "--change", KEY, "--out", tmp_path / "out", *SMALL]
    assert frenemy("tune", file, *words)[0] == 0
    after = final(fr.run(file.with_name("first_tuned.toml"), seed=77, draws=16, paths=1024), "open_dispute")
    before = final(fr.run(file, draws=4, paths=512), "open_dispute")
    assert abs(after["probability"] - target) < 4 * (after["mc_se"] + before["mc_se"])


def test_several_numbers_and_a_picture(frenemy, scene, tmp_path):
    file, target = scene
    keys = [KEY, "drivers.trust.long_run"]
    words = [word for key in keys for word in ("--change", key)]
    words += [
        "--target",
        f"open_dispute={100 * target:.1f}%",
        "--out",
        tmp_path / "out",
        "--write",
        tmp_path / "x.toml",
    ]
    code, output, err = frenemy("tune", file, *words, "--draws", "0", "--paths", "1024")
    assert code == 0, err
    assert "departs least" in output
    assert (tmp_path / "out" / "pictures" / "tune.svg").exists()
    assert set(tomllib.loads((tmp_path / "x.toml").read_text(encoding="utf-8"))["set"]) == set(keys)


def test_the_file_can_state_the_targets(scene):
    file, target = scene
    own = file.with_name("aimed.toml")
    text = f'tune = ["{KEY}"]\n' + file.read_text(encoding="utf-8").partition("\n")[2]
    own.write_text(f'{text}\n[[targets]]\nscenario = "open_dispute"\nprobability = {target}\n', encoding="utf-8")
    tuned = fr.tune(own, draws=0, paths=1024)
    assert list(tuned.set) == [KEY]
    _, experiment = load_experiment(own)
    assert experiment.targets[0].date == experiment.end


def test_a_branch_rescales_its_siblings(scene):
    file, _ = scene
    model, _ = load_experiment(file)
    event = next(iter(model.calendar))
    from frenemy.studies.knobs import with_siblings

    first, second = (f"calendar.{event.name}.branches.{branch.name}.probability" for branch in event.branches)
    assert with_siblings(model, {first: 0.9}) == {first: 0.9, second: pytest.approx(0.1)}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--target", "open_dispute=0.99", "--change", KEY], "it reaches from"),
        (["--target", "open_dispute=much", "--change", KEY], "expected SCENARIO=PROBABILITY"),
        (["--target", "war=0.2", "--change", KEY], "no scenario war"),
        (["--target", "opne_dispute=0.2", "--change", KEY], "did you mean open_dispute?"),
        (["--target", "open_dispute=0.2", "--target", "open_dispute=30%", "--change", KEY], "has a target already"),
        (["--target", "open_dispute=0.2", "--change", "triggers.diversion.nothing"], "names no number"),
        (["--target", "open_dispute=0.2", "--change", KEY.replace("diversion", "diversoin")], f"did you mean {KEY}?"),
        (["--target", "open_dispute=0.2", "--change", "triggers.diversion.lasting"], "has no range"),
        (["--target", "open_dispute=0.2"], "no number that may change"),
        (["--change", KEY], "no target"),
        (["--target", "open_dispute=0.2", "--change", KEY, "--solutions", "2"], "one number has no further solutions"),
        (["--target", "open_dispute=0.2", "--change", KEY, "--region", "10"], "at least 128 draws"),
        (["--target", "open_dispute=0.2", "--change", KEY, "--set", "drivers.trst.start=1"], "did you mean"),
        (["--target", "open_dispute=0.2", "--target", "joint_management=0.2", "--change", KEY], "more targets than"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(refused, scene, words, says):
    file, _ = scene
    assert says in refused("tune", file, *words, "--draws", "0", "--paths", "256")
    assert not file.with_name("first_tuned.toml").exists()


def test_alternatives_are_each_written_and_run(frenemy, scene, tmp_path):
    file, target = scene
    keys = [KEY, "drivers.trust.long_run"]
    words = ["--target", f"open_dispute={target}", "--solutions", "2", "--apart", "0.8", "--json"]
    words += [word for key in keys for word in ("--change", key)]
    size = ("--draws", "2", "--paths", "512")
    code, output, err = frenemy("tune", file, *words, *size, "--out", tmp_path / "out")
    assert code == 0, err
    found = json.loads(output)
    assert len(found["solutions"]) == 2
    assert not found["no_further"]
    table = (tmp_path / "out" / "solutions.csv").read_text(encoding="utf-8").splitlines()[1:]
    z = [[float(row.split(",")[-1]) for row in table if row.startswith(f"{n},")] for n in (1, 2)]
    assert sum((a - b) ** 2 for a, b in zip(*z, strict=True)) ** 0.5 >= 0.8
    for way, name in zip(found["solutions"], ("first_tuned.toml", "first_tuned_2.toml"), strict=True):
        new = file.with_name(name)
        assert tomllib.loads(new.read_text(encoding="utf-8"))["set"] == way["set"]
        assert final(fr.run(new), "open_dispute")["probability"] == pytest.approx(way["reached"][0], abs=1e-9)


def test_a_region_and_a_value_set_for_once(frenemy, scene, tmp_path):
    file, _ = scene
    target = 0.45
    words = ["--target", f"open_dispute={target}", "--change", KEY, "--region", "256"]
    words += ["--set", "drivers.trust.start=45"]
    words += ["--set", "drivers.trust.long_run={ q05 = 30, median = 40, q95 = 50 }"]
    code, output, err = frenemy("tune", file, *words, "--draws", "0", "--paths", "512", "--out", tmp_path / "out")
    assert code == 0, err
    assert "of 256 draws of all uncertain numbers meet it" in output
    for name in ("region.csv", "boxes.csv", "trajectory.csv"):
        assert (tmp_path / "out" / name).exists()
    new = tomllib.loads(file.with_name("first_tuned.toml").read_text(encoding="utf-8"))["set"]
    assert new["drivers.trust.start"] == 45
    assert new["drivers.trust.long_run"] == {"q05": 30, "median": 40, "q95": 50}
    reached = final(fr.run(file.with_name("first_tuned.toml")), "open_dispute")["probability"]
    assert abs(reached - target) < 0.01


def test_no_file_of_the_user_is_replaced(frenemy, scene):
    file, _ = scene
    code, _, message = frenemy("tune", file, "--target", "open_dispute=0.2", "--change", KEY, "--write", file)
    assert code == 2
    assert "exists already" in message


def test_a_distance_needs_several_solutions(first, refused):
    words = ["--target", "open_dispute=0.3", "--change", "triggers.diversion.probability", "--apart", "2"]
    assert "needs more than one solution" in refused("tune", first, *words)
