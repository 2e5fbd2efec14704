"""Builds `gen/` whenever the project is built or installed: stubs are never committed."""

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GenerateHook(BuildHookInterface):  # type: ignore[misc]
    """Runs `cli/generate.py` before the files of the build are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generates the stubs and the contract image."""
        root = Path(self.root)
        spec = importlib.util.spec_from_file_location("generate", root / "cli" / "generate.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.generate(root)
