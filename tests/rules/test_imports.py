import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOMAINS = [
    f"services/{module}"
    for module in (
        "catalog/category",
        "catalog/product",
        "inventory/reservation",
        "inventory/stock",
        "reviews/review",
    )
]
LINT = Path(sys.executable).parent / "lint-imports"


def test_imports_go_one_way() -> None:
    done = subprocess.run([LINT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_wrong_import_is_refused(tmp_path: Path) -> None:
    """The rule itself is tried: an edge that imports a service breaks it."""
    for package in ("cli", "edge", "mesh", "shop", *DOMAINS):
        module = tmp_path / package
        module.mkdir(parents=True)
        (module / "__init__.py").write_text("")
    (tmp_path / "services" / "__init__.py").write_text("")
    for service in (tmp_path / "services").iterdir():
        if service.is_dir():
            (service / "__init__.py").write_text("")
    (tmp_path / "edge" / "app.py").write_text("import services.catalog\n")
    done = subprocess.run(
        [LINT, "--config", ROOT / "pyproject.toml", "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "edge.app -> services.catalog" in done.stdout
