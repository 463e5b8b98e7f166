"""Does one module write single files, and one folders? Whoever writes otherwise says here why."""

import ast
from pathlib import Path

import frenemy

ENGINE = Path(frenemy.__file__).parent
SINGLE = "storage/single_file.py"
FOLDERS = "storage/run_folder.py"
APPENDED = {
    "storage/hash_chain.py": "journals: one line at a time, each forced to the disk",
    "storage/checkpoint.py": "checkpoints: one line at a time, each forced to the disk",
    "workshop/state/command_log.py": "sessions: SQLite, which keeps its own file whole",
}
INTO_A_NEW_FOLDER = {
    "studies/save.py": "tables, into the hidden folder that becomes a run folder",
    "forecast/result.py": "tables, into that folder",
    "forecast/labelled_arrays.py": "arrays, into that folder",
    "forecast/report/report.py": "the page, into that folder",
    "present/section.py": "the folder of the pictures, in that folder",
}
OTHERS = {
    "runtime/kernel_cache.py": "compiled kernels, each with its hash; a damaged one is compiled again",
    "workshop/compute/export.py": "a run that is read back and removed",
    "storage/spool.py": "a nameless temporary file, which ends with the process",
    "model/documentation/reference.py": "the project's own pages, by hand",
    "model/documentation/json_schema.py": "the project's own schemas, by hand",
    "cli/init.py": "folders for the files of a new model",
    "cli/schema.py": "the folder for schemas",
    "cli/main.py": "/dev/null in the place of a closed pipe",
    "cli/sweep.py": "removes the checkpoint of a sweep that is saved",
}
WRITES = {
    "write_text", "write_bytes", "touch", "mkdir", "makedirs", "rename", "renames", "link", "symlink", "link_to",
    "hardlink_to", "symlink_to", "unlink", "remove", "rmdir", "rmtree", "copy", "copy2", "copyfile", "copytree",
    "move", "truncate", "ftruncate", "mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile",
    "TemporaryDirectory", "tofile", "savez", "savetxt", "save_as", "dump",
}  # fmt: skip
OF_A_MODULE = {"remove": "os", "copy": "shutil", "link": "os", "move": "shutil", "dump": "json", "truncate": "os"}
"""Names that also mean something else, and the module of which they write."""
INTO_MEMORY = {"buffer", "memory"}


def called(node):
    """The name of what is called, and of what it belongs to."""
    match node.func:
        case ast.Attribute(attr=name, value=ast.Name(id=owner)):
            return name, owner
        case ast.Attribute(attr=name):
            return name, ""
        case ast.Name(id=name):
            return name, ""
    return "", ""


def writes(node):
    """Whether a call changes files."""
    name, owner = called(node)
    words = [*node.args, *(key.value for key in node.keywords)]
    if name in OF_A_MODULE:
        return owner == OF_A_MODULE[name]
    if name == "replace":  # of a path, not of a text or a dataclass
        return len(node.args) == 1 and not node.keywords and owner != "dataclasses"
    if name in {"to_csv", "to_netcdf"}:  # without a path they return what they would write
        return bool(words)
    if name == "savefig" or (name == "File" and owner == "h5netcdf"):
        return not (isinstance(words[0], ast.Name) and words[0].id in INTO_MEMORY)
    if name == "ZipFile":
        return not (isinstance(words[0], ast.Name) and words[0].id in INTO_MEMORY)
    if name == "connect" and owner == "sqlite3":
        return not (isinstance(words[0], ast.Constant) and words[0].value == ":memory:")
    if name in {"open", "fdopen"}:
        texts = [word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)]
        by_mode = any(len(text) < 4 and set(text) & set("wax+") for text in texts)
        by_flag = any(
            isinstance(n, ast.Attribute) and n.attr in {"O_WRONLY", "O_RDWR", "O_CREAT"} for n in ast.walk(node)
        )
        return by_mode or by_flag
    return name in WRITES


def lines_that_write(text):
    return [node.lineno for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and writes(node)]


def test_one_module_writes_single_files_and_one_writes_folders():
    """Row B1: whatever writes in another way leaves half a file when the disk is full."""
    found = {
        path.relative_to(ENGINE).as_posix(): lines
        for path in sorted(ENGINE.rglob("*.py"))
        if (lines := lines_that_write(path.read_text(encoding="utf-8")))
    }
    known = {SINGLE, FOLDERS, *APPENDED, *INTO_A_NEW_FOLDER, *OTHERS}
    assert found.keys() - known == set(), {name: found[name] for name in found.keys() - known}
    assert known - found.keys() == set(), "these no longer write"


def test_a_module_that_writes_would_be_noticed():
    for line in (
        "open(path, 'w')", "path.open('ab')", "path.write_text('x')", "os.rename(a, b)", "path.rename(other)",
        "Path(a).replace(b)", "figure.savefig(path)", "table.to_csv(path)", "sqlite3.connect(path)",
        "shutil.copy(a, b)",
        "os.open(path, os.O_CREAT)", "open(path, mode='x')", "json.dump(data, file)",
    ):  # fmt: skip
        assert lines_that_write(line), line
    for line in (
        "open(path)", "path.open('rb')", "text.replace('a', 'b')", "figure.savefig(buffer)", "names.remove(name)",
        "sqlite3.connect(':memory:')", "replace(one, other=1)", "os.open(path, os.O_RDONLY)",
    ):  # fmt: skip
        assert not lines_that_write(line), line
